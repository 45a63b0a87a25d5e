package com.softadastra.contracts.suite;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How tests wait for something that another thread does. */
public final class Awaiting {
  /** Far more than anything takes that works. */
  public static final Duration DEADLINE = Duration.ofSeconds(20);

  private Awaiting() {}

  /**
   * @throws AssertionError where it doesn't happen
   */
  public static void until(CountDownLatch happened, String what) {
    try {
      if (!happened.await(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("not within " + DEADLINE + ": " + what);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while waiting: " + what, e);
    }
  }
}
