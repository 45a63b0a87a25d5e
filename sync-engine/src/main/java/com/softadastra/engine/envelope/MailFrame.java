package com.softadastra.engine.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.space.MembershipRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A message between a member and a relay, or two relays: one CBOR array each, its kind first. Who
 * calls arrives, and then both send as they have something; TLS has proved who each is.
 *
 * <pre>
 * of the member
 *   arrival  = [0, version, [* [pseudonym: h'32', passage: h'64']]]
 *   deposit  = [1, envelope: bytes]
 *   taken    = [2, id: h'16']                       ; is on its disk, or of no use to it
 *   passed   = [9, id: h'16']                       ; can't be taken in now
 *   siblings = [10, pseudonym: h'32', passage: h'64', records, [* [key: h'32', [* address: text]]]]
 *   deposits = [19, [+ envelope: bytes], body: bytes]  ; bare, of this body
 * of the relay
 *   welcome  = [3, version, mailboxes: h'32', certificate: h'64', [* left]]
 *   kept     = [4, custody: bytes, signature: h'64', there: 0 / 1]
 *   refused  = [5, id: h'16', reason: text, retry]  ; milliseconds
 *   mail     = [6, envelope: bytes]
 *   left     = [7, left]
 *   farewell = [8, reason: text]                    ; between relays, too
 * of a relay that calls another
 *   approach = [11, version, [* [pseudonym: h'32', passage: h'64']]]
 * of two relays, beside refused
 *   comes    = [12, [* [pseudonym: h'32', node: h'32', hops, life]]]   ; life in milliseconds
 *   offer    = [13, id: h'16', envelope: h'32', from: h'32', to: h'32', bytes]
 *   wanted   = [14, id: h'16']
 *   pass     = [15, envelope: bytes, life]          ; milliseconds
 *   holds    = [16, id: h'16']
 *   gone     = [17, id: h'16']
 *   fetched  = [18, id: h'16']                      ; answers nothing
 * left       = [pseudonym: h'32', to: h'32', envelopes, lapsed]
 * </pre>
 */
public sealed interface MailFrame {
  int VERSION = 1;

  /** Spaces that a member arrives for. */
  int SPACES = 1024;

  /** Destinations that are told at once. */
  int DESTINATIONS = 65_536;

  int TEXT_BYTES = 1024;

  /** Other relays of a space that are named. */
  int SIBLINGS = 16;

  /** What comes to a relay that is told at once. */
  int COMINGS = 1024;

  /** Relays at most between the one that says that a node comes and the one to which it comes. */
  int HOPS = 3;

  /** Envelopes that come with one body. */
  int SHARING = 64;

  /** A bare envelope, in bytes. */
  int BARE_BYTES = 1024;

  /** How many items a frame has, by its kind. */
  List<Integer> ITEMS = List.of(3, 2, 2, 5, 4, 4, 2, 2, 2, 2, 5, 3, 2, 6, 2, 3, 2, 2, 2, 3);

  /** What a member sends. */
  sealed interface OfMember extends MailFrame {}

  /** What a relay sends to a member. */
  sealed interface OfRelay extends MailFrame {}

  /** What a relay sends to another relay. */
  sealed interface OfSibling extends MailFrame {}

  /** The member is there, and shows for which spaces. */
  record Arrival(List<Shown> passages) implements OfMember {
    public Arrival {
      passages = List.copyOf(passages);
    }

    /** A passage of the member's own. */
    public record Shown(Hash pseudonym, byte[] passage) {}
  }

  /** To keep until its destination has it. */
  record Deposit(byte[] envelope) implements OfMember {}

  /** As a {@link Deposit} of each; they are bare, and have one body. */
  record Deposits(List<byte[]> envelopes, byte[] body) implements OfMember {
    public Deposits {
      envelopes = List.copyOf(envelopes);
    }
  }

  /** The relay needs to keep that one no longer. */
  record Taken(byte[] id) implements OfMember {}

  /**
   * The member can't take that one in now. It stays at the relay, which sends what comes after it,
   * and that one again on another connection.
   */
  record PassedOver(byte[] id) implements OfMember {}

  /**
   * The other relays of a space, all of them.
   *
   * @param passage of the relay that is told, so that it can arrive at those
   * @param records of the membership that the member knows; who knows more speaks for who knows
   *     less
   */
  record Siblings(Hash pseudonym, byte[] passage, long records, List<Named> relays)
      implements OfMember {
    public Siblings {
      relays = List.copyOf(relays);
    }

    /**
     * @param key the relay's public key
     * @param addresses where it can be reached, in the order in which to try them
     */
    public record Named(byte[] key, List<String> addresses) {
      public Named {
        addresses = List.copyOf(addresses);
      }
    }
  }

  /**
   * The relay serves the member.
   *
   * @param mailboxes the key that signs custody receipts
   * @param certificate of that key, by the relay's own
   * @param left all that it still has of this member's
   */
  record Welcome(byte[] mailboxes, byte[] certificate, List<Left> left) implements OfRelay {
    public Welcome {
      left = List.copyOf(left);
    }
  }

  /**
   * The relay has forced an envelope.
   *
   * @param there whether its destination is connected to the relay
   */
  record Kept(Custody.Signed custody, boolean there) implements OfRelay {}

  /**
   * The relay doesn't keep an envelope.
   *
   * @param retryMillis when to ask again; 0 where that is of no use
   */
  record Refused(byte[] id, String reason, long retryMillis) implements OfRelay, OfSibling {}

  /** An envelope for the member. */
  record Mail(byte[] envelope) implements OfRelay {}

  /**
   * What the relay has of the member's for one destination, when that has become nothing, or
   * something has lapsed.
   *
   * @param lapsed envelopes that it has dropped untaken since it said so last
   */
  record Left(Hash pseudonym, NodeId to, long envelopes, long lapsed) implements OfRelay {}

  /** The relay ends the connection, and says why. */
  record Farewell(String reason) implements OfRelay, OfSibling {}

  /** A relay is there, and shows for which spaces members gave it a passage. */
  record Approach(List<Arrival.Shown> passages) implements OfSibling {
    public Approach {
      passages = List.copyOf(passages);
    }
  }

  /** Nodes that come to the relay, or to one behind it, beside those that it has told of. */
  record Comes(List<Coming> comings) implements OfSibling {
    public Comes {
      comings = List.copyOf(comings);
    }

    /**
     * A member of a space comes.
     *
     * @param hops how many relays are between; 0 where it comes to the one that says so
     * @param lifeMillis how long that counts
     */
    public record Coming(Hash pseudonym, NodeId node, int hops, long lifeMillis) {}
  }

  /**
   * The relay has an envelope, and asks what the other has of it.
   *
   * @param envelope its {@link Envelope#hash}
   * @param bytes its size
   */
  record Offer(byte[] id, Hash envelope, NodeId from, NodeId to, long bytes) implements OfSibling {}

  /** It may be passed, whole where it came bare. */
  record Wanted(byte[] id) implements OfSibling {}

  /**
   * An envelope to keep. It may be bare where its body went before, on the same connection; that it
   * isn't there any more is answered by {@link Wanted}.
   *
   * @param lifeMillis how long; the clocks of both are nowhere in it
   */
  record Pass(byte[] envelope, long lifeMillis) implements OfSibling {}

  /** The relay has it, on its disk. */
  record Holds(byte[] id) implements OfSibling {}

  /** What the relay was offered or passed its destination has: nobody needs to keep it. */
  record Gone(byte[] id) implements OfSibling {}

  /** The same, of what the relay wasn't asked about; an offer of it has an answer, too. */
  record Fetched(byte[] id) implements OfSibling {}

  default byte[] encode() {
    return switch (this) {
      case Arrival(var passages) -> showing(0, passages);
      case Deposit(var envelope) -> carrying(1, envelope);
      case Deposits(var envelopes, var body) -> {
        var out = new CborWriter(envelopes.size() * BARE_BYTES + body.length).array(3).unsigned(19);
        out.array(envelopes.size());
        envelopes.forEach(out::bytes);
        yield out.bytes(body).toByteArray();
      }
      case Taken(var id) -> carrying(2, id);
      case PassedOver(var id) -> carrying(9, id);
      case Welcome(var mailboxes, var certificate, var left) -> {
        var out = new CborWriter(256).array(5).unsigned(3).unsigned(VERSION);
        out.bytes(mailboxes).bytes(certificate).array(left.size());
        left.forEach(some -> left(some, out));
        yield out.toByteArray();
      }
      case Kept(var custody, var there) ->
          new CborWriter(256)
              .array(4)
              .unsigned(4)
              .bytes(custody.bytes())
              .bytes(custody.signature())
              .unsigned(there ? 1 : 0)
              .toByteArray();
      case Refused(var id, var reason, var retry) ->
          new CborWriter(256)
              .array(4)
              .unsigned(5)
              .bytes(id)
              .text(reason)
              .unsigned(retry)
              .toByteArray();
      case Mail(var envelope) -> carrying(6, envelope);
      case Left left -> left(left, new CborWriter(128).array(2).unsigned(7)).toByteArray();
      case Farewell(var reason) ->
          new CborWriter(256).array(2).unsigned(8).text(reason).toByteArray();
      case Siblings(var pseudonym, var passage, var records, var relays) -> {
        var out = new CborWriter(256).array(5).unsigned(10);
        out.bytes(pseudonym.bytes()).bytes(passage).unsigned(records).array(relays.size());
        relays.forEach(relay -> {
          out.array(2).bytes(relay.key()).array(relay.addresses().size());
          relay.addresses().forEach(out::text);
        });
        yield out.toByteArray();
      }
      case Approach(var passages) -> showing(11, passages);
      case Comes(var comings) -> {
        var out = new CborWriter(256).array(2).unsigned(12).array(comings.size());
        comings.forEach(coming ->
            out.array(4)
                .bytes(coming.pseudonym().bytes())
                .bytes(coming.node().hash().bytes())
                .unsigned(coming.hops())
                .unsigned(coming.lifeMillis()));
        yield out.toByteArray();
      }
      case Offer(var id, var envelope, var from, var to, var bytes) ->
          new CborWriter(160)
              .array(6)
              .unsigned(13)
              .bytes(id)
              .bytes(envelope.bytes())
              .bytes(from.hash().bytes())
              .bytes(to.hash().bytes())
              .unsigned(bytes)
              .toByteArray();
      case Wanted(var id) -> carrying(14, id);
      case Pass(var envelope, var life) ->
          new CborWriter(envelope.length + 16)
              .array(3)
              .unsigned(15)
              .bytes(envelope)
              .unsigned(life)
              .toByteArray();
      case Holds(var id) -> carrying(16, id);
      case Gone(var id) -> carrying(17, id);
      case Fetched(var id) -> carrying(18, id);
    };
  }

  private static byte[] showing(int kind, List<Arrival.Shown> passages) {
    var out = new CborWriter(128).array(3).unsigned(kind).unsigned(VERSION);
    out.array(passages.size());
    passages.forEach(shown -> out.array(2).bytes(shown.pseudonym().bytes()).bytes(shown.passage()));
    return out.toByteArray();
  }

  private static byte[] carrying(int kind, byte[] bytes) {
    return new CborWriter(bytes.length + 8).array(2).unsigned(kind).bytes(bytes).toByteArray();
  }

  private static CborWriter left(Left left, CborWriter out) {
    return out.array(4)
        .bytes(left.pseudonym().bytes())
        .bytes(left.to().hash().bytes())
        .unsigned(left.envelopes())
        .unsigned(left.lapsed());
  }

  /**
   * @throws Malformed where the bytes are no such frame, or beyond the bounds
   */
  static MailFrame decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(2, 6);
    int kind = in.unsigned(ITEMS.size() - 1);
    if (items != ITEMS.get(kind)) {
      throw new Malformed("a frame of mail of kind " + kind + " with " + items + " items");
    }
    MailFrame frame =
        switch (kind) {
          case 0 -> {
            version(in);
            yield new Arrival(list(in, SPACES, () -> shown(in)));
          }
          case 1 -> new Deposit(in.bytes(Envelope.MOST_BYTES));
          case 2 -> new Taken(in.bytesExactly(Envelope.ID_BYTES));
          case 3 -> {
            version(in);
            yield new Welcome(
                in.bytesExactly(Signatures.KEY_BYTES),
                in.bytesExactly(Signatures.BYTES),
                list(in, DESTINATIONS, () -> left(in)));
          }
          case 4 ->
              new Kept(
                  new Custody.Signed(in.bytes(TEXT_BYTES), in.bytesExactly(Signatures.BYTES)),
                  in.unsigned(1) == 1);
          case 5 ->
              new Refused(in.bytesExactly(Envelope.ID_BYTES), in.text(TEXT_BYTES), in.unsigned());
          case 6 -> new Mail(in.bytes(Envelope.MOST_BYTES));
          case 7 -> left(in);
          case 8 -> new Farewell(in.text(TEXT_BYTES));
          case 9 -> new PassedOver(in.bytesExactly(Envelope.ID_BYTES));
          case 10 ->
              new Siblings(
                  hash(in),
                  in.bytesExactly(Signatures.BYTES),
                  in.unsigned(),
                  list(in, SIBLINGS, () -> named(in)));
          case 11 -> {
            version(in);
            yield new Approach(list(in, SPACES, () -> shown(in)));
          }
          case 12 -> new Comes(list(in, COMINGS, () -> coming(in)));
          case 13 ->
              new Offer(
                  in.bytesExactly(Envelope.ID_BYTES), hash(in), node(in), node(in), in.unsigned());
          case 14 -> new Wanted(in.bytesExactly(Envelope.ID_BYTES));
          case 15 -> new Pass(in.bytes(Envelope.MOST_BYTES), in.unsigned());
          case 16 -> new Holds(in.bytesExactly(Envelope.ID_BYTES));
          case 17 -> new Gone(in.bytesExactly(Envelope.ID_BYTES));
          case 18 -> new Fetched(in.bytesExactly(Envelope.ID_BYTES));
          default ->
              new Deposits(
                  list(in, 1, SHARING, () -> in.bytes(BARE_BYTES)), in.bytes(Envelope.BYTES));
        };
    in.end();
    return frame;
  }

  private static void version(CborReader in) {
    if (in.unsigned() != VERSION) {
      throw new Malformed("another version of mail");
    }
  }

  private static Arrival.Shown shown(CborReader in) {
    in.array(2, 2);
    return new Arrival.Shown(hash(in), in.bytesExactly(Signatures.BYTES));
  }

  private static Siblings.Named named(CborReader in) {
    in.array(2, 2);
    return new Siblings.Named(in.bytesExactly(Signatures.KEY_BYTES), addresses(in));
  }

  private static List<String> addresses(CborReader in) {
    return list(in, MembershipRecord.MOST_ADDRESSES, () -> in.text(MembershipRecord.ADDRESS_BYTES));
  }

  private static Comes.Coming coming(CborReader in) {
    in.array(4, 4);
    return new Comes.Coming(hash(in), node(in), in.unsigned(HOPS), in.unsigned());
  }

  private static Hash hash(CborReader in) {
    return Hash.of(in.bytesExactly(Hash.BYTES));
  }

  private static NodeId node(CborReader in) {
    return new NodeId(hash(in));
  }

  private static Left left(CborReader in) {
    in.array(4, 4);
    return new Left(hash(in), node(in), in.unsigned(), in.unsigned());
  }

  private static <T> List<T> list(CborReader in, int most, Supplier<T> item) {
    return list(in, 0, most, item);
  }

  private static <T> List<T> list(CborReader in, int least, int most, Supplier<T> item) {
    int count = in.array(least, most);
    var items = new ArrayList<T>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      items.add(item.get());
    }
    return items;
  }
}
