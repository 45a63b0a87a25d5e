package com.softadastra.simulation.history;

import java.util.List;
import java.util.SortedSet;

/**
 * A change that somebody made, to some documents at once.
 *
 * @param place its place in the history, from 0
 * @param author a number
 * @param at seconds since 1970, by the author's clock
 */
record Edit(int place, int author, long at, List<Write> writes) {
  /**
   * What it did to one document.
   *
   * @param content names what the document was from then on; null for a deletion
   * @param on places of the edits whose write of this document the author had before him
   */
  record Write(
      String document, @org.jspecify.annotations.Nullable String content, SortedSet<Integer> on) {}

  String intent() {
    return "edit-" + place;
  }
}
