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

  record Unanswered(OriginFailure.Kind kind, String why) implements Attempt {}

  /** There is nothing that can be sent, now or later. */
  record Unreadable(String why) implements Attempt {}

  /** This node failed before anything was sent. */
  record Unsent(String why) implements Attempt {}
}
