package com.softadastra.node.demo;

import java.util.List;

/**
 * A change as the input file has it.
 *
 * @param position its place in the file, from 0
 * @param id its number in the file, by which its intent is named
 * @param parents positions of the changes its author had seen last, each before this one's
 * @param at seconds since 1970, by the author's clock
 * @param operations what it did to which documents, each document once; may be empty
 */
record RecordedChange(
    int position,
    int id,
    List<Integer> parents,
    int author,
    long at,
    List<RecordedOperation> operations) {
  /**
   * One document's part.
   *
   * @param content names the content it left
   * @param added lines, negative where the content is not text
   * @param removed lines, negative where the content is not text
   */
  record RecordedOperation(
      boolean deletes, String document, String content, int added, int removed) {}

  String intent() {
    return "change-" + id;
  }

  /** Which operation of this change wrote the document; -1 for none. */
  int indexOf(String document) {
    for (int i = 0; i < operations.size(); i++) {
      if (operations.get(i).document().equals(document)) {
        return i;
      }
    }
    return -1;
  }
}
