package com.softadastra.contracts.time;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * Runs steps, now or later. A step may wait for the disk and for nothing else. Any thread may use
 * it.
 */
public interface Schedule extends Executor {
  /** Runs a step soon, beside others, never within this call. */
  @Override
  void execute(Runnable step);

  /** Runs a step when the time has passed, unless it was cancelled before. */
  Due after(Duration time, Runnable step);

  /** Nanoseconds of a clock that only goes forward, for differences alone. */
  long nanoTime();

  /** A step that is to run. */
  interface Due {
    /** It doesn't run any more, unless it has begun; may be called again. */
    void cancel();
  }
}
