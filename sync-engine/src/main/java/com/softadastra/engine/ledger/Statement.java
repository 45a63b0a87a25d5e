package com.softadastra.engine.ledger;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a member says to have on its disk, in one space.
 *
 * <pre>
 * statement = [1, space: h'32', node: h'32', incarnation: h'16', position, clock, [* [node, incarnation, sequence]]]
 * </pre>
 *
 * Replicas are in their order, each once.
 *
 * @param position how far its log had come; grows over all its incarnations, so the later statement
 *     counts
 * @param clock of that member, milliseconds since 1970
 * @param vector the highest contiguous sequence by replica
 */
public record Statement(
    SpaceId space, Replica by, long position, long clock, Map<Replica, Long> vector) {
  static final Comparator<Statement> ORDER =
      Comparator.comparingLong(Statement::position).thenComparingLong(Statement::clock);

  public Statement {
    vector = Map.copyOf(vector);
  }

  /** A statement's bytes with its maker's signature. */
  public record Signed(byte[] bytes, byte[] signature) {}

  public boolean covers(Dot dot) {
    return vector.getOrDefault(dot.replica(), 0L) >= dot.sequence();
  }

  /** Whether this one was made after the other, by the same node. */
  public boolean laterThan(Statement other) {
    return ORDER.compare(this, other) > 0;
  }

  /**
   * Whether the maker of the other one, by the same key, can't have made this one before: then two
   * lives of one node speak.
   */
  public boolean isBeyond(Statement other) {
    return position != other.position
        ? position > other.position
        : !by.equals(other.by)
            || vector.entrySet().stream()
                .anyMatch(
                    chain -> chain.getValue() > other.vector.getOrDefault(chain.getKey(), 0L));
  }

  public Signed sign(NodeKey key) {
    byte[] bytes = encode();
    return new Signed(bytes, key.sign(Purpose.STATEMENT, Hash.sha256(bytes)));
  }

  byte[] encode() {
    var out =
        new CborWriter(160 + vector.size() * 64).array(7).unsigned(1).bytes(space.hash().bytes());
    out.bytes(by.node().hash().bytes())
        .bytes(by.incarnation().bytes())
        .unsigned(position)
        .unsigned(clock);
    out.array(vector.size());
    new TreeMap<>(vector)
        .forEach((replica, sequence) ->
            out.array(3)
                .bytes(replica.node().hash().bytes())
                .bytes(replica.incarnation().bytes())
                .unsigned(sequence));
    return out.toByteArray();
  }

  /**
   * @throws Malformed where the bytes are no statement
   */
  public static Statement decode(byte[] bytes) {
    var in = new CborReader(bytes);
    in.array(7, 7);
    if (in.unsigned() != 1) {
      throw new Malformed("another statement format");
    }
    var space = new SpaceId(Hash.of(in.bytesExactly(Hash.BYTES)));
    var by = replica(in);
    long position = in.unsigned();
    long clock = in.unsigned();
    int count = in.array(0, Bounds.CAUSES);
    var vector = new TreeMap<Replica, Long>();
    for (int i = 0; i < count; i++) {
      in.array(3, 3);
      var replica = replica(in);
      if (i > 0 && vector.lastKey().compareTo(replica) >= 0) {
        throw new Malformed("replicas out of order");
      }
      vector.put(replica, in.unsigned());
    }
    in.end();
    return new Statement(space, by, position, clock, vector);
  }

  private static Replica replica(CborReader in) {
    var node = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    return new Replica(node, Incarnation.of(in.bytesExactly(Incarnation.BYTES)));
  }
}
