package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Labels;
import com.softadastra.engine.log.Signatures;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A record of a space's membership log.
 *
 * <pre>
 * create = [1, 0, creator key: h'32', creator name: text, space name: text, clock, nonce: h'16']
 * grant  = [1, 1, space: h'32', subject key: h'32', subject name: text, role, issuer: h'32',
 *           term, number, previous: h'32' / null, clock, ? labels / addresses: [1* text]]
 * retirement = [1, 2, space: h'32', subject: h'32', issuer: h'32', term, number,
 *               previous: h'32' / null, clock]
 * </pre>
 *
 * A grant's last are addresses where the role is that of a relay, which has no labels.
 */
public sealed interface MembershipRecord {
  int NONCE_BYTES = 16;
  int NAME_BYTES = 256;

  byte[] encode();

  /**
   * Makes the space; its id is this record's hash. Its creator is the first steward and an admin.
   */
  record Create(byte[] creatorKey, String creatorName, String spaceName, long clock, byte[] nonce)
      implements MembershipRecord {
    @Override
    public byte[] encode() {
      var out =
          new CborWriter(128).array(7).unsigned(1).unsigned(0).bytes(creatorKey).text(creatorName);
      return out.text(spaceName).unsigned(clock).bytes(nonce).toByteArray();
    }
  }

  /** Addresses that a relay's grant may name, and the bytes of one. */
  int MOST_ADDRESSES = 8;

  int ADDRESS_BYTES = 500;

  /**
   * Makes a node a member or a relay, or changes its role.
   *
   * @param number the steward's count of its records in this term, the creation being 1; 0 for an
   *     admin's grant, which counts at once and is numbered later
   * @param previous the steward's record before this one; null with number 0
   * @param labels what policies may ask for, sorted, each once
   * @param addresses where members find a relay, as {@code host:port}; of a member none
   */
  record Grant(
      SpaceId space,
      byte[] subjectKey,
      String subjectName,
      Role role,
      NodeId issuer,
      long term,
      long number,
      @Nullable Hash previous,
      long clock,
      List<String> labels,
      List<String> addresses)
      implements MembershipRecord {
    public Grant {
      labels = List.copyOf(labels);
      addresses = List.copyOf(addresses);
      if (role == Role.RELAY ? !labels.isEmpty() : !addresses.isEmpty()) {
        throw new IllegalArgumentException("members have labels, relays have addresses");
      }
    }

    /** A member's grant. */
    public Grant(
        SpaceId space,
        byte[] subjectKey,
        String subjectName,
        Role role,
        NodeId issuer,
        long term,
        long number,
        @Nullable Hash previous,
        long clock,
        List<String> labels) {
      this(
          space,
          subjectKey,
          subjectName,
          role,
          issuer,
          term,
          number,
          previous,
          clock,
          labels,
          List.of());
    }

    /** A grant without labels. */
    public Grant(
        SpaceId space,
        byte[] subjectKey,
        String subjectName,
        Role role,
        NodeId issuer,
        long term,
        long number,
        @Nullable Hash previous,
        long clock) {
      this(space, subjectKey, subjectName, role, issuer, term, number, previous, clock, List.of());
    }

    @Override
    public byte[] encode() {
      var out =
          new CborWriter(256)
              .array(labels.isEmpty() && addresses.isEmpty() ? 11 : 12)
              .unsigned(1)
              .unsigned(1)
              .bytes(space.hash().bytes())
              .bytes(subjectKey);
      out.text(subjectName)
          .unsigned(role.ordinal())
          .bytes(issuer.hash().bytes())
          .unsigned(term)
          .unsigned(number);
      out.bytesOrNull(previous == null ? null : previous.bytes()).unsigned(clock);
      if (!labels.isEmpty()) {
        Labels.encode(labels, out);
      } else if (!addresses.isEmpty()) {
        out.array(addresses.size());
        addresses.forEach(out::text);
      }
      return out.toByteArray();
    }
  }

  /**
   * Ends what a node's last grant made it: a member is not counted on any more, a relay is none.
   *
   * @param number as in a grant; 0 where an admin dismisses a relay
   * @param previous as in a grant
   */
  record Retirement(
      SpaceId space,
      NodeId subject,
      NodeId issuer,
      long term,
      long number,
      @Nullable Hash previous,
      long clock)
      implements MembershipRecord {
    @Override
    public byte[] encode() {
      return new CborWriter(192)
          .array(9)
          .unsigned(1)
          .unsigned(2)
          .bytes(space.hash().bytes())
          .bytes(subject.hash().bytes())
          .bytes(issuer.hash().bytes())
          .unsigned(term)
          .unsigned(number)
          .bytesOrNull(previous == null ? null : previous.bytes())
          .unsigned(clock)
          .toByteArray();
    }
  }

  /**
   * @throws Malformed where the bytes are no membership record
   */
  static MembershipRecord decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(7, 12);
    if (in.unsigned() != 1) {
      throw new Malformed("another membership format");
    }
    int kind = in.unsigned(2);
    boolean fits =
        switch (kind) {
          case 0 -> items == 7;
          case 1 -> items >= 11;
          default -> items == 9;
        };
    if (!fits) {
      throw new Malformed("membership record of " + items + " items");
    }
    var record =
        switch (kind) {
          case 0 -> create(in);
          case 1 -> grant(in, items == 12);
          default -> retirement(in);
        };
    in.end();
    return record;
  }

  private static MembershipRecord create(CborReader in) {
    return new Create(
        in.bytesExactly(Signatures.KEY_BYTES),
        in.text(NAME_BYTES),
        in.text(NAME_BYTES),
        in.unsigned(),
        in.bytesExactly(NONCE_BYTES));
  }

  private static MembershipRecord grant(CborReader in, boolean more) {
    var space = new SpaceId(hash(in));
    byte[] key = in.bytesExactly(Signatures.KEY_BYTES);
    String name = in.text(NAME_BYTES);
    var role = Role.values()[in.unsigned(Role.values().length - 1)];
    var issuer = new NodeId(hash(in));
    long term = in.unsigned();
    long number = in.unsigned();
    Hash previous = in.skipNull() ? null : hash(in);
    long clock = in.unsigned();
    boolean relay = role == Role.RELAY;
    var labels = more && !relay ? Labels.decode(in) : List.<String>of();
    var addresses = more && relay ? addresses(in) : List.<String>of();
    return new Grant(
        space, key, name, role, issuer, term, number, previous, clock, labels, addresses);
  }

  private static MembershipRecord retirement(CborReader in) {
    return new Retirement(
        new SpaceId(hash(in)),
        new NodeId(hash(in)),
        new NodeId(hash(in)),
        in.unsigned(),
        in.unsigned(),
        in.skipNull() ? null : hash(in),
        in.unsigned());
  }

  private static Hash hash(CborReader in) {
    return Hash.of(in.bytesExactly(Hash.BYTES));
  }

  private static List<String> addresses(CborReader in) {
    int count = in.array(1, MOST_ADDRESSES);
    var addresses = new ArrayList<String>(count);
    for (int i = 0; i < count; i++) {
      addresses.add(in.text(ADDRESS_BYTES));
    }
    return addresses;
  }
}
