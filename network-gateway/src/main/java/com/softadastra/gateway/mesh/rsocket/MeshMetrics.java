package com.softadastra.gateway.mesh.rsocket;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What passes: {@code softadastra.mesh.frames} and {@code softadastra.mesh.bytes} by {@code
 * direction} (in, out), {@code softadastra.mesh.connections} by who opened them (peer, self). Bytes
 * are the sync engine's, without what RSocket and TLS add.
 */
final class MeshMetrics {
  private final Counter framesIn;
  private final Counter framesOut;
  private final Counter bytesIn;
  private final Counter bytesOut;
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicInteger opened = new AtomicInteger();

  MeshMetrics(MeterRegistry registry) {
    framesIn = registry.counter("softadastra.mesh.frames", "direction", "in");
    framesOut = registry.counter("softadastra.mesh.frames", "direction", "out");
    bytesIn = registry.counter("softadastra.mesh.bytes", "direction", "in");
    bytesOut = registry.counter("softadastra.mesh.bytes", "direction", "out");
    Gauge.builder("softadastra.mesh.connections", accepted, AtomicInteger::get)
        .tag("opened", "peer")
        .register(registry);
    Gauge.builder("softadastra.mesh.connections", opened, AtomicInteger::get)
        .tag("opened", "self")
        .register(registry);
  }

  byte[] received(byte[] frame) {
    framesIn.increment();
    bytesIn.increment(frame.length);
    return frame;
  }

  byte[] sent(byte[] frame) {
    framesOut.increment();
    bytesOut.increment(frame.length);
    return frame;
  }

  /** Connections that peers have opened and that stand. */
  AtomicInteger accepted() {
    return accepted;
  }

  /** Connections that this node has opened and that stand. */
  AtomicInteger opened() {
    return opened;
  }
}
