package com.softadastra.node.demo;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the two nodes have to arrive at, found in the plainest way from the file alone: walk from
 * each change all the way down its parents, and for each document it wrote cross out every earlier
 * write that was met on the way. What nobody crossed out is a head. It shares no code with the sync
 * engine and knows no versions, clocks or nodes.
 *
 * @param byDocument for each document the positions of the changes that wrote its heads
 */
record NaiveHeads(SortedMap<String, SortedSet<Integer>> byDocument) {
  static NaiveHeads of(RecordedHistory history) {
    var heads = new TreeMap<String, SortedSet<Integer>>();
    for (var change : history.changes()) {
      var seen = ancestors(history, change);
      for (var operation : change.operations()) {
        var standing = heads.computeIfAbsent(operation.document(), _ -> new TreeSet<>());
        standing.removeIf(seen::get);
        standing.add(change.position());
      }
    }
    return new NaiveHeads(heads);
  }

  private static BitSet ancestors(RecordedHistory history, RecordedChange change) {
    var seen = new BitSet(change.position());
    var walk = new ArrayDeque<>(change.parents());
    while (!walk.isEmpty()) {
      int position = walk.pop();
      if (!seen.get(position)) {
        seen.set(position);
        walk.addAll(history.change(position).parents());
      }
    }
    return seen;
  }

  /** Documents with two or more heads. */
  long conflicts() {
    return byDocument.values().stream().filter(heads -> heads.size() > 1).count();
  }

  /** For each document with two or more heads, those heads. */
  Map<String, SortedSet<Integer>> inConflict() {
    var open = new TreeMap<>(byDocument);
    open.values().removeIf(heads -> heads.size() < 2);
    return open;
  }
}
