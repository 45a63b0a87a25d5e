package com.softadastra.engine.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Signatures;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A message between a member and a relay: one CBOR array each, its kind first. The member calls,
 * arrives, and then both send as they have something; TLS has proved who each is.
 *
 * <pre>
 * of the member
 *   arrival  = [0, version, [* [pseudonym: h'32', passage: h'64']]]
 *   deposit  = [1, envelope: bytes]
 *   taken    = [2, id: h'16']                       ; is on its disk, or of no use to it
 *   passed   = [9, id: h'16']                       ; can't be taken in now
 * of the relay
 *   welcome  = [3, version, mailboxes: h'32', certificate: h'64', [* left]]
 *   kept     = [4, custody: bytes, signature: h'64', there: 0 / 1]
 *   refused  = [5, id: h'16', reason: text, retry]  ; milliseconds
 *   mail     = [6, envelope: bytes]
 *   left     = [7, left]
 *   farewell = [8, reason: text]
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

  /** How many items a frame has, by its kind. */
  List<Integer> ITEMS = List.of(3, 2, 2, 5, 4, 4, 2, 2, 2, 2);

  /** What a member sends. */
  sealed interface OfMember extends MailFrame {}

  /** What a relay sends. */
  sealed interface OfRelay extends MailFrame {}

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

  /** The relay needs to keep that one no longer. */
  record Taken(byte[] id) implements OfMember {}

  /**
   * The member can't take that one in now. It stays at the relay, which sends what comes after it,
   * and that one again on another connection.
   */
  record PassedOver(byte[] id) implements OfMember {}

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
  record Refused(byte[] id, String reason, long retryMillis) implements OfRelay {}

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
  record Farewell(String reason) implements OfRelay {}

  default byte[] encode() {
    return switch (this) {
      case Arrival(var passages) -> {
        var out = new CborWriter(128).array(3).unsigned(0).unsigned(VERSION);
        out.array(passages.size());
        passages.forEach(
            shown -> out.array(2).bytes(shown.pseudonym().bytes()).bytes(shown.passage()));
        yield out.toByteArray();
      }
      case Deposit(var envelope) -> carrying(1, envelope);
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
    };
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
    int items = in.array(2, 5);
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
          default -> new PassedOver(in.bytesExactly(Envelope.ID_BYTES));
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
    return new Arrival.Shown(
        Hash.of(in.bytesExactly(Hash.BYTES)), in.bytesExactly(Signatures.BYTES));
  }

  private static Left left(CborReader in) {
    in.array(4, 4);
    return new Left(
        Hash.of(in.bytesExactly(Hash.BYTES)),
        new NodeId(Hash.of(in.bytesExactly(Hash.BYTES))),
        in.unsigned(),
        in.unsigned());
  }

  private static <T> List<T> list(CborReader in, int most, Supplier<T> item) {
    int count = in.array(0, most);
    var items = new ArrayList<T>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      items.add(item.get());
    }
    return items;
  }
}
