package com.softadastra.edge.forward;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How far a kept request has come. The first three are stored by their ordinal. */
public enum ForwardState {
  /** For its turn, or for the origin. */
  WAITING,
  /** Given up with its reason, till somebody retries or deletes it. */
  PARKED,
  /** Answered; the answer is final. */
  DONE,
  /** Waiting, and just being sent. */
  UNDERWAY;

  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
