package com.softadastra.sync.peer;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.springframework.retry.RetryContext;
import org.springframework.retry.backoff.BackOffContext;
import org.springframework.retry.backoff.BackOffPolicy;

/**
 * Waits a random time between zero and a bound that doubles up to a cap, which spreads the returns
 * of many peers best ("Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
 */
final class FullJitter implements BackOffPolicy {
  private final Duration base;
  private final Duration cap;
  private final RandomGenerator random;
  private final Pause pause;

  /** Waits, or not any longer than something happens that makes another try worth while. */
  interface Pause {
    void rest(Duration time);
  }

  FullJitter(Duration base, Duration cap, RandomGenerator random, Pause pause) {
    this.base = base;
    this.cap = cap;
    this.random = random;
    this.pause = pause;
  }

  private static final class Attempts implements BackOffContext {
    private static final long serialVersionUID = 1;
    private int count;
  }

  @Override
  public BackOffContext start(RetryContext context) {
    return new Attempts();
  }

  @Override
  public void backOff(BackOffContext context) {
    pause.rest(next(((Attempts) context).count++));
  }

  /**
   * @param attempt from 0
   */
  Duration next(int attempt) {
    long bound = Math.min(cap.toMillis(), base.toMillis() << Math.min(attempt, 20));
    return Duration.ofMillis(random.nextLong(bound + 1));
  }
}
