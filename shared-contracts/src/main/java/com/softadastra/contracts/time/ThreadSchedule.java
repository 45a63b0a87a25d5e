package com.softadastra.contracts.time;

import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A virtual thread for each step; one thread keeps the time. */
public final class ThreadSchedule implements Schedule, AutoCloseable {
  private final ThreadFactory steps = Thread.ofVirtual().name("step-", 0).factory();
  private final ScheduledThreadPoolExecutor timer =
      new ScheduledThreadPoolExecutor(
          1,
          Thread.ofPlatform().daemon().name("timer").factory(),
          new ThreadPoolExecutor.DiscardPolicy());

  public ThreadSchedule() {
    timer.setRemoveOnCancelPolicy(true);
  }

  @Override
  public void execute(Runnable step) {
    steps.newThread(step).start();
  }

  @Override
  public Due after(Duration time, Runnable step) {
    var due = timer.schedule(() -> execute(step), time.toNanos(), TimeUnit.NANOSECONDS);
    return () -> due.cancel(false);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  /** Nothing that is due later runs any more. */
  @Override
  public void close() {
    timer.shutdownNow();
  }
}
