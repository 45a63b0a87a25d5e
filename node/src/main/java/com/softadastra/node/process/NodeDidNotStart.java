package com.softadastra.node.process;

import java.time.Duration;
import java.util.List;

/** A node's process ended, or said nothing, before it was ready. */
public final class NodeDidNotStart extends RuntimeException {
  private static final long serialVersionUID = 1;

  NodeDidNotStart(String name, Duration waited, List<String> output) {
    super(
        "node %s was not ready after %.1f s: %s"
            .formatted(name, waited.toMillis() / 1000.0, String.join("\n", output)));
  }
}
