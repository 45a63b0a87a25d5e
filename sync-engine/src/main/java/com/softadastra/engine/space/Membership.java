package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Authority;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Who belongs to a space, as its signed records tell. Immutable, and a function of the set of
 * records: a grant or a retirement counts where its issuer's signature holds and the issuer is the
 * creator or was made an admin by a grant that counts. Of what concerns one node the later stands.
 */
public final class Membership {
  private static final long FIRST_TERM = 1;

  private final SpaceId space;
  private final MembershipRecord.Create creation;
  private final NodeId steward;
  private final Map<Hash, SignedRecord> records;
  private final List<SignedRecord> ordered;
  private final Map<Hash, Member> grants = new LinkedHashMap<>();
  private final Map<NodeId, Member> members = new TreeMap<>();
  private final List<Member> active;
  private final Map<NodeId, Relay> relays = new TreeMap<>();
  private final Map<NodeId, Relay> dismissed = new TreeMap<>();
  private long epoch = 1;
  private Hash lastNumbered;

  /**
   * A member by its last grant.
   *
   * @param grant null for the creator, until it gives itself labels
   * @param number in the steward's count of the record by which it is what it is now, 0 where that
   *     has none yet or another signed it
   * @param retired whether it is not counted on: nobody waits for it, or relies on what it has. It
   *     still is what the grant says
   */
  public record Member(
      NodeId node,
      byte[] key,
      String name,
      Role role,
      @Nullable Hash grant,
      long number,
      long clock,
      List<String> labels,
      boolean retired) {
    public Member {
      labels = List.copyOf(labels);
    }

    private Member retired(long by) {
      return new Member(node, key, name, role, grant, by, clock, labels, true);
    }
  }

  /** A record's place among those that concern one node: the later stands. */
  private record Rank(long number, long clock, Hash record) implements Comparable<Rank> {
    private static final Comparator<Rank> ORDER =
        Comparator.comparingLong(Rank::number)
            .thenComparingLong(Rank::clock)
            .thenComparing(Rank::record);

    @Override
    public int compareTo(Rank other) {
      return ORDER.compare(this, other);
    }
  }

  /**
   * A node that carries for the members, and is none.
   *
   * @param addresses where it is found, as {@code host:port}
   */
  public record Relay(NodeId node, byte[] key, String name, List<String> addresses) {}

  /**
   * @throws Malformed where there is no creation, or a record is not of this space or not signed by
   *     its issuer
   */
  public Membership(Collection<SignedRecord> signed) {
    records = new LinkedHashMap<>();
    signed.forEach(record -> records.put(record.hash(), record));
    MembershipRecord.Create create = null;
    Hash creationHash = null;
    var open = new LinkedHashMap<Hash, MembershipRecord.Grant>();
    var ends = new LinkedHashMap<Hash, MembershipRecord.Retirement>();
    for (var record : records.entrySet()) {
      switch (MembershipRecord.decode(record.getValue().bytes())) {
        case MembershipRecord.Create c -> {
          if (create != null) {
            throw new Malformed("two creations");
          }
          create = c;
          creationHash = record.getKey();
        }
        case MembershipRecord.Grant g -> open.put(record.getKey(), g);
        case MembershipRecord.Retirement r -> ends.put(record.getKey(), r);
      }
    }
    if (create == null || creationHash == null) {
      throw new Malformed("membership without a creation");
    }
    creation = create;
    space = new SpaceId(creationHash);
    lastNumbered = creationHash;
    var creator = Signatures.nodeId(create.creatorKey());
    steward = creator;
    if (!isSigned(creationHash, create.creatorKey())) {
      throw new Malformed("a creation with a wrong signature");
    }
    members.put(
        creator,
        new Member(
            creator,
            create.creatorKey(),
            create.creatorName(),
            Role.ADMIN,
            null,
            1,
            create.clock(),
            List.of(),
            false));
    var all = Map.copyOf(open);
    judge(ends, judge(open, creator));
    retire(ends);
    partRelays(all);
    // A record's hash says nothing of its signature, so one that doesn't hold would keep the right
    // one out. Whoever sends a record has those that it hangs on, and sends these too.
    records
        .keySet()
        .removeIf(hash ->
            !hash.equals(space.hash()) && !grants.containsKey(hash) && !ends.containsKey(hash));
    ordered = List.copyOf(records.values());
    active = members.values().stream().filter(member -> !member.retired()).toList();
  }

  /**
   * @return the keys of those whose records count, by node
   */
  private Map<NodeId, byte[]> judge(Map<Hash, MembershipRecord.Grant> open, NodeId steward) {
    // whoever was an admin by any grant that counts: who is one now depends on what was read first
    var issuers = new HashMap<NodeId, byte[]>();
    issuers.put(steward, creation.creatorKey());
    boolean progress = true;
    while (progress) {
      progress = false;
      for (var pending : new ArrayList<>(open.entrySet())) {
        var hash = pending.getKey();
        var grant = pending.getValue();
        if (!grant.space().equals(space)) {
          throw new Malformed("a grant of another space");
        }
        var issuer = issuers.get(grant.issuer());
        if (issuer == null) {
          continue;
        }
        open.remove(hash);
        progress = true;
        if (!isSigned(hash, issuer)) {
          continue;
        }
        var subject = Signatures.nodeId(grant.subjectKey());
        if (grant.role() == Role.ADMIN) {
          issuers.put(subject, grant.subjectKey());
        }
        boolean numbered = grant.issuer().equals(steward);
        var member =
            new Member(
                subject,
                grant.subjectKey(),
                grant.subjectName(),
                grant.role(),
                hash,
                numbered ? grant.number() : 0,
                grant.clock(),
                grant.labels(),
                false);
        grants.put(hash, member);
        // the creator stays an admin, and has the labels that it gives itself
        if (!subject.equals(steward) || (numbered && grant.role() == Role.ADMIN)) {
          members.merge(subject, member, Membership::later);
        }
        if (numbered) {
          count(hash, grant.number());
        }
      }
    }
    return issuers;
  }

  private void count(Hash hash, long number) {
    if (number > epoch || (number == epoch && hash.compareTo(lastNumbered) > 0 && epoch > 1)) {
      epoch = number;
      lastNumbered = hash;
    }
  }

  /** Leaves those retirements that hold. */
  private void judge(Map<Hash, MembershipRecord.Retirement> ends, Map<NodeId, byte[]> issuers) {
    for (var end : List.copyOf(ends.entrySet())) {
      var hash = end.getKey();
      var retirement = end.getValue();
      if (!retirement.space().equals(space)) {
        throw new Malformed("a retirement of another space");
      }
      var issuer = issuers.get(retirement.issuer());
      if (issuer == null || !isSigned(hash, issuer)) {
        ends.remove(hash);
      } else if (retirement.issuer().equals(steward)) {
        count(hash, retirement.number());
      }
    }
  }

  /** Who was retired after the last grant. The steward never is. */
  private void retire(Map<Hash, MembershipRecord.Retirement> ends) {
    for (var end : ends.entrySet()) {
      var retirement = end.getValue();
      var subject = members.get(retirement.subject());
      boolean numbered = retirement.issuer().equals(steward);
      if (subject == null
          || subject.grant() == null
          || subject.node().equals(steward)
          || (!numbered && subject.role() != Role.RELAY)) {
        continue;
      }
      var granted = Objects.requireNonNull(grants.get(subject.grant()));
      var rank = new Rank(numbered ? retirement.number() : 0, retirement.clock(), end.getKey());
      if (rank.compareTo(rank(granted)) > 0) {
        long before = subject.retired() ? subject.number() : 0;
        members.put(subject.node(), granted.retired(Math.max(before, rank.number())));
      }
    }
  }

  private void partRelays(Map<Hash, MembershipRecord.Grant> all) {
    for (var relay : List.copyOf(members.values())) {
      if (relay.role() == Role.RELAY) {
        var addresses = Objects.requireNonNull(all.get(relay.grant())).addresses();
        members.remove(relay.node());
        (relay.retired() ? dismissed : relays)
            .put(relay.node(), new Relay(relay.node(), relay.key(), relay.name(), addresses));
      }
    }
  }

  // The creation comes first; among grants the steward's later number, then the later clock, then
  // the hash.
  private static Member later(Member a, Member b) {
    if (a.grant() == null || b.grant() == null) {
      return a.grant() == null ? b : a;
    }
    return rank(a).compareTo(rank(b)) >= 0 ? a : b;
  }

  private static Rank rank(Member granted) {
    return new Rank(granted.number(), granted.clock(), Objects.requireNonNull(granted.grant()));
  }

  private boolean isSigned(Hash hash, byte[] key) {
    var record = Objects.requireNonNull(records.get(hash));
    return Signatures.verify(Purpose.MEMBERSHIP, hash, record.signature(), key);
  }

  /**
   * With those of these records too that hold; itself where it has them all.
   *
   * @throws Malformed as the constructor
   */
  public Membership with(Collection<SignedRecord> more) {
    var all = new LinkedHashMap<>(records);
    more.forEach(record -> all.putIfAbsent(record.hash(), record));
    if (all.size() == records.size()) {
      return this;
    }
    var both = new Membership(all.values());
    return both.records.size() == records.size() ? this : both;
  }

  public SpaceId space() {
    return space;
  }

  public String spaceName() {
    return creation.spaceName();
  }

  /** Those that hold: the creation, grants and retirements. */
  public List<SignedRecord> records() {
    return ordered;
  }

  /** Every member, by node, those included that were retired. */
  public Collection<Member> members() {
    return Collections.unmodifiableCollection(members.values());
  }

  /** Those members who are counted on, by node. */
  public List<Member> active() {
    return active;
  }

  /** Whether a node is a member that is counted on. */
  public boolean isActive(NodeId node) {
    return member(node).filter(member -> !member.retired()).isPresent();
  }

  /** Every relay, by node. */
  public Collection<Relay> relays() {
    return Collections.unmodifiableCollection(relays.values());
  }

  public Optional<Relay> relay(NodeId node) {
    return Optional.ofNullable(relays.get(node));
  }

  /** Those that were relays, and are none any more, by node. */
  public Collection<Relay> dismissed() {
    return Collections.unmodifiableCollection(dismissed.values());
  }

  public Optional<Member> member(NodeId node) {
    return Optional.ofNullable(members.get(node));
  }

  /** The steward's highest number known. */
  public long epoch() {
    return epoch;
  }

  public NodeId steward() {
    return steward;
  }

  /** By what right a member would write now. */
  public Optional<Authority> authority(NodeId node) {
    return member(node)
        .map(member -> new Authority(FIRST_TERM, epoch, member.grant(), member.labels()));
  }

  /**
   * The role that an author had under the authority it named; empty where that record is not known.
   */
  public Optional<Role> role(NodeId author, Authority authority) {
    if (authority.grant() == null) {
      return author.equals(steward()) ? Optional.of(Role.ADMIN) : Optional.empty();
    }
    return Optional.ofNullable(grants.get(authority.grant()))
        .filter(member -> member.node().equals(author))
        .map(Member::role);
  }

  /** Whether an author was given the labels that it names by the record that it names. */
  public boolean labelled(Authority authority) {
    var grant = authority.grant() == null ? null : grants.get(authority.grant());
    return authority.labels().equals(grant == null ? List.of() : grant.labels());
  }

  /**
   * Whether a node was a member when an entry was written under this authority; one that no steward
   * has numbered may have been.
   */
  public boolean belonged(NodeId node, Authority authority) {
    return node.equals(steward)
        || grants.values().stream()
            .anyMatch(grant ->
                grant.node().equals(node)
                    && grant.role() != Role.RELAY
                    && grant.number() <= authority.number());
  }

  /**
   * A grant that this issuer can sign; numbered where it is the steward.
   *
   * @param clock the issuer's. A record without a number has a later one where somebody else's
   *     clock was ahead, or it would not count
   */
  public MembershipRecord.Grant grant(
      NodeId issuer, byte[] subjectKey, String subjectName, Role role, long clock) {
    return grant(issuer, subjectKey, subjectName, role, List.of(), clock);
  }

  /** A relay's grant that this issuer can sign. */
  public MembershipRecord.Grant grantRelay(
      NodeId issuer, byte[] key, String name, List<String> addresses, long clock) {
    return grant(issuer, key, name, Role.RELAY, List.of(), addresses, clock);
  }

  /**
   * The same with labels.
   *
   * @param labels sorted, each once
   */
  public MembershipRecord.Grant grant(
      NodeId issuer,
      byte[] subjectKey,
      String subjectName,
      Role role,
      List<String> labels,
      long clock) {
    return grant(issuer, subjectKey, subjectName, role, labels, List.of(), clock);
  }

  private MembershipRecord.Grant grant(
      NodeId issuer,
      byte[] subjectKey,
      String subjectName,
      Role role,
      List<String> labels,
      List<String> addresses,
      long clock) {
    boolean numbered = issuer.equals(steward());
    return new MembershipRecord.Grant(
        space,
        subjectKey,
        subjectName,
        role,
        issuer,
        FIRST_TERM,
        numbered ? epoch + 1 : 0,
        numbered ? lastNumbered : null,
        numbered ? clock : Math.max(clock, afterOthers(Signatures.nodeId(subjectKey))),
        labels,
        addresses);
  }

  /** A retirement that this issuer can sign; numbered where it is the steward. Clock as above. */
  public MembershipRecord.Retirement retirement(NodeId issuer, NodeId subject, long clock) {
    boolean numbered = issuer.equals(steward());
    return new MembershipRecord.Retirement(
        space,
        subject,
        issuer,
        FIRST_TERM,
        numbered ? epoch + 1 : 0,
        numbered ? lastNumbered : null,
        numbered ? clock : Math.max(clock, afterOthers(subject)));
  }

  /** The first clock after those of all records without a number that concern a node. */
  private long afterOthers(NodeId subject) {
    long last = -1;
    for (var record : ordered) {
      switch (MembershipRecord.decode(record.bytes())) {
        case MembershipRecord.Grant grant
            when !grant.issuer().equals(steward)
                && Signatures.nodeId(grant.subjectKey()).equals(subject) ->
            last = Math.max(last, grant.clock());
        case MembershipRecord.Retirement end
            when !end.issuer().equals(steward) && end.subject().equals(subject) ->
            last = Math.max(last, end.clock());
        case MembershipRecord.Create _, MembershipRecord.Grant _, MembershipRecord.Retirement _ -> {
          // concerns another, or has its place by its number
        }
      }
    }
    return last == Long.MAX_VALUE ? last : last + 1;
  }
}
