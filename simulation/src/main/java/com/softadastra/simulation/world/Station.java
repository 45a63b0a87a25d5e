package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** What has an address in the network, and takes connections. */
sealed interface Station permits SimulatedNode, SimulatedRelay {
  int place();

  NodeId id();

  String address();

  /** The process that runs now. */
  @Nullable Life life();

  /** Whether connections are about mail, and not sessions. */
  boolean takesMail();

  Flux<byte[]> accept(NodeId caller, Flux<byte[]> frames);
}
