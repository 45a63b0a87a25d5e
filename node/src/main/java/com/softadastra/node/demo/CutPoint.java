package com.softadastra.node.demo;

import java.util.BitSet;

/**
 * Where in a history to cut two nodes off from each other, so that both have something to do alone.
 *
 * @param position the cut comes before this change
 * @param first how many changes the first node can still record alone
 * @param second how many the second can
 */
record CutPoint(int position, int first, int second) {
  private static final int CANDIDATES = 100;

  /**
   * The place at which the node with less to do has most.
   *
   * @param from the first place to look at
   * @param to the place before which to stop
   * @param end how many of the changes count
   */
  static CutPoint of(RecordedHistory history, int from, int to, int end) {
    var best = at(history, from, end);
    for (int position = from; position < to; position += Math.max(1, (to - from) / CANDIDATES)) {
      var candidate = at(history, position, end);
      if (candidate.less() > best.less()) {
        best = candidate;
      }
    }
    return best;
  }

  private int less() {
    return Math.min(first, second);
  }

  private static CutPoint at(RecordedHistory history, int position, int end) {
    return new CutPoint(
        position, alone(history, position, end, 0), alone(history, position, end, 1));
  }

  private static int alone(RecordedHistory history, int cut, int end, int site) {
    var held = new BitSet(history.size());
    held.set(0, cut);
    int recorded = 0;
    for (var change : history.changes().subList(cut, end)) {
      boolean own = Replay.siteOf(change) == site;
      boolean empty = change.operations().isEmpty();
      if ((own || empty) && change.parents().stream().allMatch(held::get)) {
        held.set(change.position());
        recorded += empty ? 0 : 1;
      }
    }
    return recorded;
  }
}
