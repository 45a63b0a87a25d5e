package com.softadastra.simulation.judge;

import org.jspecify.annotations.Nullable;

/** The first invariant that was broken. */
public final class Verdict {
  private @Nullable Violation violation;

  /** The first violation stays. */
  public void broken(Invariant invariant, String what) {
    if (violation == null) {
      violation = new Violation(invariant, what);
    }
  }

  public @Nullable Violation violation() {
    return violation;
  }
}
