package com.softadastra.contracts.documents;

import java.util.List;

/**
 * Open conflicts that functions of the application's own decide.
 *
 * @param conflicts in the order in which they last changed
 * @param next what to ask with for those that change later; the same as before where there was
 *     nothing
 */
public record ConflictPage(List<ConflictView> conflicts, long next) {
  public ConflictPage {
    conflicts = List.copyOf(conflicts);
  }
}
