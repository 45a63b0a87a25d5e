package com.softadastra.engine.document;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Which operations of a document one comes from. Operations lie on lines: each goes on from the one
 * before it on its line, so that of every line a beginning is known, and its length says it all.
 *
 * @param line the operation's own
 * @param place on that line, from 0; what is before it there is known
 * @param others how many operations of other lines are known
 */
record Lineage(int line, int place, Map<Integer, Integer> others) {
  /** Whether the other operation is an ancestor. */
  boolean knows(Lineage other) {
    return other.line == line
        ? other.place < place
        : others.getOrDefault(other.line, 0) > other.place;
  }

  /** Gives out places. */
  static final class Lines {
    private final Map<Integer, Integer> lengths = new HashMap<>();

    Lineage after(Collection<Lineage> parents) {
      for (var parent : parents) {
        if (parents.size() == 1 && lengths.getOrDefault(parent.line, 0) == parent.place + 1) {
          lengths.put(parent.line, parent.place + 2);
          return new Lineage(parent.line, parent.place + 1, parent.others);
        }
      }
      var known = new HashMap<Integer, Integer>();
      for (var parent : parents) {
        parent.others.forEach((line, count) -> known.merge(line, count, Math::max));
        known.merge(parent.line, parent.place + 1, Math::max);
      }
      int line = lengths.size();
      lengths.put(line, 1);
      return new Lineage(line, 0, Map.copyOf(known));
    }
  }
}
