package com.softadastra.gateway.mesh.rsocket;

import io.netty.resolver.AddressResolverGroup;
import java.time.Duration;
import java.util.concurrent.Executors;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.resources.LoopResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * The threads of the mesh: a few event loops that never wait, and virtual threads on which the sync
 * engine is called and may.
 */
final class MeshThreads implements AutoCloseable {
  private static final Duration LONGEST_STOP = Duration.ofSeconds(2);

  /**
   * How long it is believed where a name leads, whatever its server says: a node that has moved to
   * another network, or a peer that has, is to be found by the next calls.
   */
  private static final Duration NAMES_KNOWN = Duration.ofSeconds(5);

  private final LoopResources loops =
      LoopResources.create("mesh", Math.max(2, Runtime.getRuntime().availableProcessors()), true);
  private final AddressResolverGroup<?> names =
      NameResolverProvider.builder()
          .cacheMaxTimeToLive(NAMES_KNOWN)
          .build()
          .newNameResolverGroup(loops, LoopResources.DEFAULT_NATIVE);
  private final Scheduler blocking =
      Schedulers.fromExecutorService(
          Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("mesh-", 0).factory()));

  LoopResources loops() {
    return loops;
  }

  /** Where peers' names lead. */
  AddressResolverGroup<?> names() {
    return names;
  }

  Scheduler blocking() {
    return blocking;
  }

  /** Ends the loops and with them every connection that still stands. */
  @Override
  public void close() {
    names.close();
    loops.disposeLater(Duration.ZERO, LONGEST_STOP).block(LONGEST_STOP.multipliedBy(2));
    blocking.dispose();
  }
}
