package com.softadastra.engine.session;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.SignedRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A message of a session between two nodes: one CBOR array each, its kind first.
 *
 * <pre>
 * hello        = [0, least version, greatest version, node: h'32', incarnation: h'16', clock, name, [* address: text],
 *                 [* space: h'32']]
 * membership   = [1, space, [* [record: bytes, signature: h'64']]]
 * summary      = [2, space, [* [node, incarnation, sequence, hash: h'32']], [* statement]]
 * entries      = [3, space, length, bytes]      ; zstd where the bytes are not as many as the length says
 *   of which     [* [entry: bytes, signature: h'64' / null]]
 * acknowledged = [4, space, [* statement]]
 * refused      = [5, space, node, incarnation, reason: text]
 * bye          = [6, reason: text]
 * trace        = [7, space, node, incarnation, [* [sequence, hash: h'32']]]
 * taken        = [8, space, batches]
 * heard        = [9, space, [* [node, position, clock]]]
 * wanted       = [10, space, [* [node, incarnation, sequence, hash: h'32']]]           ; from version 3 on
 * again        = [11, space, length, bytes]                                            ; as entries; from version 3 on
 * part         = [12, space, [* [node, incarnation, sequence, hash: h'32']]]           ; from version 4 on
 * statement    = [bytes, signature: h'64']
 * </pre>
 */
public sealed interface Frame {
  int VERSION = 4;

  /** The earliest version that is still spoken. */
  int LEAST_VERSION = 2;

  /** From this version on a peer is asked for entries again. */
  int WANTED_VERSION = 3;

  /** From this version on a summary may come in parts, and a statement name more chains. */
  int PARTS_VERSION = 4;

  /** Bytes of entries in one batch, beyond which no further run is begun. */
  int BATCH_BYTES = 256 << 10;

  /** What a batch may unpack to, which bounds the memory that a peer can ask for. */
  int UNPACKED_BYTES = Bounds.ENTRY_BYTES + (4 << 20);

  int MANY = 4096;
  int TEXT_BYTES = 1024;

  /** How many items a frame has, by its kind. */
  List<Integer> ITEMS = List.of(9, 3, 4, 4, 3, 5, 2, 5, 3, 3, 3, 4, 3);

  record Hello(
      int leastVersion,
      int greatestVersion,
      Replica sender,
      long clock,
      String name,
      List<String> addresses,
      List<SpaceId> spaces)
      implements Frame {}

  record MembershipKnown(SpaceId space, List<SignedRecord> records) implements Frame {}

  record Summary(SpaceId space, List<Known> chains, List<Statement.Signed> statements)
      implements Frame {
    /** How far the sender knows a chain, and the hash of the entry there. */
    public record Known(Replica replica, long sequence, Hash hash) {}
  }

  /** Some of the chains of a summary that is to come, which has the rest. */
  record SummaryPart(SpaceId space, List<Summary.Known> chains) implements Frame {}

  record Entries(SpaceId space, List<Offered> batch) implements Frame {}

  record Acknowledged(SpaceId space, List<Statement.Signed> statements) implements Frame {}

  record Refusal(SpaceId space, Replica replica, String reason) implements Frame {}

  record Bye(String reason) implements Frame {}

  /**
   * How a chain of the sender's has come about, by which the receiver finds the last entry that
   * both have.
   *
   * @param points entries of the chain and of those that it is a branch of, the last first
   */
  record Trace(SpaceId space, Replica chain, List<Point> points) implements Frame {
    /** An entry. */
    public record Point(long sequence, Hash hash) {}
  }

  /**
   * What was sent is on the disk, or refused.
   *
   * @param batches of the space, since the session began
   */
  record Taken(SpaceId space, long batches) implements Frame {}

  /** Which statement of each member the sender has, its own included. */
  record Heard(SpaceId space, List<Latest> statements) implements Frame {
    /** The latest that it has of a member. */
    public record Latest(NodeId member, Statement.Age age) {}
  }

  /** Entries that the sender has recorded and can't read any more. */
  record Wanted(SpaceId space, List<Summary.Known> entries) implements Frame {}

  /** Of the entries that were wanted those that the sender can read. */
  record Again(SpaceId space, List<Offered> entries) implements Frame {}

  default byte[] encode() {
    var out = new CborWriter(256);
    switch (this) {
      case Hello(
              var least,
              var greatest,
              var sender,
              var clock,
              var name,
              var addresses,
              var spaces) -> {
        replica(sender, out.array(9).unsigned(0).unsigned(least).unsigned(greatest));
        out.unsigned(clock).text(name).array(addresses.size());
        addresses.forEach(out::text);
        out.array(spaces.size());
        spaces.forEach(space -> out.bytes(space.hash().bytes()));
      }
      case MembershipKnown(var space, var records) -> {
        out.array(3).unsigned(1).bytes(space.hash().bytes()).array(records.size());
        records.forEach(record -> out.array(2).bytes(record.bytes()).bytes(record.signature()));
      }
      case Summary(var space, var chains, var statements) -> {
        known(chains, out.array(4).unsigned(2).bytes(space.hash().bytes()));
        statements(statements, out);
      }
      case Entries(var space, var batch) ->
          batch(batch, out.array(4).unsigned(3).bytes(space.hash().bytes()));
      case Acknowledged(var space, var statements) -> {
        statements(statements, out.array(3).unsigned(4).bytes(space.hash().bytes()));
      }
      case Refusal(var space, var replica, var reason) ->
          replica(replica, out.array(5).unsigned(5).bytes(space.hash().bytes())).text(reason);
      case Bye(var reason) -> out.array(2).unsigned(6).text(reason);
      case Trace(var space, var chain, var points) -> {
        replica(chain, out.array(5).unsigned(7).bytes(space.hash().bytes())).array(points.size());
        points.forEach(
            point -> out.array(2).unsigned(point.sequence()).bytes(point.hash().bytes()));
      }
      case Taken(var space, var batches) ->
          out.array(3).unsigned(8).bytes(space.hash().bytes()).unsigned(batches);
      case Heard(var space, var statements) -> {
        out.array(3).unsigned(9).bytes(space.hash().bytes()).array(statements.size());
        statements.forEach(latest ->
            out.array(3)
                .bytes(latest.member().hash().bytes())
                .unsigned(latest.age().position())
                .unsigned(latest.age().clock()));
      }
      case Wanted(var space, var entries) ->
          known(entries, out.array(3).unsigned(10).bytes(space.hash().bytes()));
      case Again(var space, var entries) ->
          batch(entries, out.array(4).unsigned(11).bytes(space.hash().bytes()));
      case SummaryPart(var space, var chains) ->
          known(chains, out.array(3).unsigned(12).bytes(space.hash().bytes()));
    }
    return out.toByteArray();
  }

  /**
   * @throws Malformed where the bytes are no frame, or beyond the bounds
   */
  static Frame decode(byte[] bytes) {
    var in = new CborReader(bytes);
    int items = in.array(2, 9);
    int kind = in.unsigned(ITEMS.size() - 1);
    if (items != ITEMS.get(kind)) {
      throw new Malformed("a frame of kind " + kind + " with " + items + " items");
    }
    Frame frame =
        switch (kind) {
          case 0 ->
              new Hello(
                  in.unsigned(Integer.MAX_VALUE),
                  in.unsigned(Integer.MAX_VALUE),
                  replica(in),
                  in.unsigned(),
                  in.text(TEXT_BYTES),
                  list(in, () -> in.text(TEXT_BYTES)),
                  list(in, () -> space(in)));
          case 1 -> new MembershipKnown(space(in), list(in, () -> record(in)));
          case 2 ->
              new Summary(space(in), list(in, () -> known(in)), list(in, () -> statement(in)));
          case 3 -> new Entries(space(in), batch(in));
          case 4 -> new Acknowledged(space(in), list(in, () -> statement(in)));
          case 5 -> new Refusal(space(in), replica(in), in.text(TEXT_BYTES));
          case 6 -> new Bye(in.text(TEXT_BYTES));
          case 7 -> new Trace(space(in), replica(in), list(in, () -> point(in)));
          case 8 -> new Taken(space(in), in.unsigned());
          case 9 -> new Heard(space(in), list(in, () -> latest(in)));
          case 10 -> new Wanted(space(in), list(in, () -> known(in)));
          case 11 -> new Again(space(in), batch(in));
          default -> new SummaryPart(space(in), list(in, () -> known(in)));
        };
    in.end();
    return frame;
  }

  private static void known(List<Summary.Known> entries, CborWriter out) {
    out.array(entries.size());
    entries.forEach(known ->
        replica(known.replica(), out.array(4))
            .unsigned(known.sequence())
            .bytes(known.hash().bytes()));
  }

  private static void batch(List<Offered> batch, CborWriter out) {
    byte[] plain = plain(batch);
    byte[] packed = Zstd.compress(plain, 1);
    out.unsigned(plain.length).bytes(packed.length < plain.length ? packed : plain);
  }

  private static byte[] plain(List<Offered> batch) {
    int bytes = batch.stream().mapToInt(entry -> entry.bytes().length).sum();
    var out = new CborWriter(bytes + 80 * batch.size() + 16).array(batch.size());
    batch.forEach(entry -> out.array(2).bytes(entry.bytes()).bytesOrNull(entry.signature()));
    return out.toByteArray();
  }

  private static List<Offered> batch(CborReader in) {
    int length = in.unsigned(UNPACKED_BYTES);
    byte[] packed = in.bytes(UNPACKED_BYTES);
    byte[] plain = packed;
    if (packed.length < length) {
      plain = unpacked(packed, length);
    } else if (packed.length > length) {
      throw new Malformed("a batch longer than it says");
    }
    var entries = new CborReader(plain);
    // or packed nothings would fill the memory as objects
    int count = entries.array(0, Math.max(MANY, plain.length / EntryCodec.LEAST_BYTES));
    var batch = new ArrayList<Offered>(Math.min(count, MANY));
    for (int i = 0; i < count; i++) {
      entries.array(2, 2);
      batch.add(
          new Offered(entries.bytes(Bounds.ENTRY_BYTES), entries.bytesOrNull(Signatures.BYTES)));
    }
    entries.end();
    return batch;
  }

  private static byte[] unpacked(byte[] packed, int length) {
    // what it says is cheaper to compare than to find out
    if (packed.length == 0 || Zstd.getFrameContentSize(packed) != length) {
      throw new Malformed("a batch that says to unpack to another length");
    }
    byte[] plain = new byte[length];
    try {
      if (Zstd.decompress(plain, packed) != length) {
        throw new Malformed("a batch that unpacks to another length");
      }
    } catch (ZstdException e) {
      throw new Malformed("a batch that can't be unpacked");
    }
    return plain;
  }

  private static void statements(List<Statement.Signed> statements, CborWriter out) {
    out.array(statements.size());
    statements.forEach(
        statement -> out.array(2).bytes(statement.bytes()).bytes(statement.signature()));
  }

  private static Statement.Signed statement(CborReader in) {
    in.array(2, 2);
    return new Statement.Signed(in.bytes(1 << 20), in.bytesExactly(Signatures.BYTES));
  }

  private static SignedRecord record(CborReader in) {
    in.array(2, 2);
    return new SignedRecord(in.bytes(TEXT_BYTES * 4), in.bytesExactly(Signatures.BYTES));
  }

  private static Summary.Known known(CborReader in) {
    in.array(4, 4);
    return new Summary.Known(replica(in), in.unsigned(), Hash.of(in.bytesExactly(Hash.BYTES)));
  }

  private static Trace.Point point(CborReader in) {
    in.array(2, 2);
    return new Trace.Point(in.unsigned(), Hash.of(in.bytesExactly(Hash.BYTES)));
  }

  private static Heard.Latest latest(CborReader in) {
    in.array(3, 3);
    var member = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    return new Heard.Latest(member, new Statement.Age(in.unsigned(), in.unsigned()));
  }

  private static CborWriter replica(Replica replica, CborWriter out) {
    return out.bytes(replica.node().hash().bytes()).bytes(replica.incarnation().bytes());
  }

  private static Replica replica(CborReader in) {
    var node = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    return new Replica(node, Incarnation.of(in.bytesExactly(Incarnation.BYTES)));
  }

  private static SpaceId space(CborReader in) {
    return new SpaceId(Hash.of(in.bytesExactly(Hash.BYTES)));
  }

  private static <T> List<T> list(CborReader in, Supplier<T> item) {
    int count = in.array(0, MANY);
    var items = new ArrayList<T>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      items.add(item.get());
    }
    return items;
  }
}
