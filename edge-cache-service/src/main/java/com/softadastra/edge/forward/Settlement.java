package com.softadastra.edge.forward;

import java.time.Instant;

/**
 * What is written about a request after an attempt.
 *
 * @see ForwardTables#settle
 */
sealed interface Settlement {
  /** It is done. */
  record Done(int attempts, Attempt.Answered answer, Instant at) implements Settlement {}

  /** It is out of the way of those behind it. */
  record Parked(int attempts, String why, Instant at) implements Settlement {}

  /** It waits on. */
  record Failed(int attempts, int errors, int unanswered, String why) implements Settlement {}
}
