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
import com.softadastra.engine.space.ChainHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
 * @param vector the highest contiguous sequence by replica, in the order of replicas
 */
public record Statement(
    SpaceId space, Replica by, long position, long clock, Map<Replica, Long> vector) {
  /** What each chain takes at least. */
  public static final int LEAST_BYTES_EACH = Hash.BYTES + Incarnation.BYTES + 5;

  public Statement {
    vector = Vector.copyOf(vector);
  }

  /**
   * How far chains have come, as a statement says it. Where they are more than one has room for,
   * each node's latest go first: who has begun many keeps nobody's out but its own older ones,
   * which then are owed as if they were not here.
   */
  public static Map<Replica, Long> vector(Map<Replica, ChainHead> chains) {
    var vector = new TreeMap<Replica, Long>();
    if (chains.size() <= Bounds.STATED_CHAINS) {
      chains.forEach((name, head) -> vector.put(name, head.sequence()));
      return vector;
    }
    var latestFirst =
        chains.entrySet().stream()
            .sorted(
                Comparator.comparing((Map.Entry<Replica, ChainHead> chain) -> chain.getKey().node())
                    .thenComparing(chain -> chain.getValue().position(), Comparator.reverseOrder())
                    .thenComparing(Map.Entry::getKey))
            .toList();
    var turns = new TreeMap<Integer, List<Map.Entry<Replica, ChainHead>>>();
    NodeId node = null;
    int turn = 0;
    for (var chain : latestFirst) {
      turn = chain.getKey().node().equals(node) ? turn + 1 : 0;
      node = chain.getKey().node();
      turns.computeIfAbsent(turn, _ -> new ArrayList<>()).add(chain);
    }
    turns.values().stream()
        .flatMap(List::stream)
        .limit(Bounds.STATED_CHAINS)
        .forEach(chain -> vector.put(chain.getKey(), chain.getValue().sequence()));
    return vector;
  }

  /** A statement's bytes with its maker's signature. */
  public record Signed(byte[] bytes, byte[] signature) {
    /**
     * @throws Malformed where the bytes don't begin as a statement does
     */
    public Header header() {
      return Header.read(new CborReader(bytes));
    }
  }

  /**
   * Which of a member's statements it is. The later position counts, then the later clock.
   *
   * @param position see {@link Statement}
   * @param clock see {@link Statement}
   */
  public record Age(long position, long clock) implements Comparable<Age> {
    private static final Comparator<Age> ORDER =
        Comparator.comparingLong(Age::position).thenComparingLong(Age::clock);

    @Override
    public int compareTo(Age other) {
      return ORDER.compare(this, other);
    }

    public boolean laterThan(Age other) {
      return compareTo(other) > 0;
    }
  }

  /** What a statement says before its vector, which alone tells whether it is news. */
  public record Header(SpaceId space, Replica by, Age age) {
    private static Header read(CborReader in) {
      in.array(7, 7);
      if (in.unsigned() != 1) {
        throw new Malformed("another statement format");
      }
      var space = new SpaceId(Hash.of(in.bytesExactly(Hash.BYTES)));
      var by = replica(in);
      return new Header(space, by, new Age(in.unsigned(), in.unsigned()));
    }
  }

  public Age age() {
    return new Age(position, clock);
  }

  public boolean covers(Dot dot) {
    return vector.getOrDefault(dot.replica(), 0L) >= dot.sequence();
  }

  /** Whether this one was made after the other, by the same node. */
  public boolean laterThan(Statement other) {
    return age().laterThan(other.age());
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

  /** With the signature that came with it. */
  public Signed signed(byte[] signature) {
    return new Signed(encode(), signature);
  }

  byte[] encode() {
    var out =
        new CborWriter(160 + vector.size() * 64).array(7).unsigned(1).bytes(space.hash().bytes());
    out.bytes(by.node().hash().bytes())
        .bytes(by.incarnation().bytes())
        .unsigned(position)
        .unsigned(clock);
    out.array(vector.size());
    vector.forEach((replica, sequence) ->
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
    return decode(bytes, Map.of());
  }

  /**
   * @param like a vector that is likely to name the same replicas, and then shares them
   * @throws Malformed where the bytes are no statement
   */
  public static Statement decode(byte[] bytes, Map<Replica, Long> like) {
    var in = new CborReader(bytes);
    var header = Header.read(in);
    var vector = Vector.read(in, like);
    in.end();
    return new Statement(
        header.space(), header.by(), header.age().position(), header.age().clock(), vector);
  }

  static Replica replica(CborReader in) {
    var node = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
    return new Replica(node, Incarnation.of(in.bytesExactly(Incarnation.BYTES)));
  }
}
