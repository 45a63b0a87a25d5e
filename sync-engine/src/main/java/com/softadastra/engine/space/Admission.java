package com.softadastra.engine.space;

import com.softadastra.contracts.Problem;
import com.softadastra.engine.log.LoggedEntry;
import java.util.List;

/** Whether an intent is taken. */
public sealed interface Admission {
  /**
   * It is recorded as soon as the writes are forced.
   *
   * @param created its first operation makes a document that was not there
   */
  record Accepted(LoggedEntry entry, boolean created, List<Write> writes) implements Admission {}

  /** It was recorded before, with the same content. */
  record Replayed(LoggedEntry entry) implements Admission {}

  record Declined(Problem problem) implements Admission {}
}
