package com.softadastra.edge.backoff;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/**
 * Random waits between zero and a bound that doubles up to a cap ("Exponential Backoff and Jitter",
 * AWS Architecture Blog, 2015). Spring's policy makes the bounds. Belongs to one lane or origin, or
 * one way to a relay.
 */
public final class FullJitter {
  private static final Duration FIRST = Duration.ofMillis(500);

  private final Duration cap;
  private final RandomGenerator random;
  private @Nullable BackOffExecution failures;

  public FullJitter(Duration cap, RandomGenerator random) {
    this.cap = cap;
    this.random = random;
  }

  /**
   * How long to wait after one more failure.
   *
   * @param atLeast as the other side asks for; the cap stands above it
   */
  public Duration next(Duration atLeast) {
    if (failures == null) {
      var bounds = new ExponentialBackOff(FIRST.toMillis(), 2);
      bounds.setMaxInterval(cap.toMillis());
      failures = bounds.start();
    }
    var drawn =
        Duration.ofMillis(random.nextLong(Math.min(failures.nextBackOff(), cap.toMillis()) + 1));
    var wait = drawn.compareTo(atLeast) < 0 ? atLeast : drawn;
    return wait.compareTo(cap) < 0 ? wait : cap;
  }

  /** The next failure is the first. */
  public void startOver() {
    failures = null;
  }
}
