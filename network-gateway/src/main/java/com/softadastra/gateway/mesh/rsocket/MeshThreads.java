package com.softadastra.gateway.mesh.rsocket;

import java.time.Duration;
import java.util.concurrent.Executors;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;

/**
 * The threads of the mesh: a few event loops that never wait, and virtual threads on which the sync
 * engine is called and may.
 */
final class MeshThreads implements AutoCloseable {
  private static final Duration LONGEST_STOP = Duration.ofSeconds(2);

  private final LoopResources loops =
      LoopResources.create("mesh", Math.max(2, Runtime.getRuntime().availableProcessors()), true);
  private final Scheduler blocking =
      Schedulers.fromExecutorService(
          Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("mesh-", 0).factory()));

  LoopResources loops() {
    return loops;
  }

  Scheduler blocking() {
    return blocking;
  }

  /** Ends the loops and with them every connection that still stands. */
  @Override
  public void close() {
    loops.disposeLater(Duration.ZERO, LONGEST_STOP).block(LONGEST_STOP.multipliedBy(2));
    blocking.dispose();
  }
}
