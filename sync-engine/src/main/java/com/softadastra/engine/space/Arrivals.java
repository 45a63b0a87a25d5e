package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * What was moved to replicas whose own operations don't come from the move yet.
 *
 * @param <M> what is moved
 */
final class Arrivals<M> {
  /** Where nothing is on its way. */
  static final long NONE = Long.MAX_VALUE;

  private final TreeMap<Replica, Coming<M>> coming = new TreeMap<>();
  private int count;

  /** What is on its way to one replica, by the index of the version that moves it. */
  private static final class Coming<M> {
    final TreeMap<Long, List<M>> moves = new TreeMap<>();
    final Map<Hash, Long> indices = new HashMap<>();
  }

  /**
   * @param index of the version among the document's
   */
  void add(Replica to, Hash version, long index, M move) {
    var all = coming.computeIfAbsent(to, _ -> new Coming<>());
    all.indices.put(version, index);
    all.moves.computeIfAbsent(index, _ -> new ArrayList<>()).add(move);
    count++;
  }

  /** The least index of a version that moves something to a replica. */
  long oldest(Replica to) {
    var all = coming.get(to);
    return all == null ? NONE : all.moves.firstKey();
  }

  /** The least index of all. */
  long oldest() {
    return coming.values().stream().mapToLong(all -> all.moves.firstKey()).min().orElse(NONE);
  }

  /** Whether a version has moved something to a replica that is still on its way. */
  boolean awaits(Replica to, Hash version) {
    var all = coming.get(to);
    return all != null && all.indices.containsKey(version);
  }

  /** What was moved to a replica by versions that it has seen. */
  List<M> seen(Replica to, Set<Hash> seen) {
    var all = coming.get(to);
    var moves = new ArrayList<M>();
    if (all != null) {
      for (var version : seen) {
        var index = all.indices.get(version);
        if (index != null) {
          moves.addAll(all.moves.getOrDefault(index, List.of()));
        }
      }
    }
    return moves;
  }

  /** The same, which is no longer on its way then. */
  List<M> take(Replica to, Set<Hash> seen) {
    var taken = seen(to, seen);
    var all = coming.get(to);
    if (all != null && !taken.isEmpty()) {
      for (var version : seen) {
        var index = all.indices.remove(version);
        if (index != null) {
          all.moves.remove(index);
        }
      }
      count -= taken.size();
      if (all.moves.isEmpty()) {
        coming.remove(to);
      }
    }
    return taken;
  }

  /** What is on its way to a replica. */
  List<M> to(Replica replica) {
    var all = coming.get(replica);
    return all == null ? List.of() : all.moves.values().stream().flatMap(List::stream).toList();
  }

  void forEach(BiConsumer<Replica, M> each) {
    coming.keySet().forEach(to -> to(to).forEach(move -> each.accept(to, move)));
  }

  int weight() {
    return count;
  }
}
