package com.softadastra.node.demo;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * On what each operation of a history was made: the newest writes of its document that its author
 * had seen. Memory is a bit for each pair of changes: 27 MB for 15,000.
 */
final class Bases {
  private final List<BitSet> seen = new ArrayList<>();
  private final Map<String, List<Integer>> writers = new HashMap<>();

  Bases(RecordedHistory history) {
    for (var change : history.changes()) {
      var all = new BitSet(change.position());
      for (int parent : change.parents()) {
        all.or(seen.get(parent));
        all.set(parent);
      }
      seen.add(all);
      for (var operation : change.operations()) {
        writers
            .computeIfAbsent(operation.document(), _ -> new ArrayList<>())
            .add(change.position());
      }
    }
  }

  /**
   * Positions of the changes whose write of the document a change was made on; none where its
   * author had seen no such write.
   */
  List<Integer> of(RecordedChange change, String document) {
    var visible = seen.get(change.position());
    var newest = new ArrayList<Integer>();
    for (int earlier : writers.getOrDefault(document, List.of()).reversed()) {
      if (visible.get(earlier)
          && newest.stream().noneMatch(later -> seen.get(later).get(earlier))) {
        newest.add(earlier);
      }
    }
    return newest;
  }
}
