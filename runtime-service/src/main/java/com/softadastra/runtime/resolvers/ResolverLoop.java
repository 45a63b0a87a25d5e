package com.softadastra.runtime.resolvers;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.ConflictView;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/** Looks again and again for conflicts that functions decide; a node without functions doesn't. */
public final class ResolverLoop implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(ResolverLoop.class);

  private final Resolving resolving;
  private final Duration every;
  private @Nullable Thread thread;
  private volatile @Nullable CountDownLatch stopping;

  ResolverLoop(Resolving resolving, Duration every) {
    this.resolving = resolving;
    this.every = every;
  }

  /** The conflict, with what this node has to say of its function. */
  public ConflictView told(String space, ConflictView conflict) {
    return resolving.told(space, conflict);
  }

  @Override
  public void start() {
    var stop = new CountDownLatch(1);
    stopping = stop;
    if (!resolving.functions().isEmpty()) {
      LOG.info("conflicts are decided by the functions {}", resolving.functions());
      thread = Thread.ofVirtual().name("resolvers").start(() -> run(stop));
    }
  }

  private void run(CountDownLatch stop) {
    try {
      while (!stop.await(every.toNanos(), TimeUnit.NANOSECONDS)) {
        try {
          resolving.look(System.nanoTime());
        } catch (LayerUnreachable | Refused e) {
          LOG.debug("conflicts can't be looked at now", e);
        } catch (RuntimeException e) {
          LOG.error("looking at conflicts failed", e);
        }
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void stop() {
    var stop = stopping;
    if (stop != null) {
      stop.countDown();
    }
    var running = thread;
    if (running != null) {
      running.interrupt();
    }
    stopping = null;
    thread = null;
  }

  @Override
  public boolean isRunning() {
    return stopping != null;
  }
}
