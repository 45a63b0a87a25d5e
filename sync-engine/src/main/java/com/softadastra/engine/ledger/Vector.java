package com.softadastra.engine.ledger;

import com.softadastra.contracts.Replica;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Bounds;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A sequence for each replica, in the order of replicas. Members mostly name the same replicas, and
 * vectors that do hold one array of them together: with n members a node has n vectors of n
 * replicas.
 */
final class Vector extends AbstractMap<Replica, Long> {
  private static final Vector EMPTY = new Vector(new Replica[0], new long[0]);

  private final Replica[] replicas;
  private final long[] sequences;

  private Vector(Replica[] replicas, long[] sequences) {
    this.replicas = replicas;
    this.sequences = sequences;
  }

  static Vector copyOf(Map<Replica, Long> map) {
    if (map instanceof Vector vector) {
      return vector;
    }
    var sorted = new TreeMap<>(map);
    return new Vector(
        sorted.keySet().toArray(Replica[]::new),
        sorted.values().stream().mapToLong(Long::longValue).toArray());
  }

  /**
   * @param like may name the same replicas
   * @throws Malformed where they are out of order
   */
  static Vector read(CborReader in, Map<Replica, Long> like) {
    var known = like instanceof Vector vector ? vector.replicas : EMPTY.replicas;
    int count = in.array(0, Bounds.STATED_CHAINS);
    var sequences = new long[count];
    var own = new Replica[count];
    int next = 0;
    boolean same = count == known.length;
    for (int i = 0; i < count; i++) {
      in.array(3, 3);
      var replica = Statement.replica(in);
      if (i > 0 && own[i - 1].compareTo(replica) >= 0) {
        throw new Malformed("replicas out of order");
      }
      while (next < known.length && known[next].compareTo(replica) < 0) {
        next++;
      }
      boolean shared = next < known.length && known[next].equals(replica);
      own[i] = shared ? known[next] : replica;
      same &= shared;
      sequences[i] = in.unsigned();
    }
    return new Vector(same ? known : own, sequences);
  }

  @Override
  public @Nullable Long get(Object replica) {
    int at = replica instanceof Replica named ? Arrays.binarySearch(replicas, named) : -1;
    return at < 0 ? null : Long.valueOf(sequences[at]);
  }

  @Override
  public boolean containsKey(Object replica) {
    return get(replica) != null;
  }

  @Override
  public int size() {
    return replicas.length;
  }

  @Override
  public Set<Entry<Replica, Long>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return replicas.length;
      }

      @Override
      public Iterator<Entry<Replica, Long>> iterator() {
        return new Iterator<>() {
          private int next;

          @Override
          public boolean hasNext() {
            return next < replicas.length;
          }

          @Override
          public Entry<Replica, Long> next() {
            if (next == replicas.length) {
              throw new NoSuchElementException();
            }
            return Map.entry(replicas[next], sequences[next++]);
          }
        };
      }
    };
  }
}
