package com.softadastra.edge.forward;

import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.policy.Headers;

/** What came of sending a request once. */
sealed interface Attempt {
  /**
   * @param headers that are for whoever asked, without those of the connection
   * @param isWhole whether {@code body} is all of it
   */
  record Answered(int status, Headers headers, byte[] body, boolean isWhole) implements Attempt {}

  record Unanswered(OriginFailure.Kind kind) implements Attempt {}

  /** It can't be read from the disk. */
  record Unreadable(String why) implements Attempt {}
}
