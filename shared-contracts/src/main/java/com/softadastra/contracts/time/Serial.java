package com.softadastra.contracts.time;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs steps one at a time, in the order in which they came, each by itself, so that others get
 * their turn between two. What only such steps touch needs no lock. Any thread may use it.
 */
public final class Serial implements Executor {
  private static final Logger LOG = LoggerFactory.getLogger(Serial.class);

  private final Executor executor;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean running;

  public Serial(Executor executor) {
    this.executor = executor;
  }

  @Override
  public void execute(Runnable step) {
    synchronized (waiting) {
      waiting.add(step);
      if (running) {
        return;
      }
      running = true;
    }
    executor.execute(this::next);
  }

  private void next() {
    Runnable step;
    synchronized (waiting) {
      step = waiting.remove();
    }
    try {
      step.run();
    } catch (RuntimeException e) {
      LOG.error("a step failed", e);
    } finally {
      boolean more;
      synchronized (waiting) {
        more = !waiting.isEmpty();
        running = more;
      }
      if (more) {
        executor.execute(this::next);
      }
    }
  }
}
