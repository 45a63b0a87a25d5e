package com.softadastra.sync.peer;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.springframework.retry.backoff.BackOffContext;
import org.springframework.retry.backoff.ExponentialBackOffPolicy;

/**
 * Random waits between zero and a bound that doubles up to a cap, which spreads the returns of many
 * peers best ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015). Spring Retry's policy
 * makes the bounds; where it would sleep, the bound is noted. Belongs to one lane.
 */
public final class FullJitter {
  private final ExponentialBackOffPolicy bounds = new ExponentialBackOffPolicy();
  private final RandomGenerator random;
  private @Nullable BackOffContext failures;
  private long boundMillis;

  public FullJitter(Duration base, Duration cap, RandomGenerator random) {
    this.random = random;
    bounds.setInitialInterval(base.toMillis());
    bounds.setMultiplier(2);
    bounds.setMaxInterval(cap.toMillis());
    bounds.setSleeper(millis -> boundMillis = millis);
  }

  /** How long to wait after one more failure. */
  Duration next() {
    if (failures == null) {
      failures = bounds.start(null);
    }
    bounds.backOff(failures);
    return Duration.ofMillis(random.nextLong(boundMillis + 1));
  }

  /** The next failure is the first. */
  void startOver() {
    failures = null;
  }
}
