package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.gateway.FakePeering;
import com.softadastra.gateway.identity.TransportIdentity;
import com.softadastra.gateway.mesh.MeshLimits;
import com.softadastra.gateway.mesh.MeshProperties;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import reactor.core.publisher.Flux;

/** A gateway on a free port of loopback, with a sync engine that the test plays. */
final class MeshNode implements AutoCloseable {
  final FakePeering peering = new FakePeering();
  volatile Mailboxes mailboxes =
      (_, _) -> Flux.error(new IllegalStateException("no mail expected"));
  volatile Blobs blobs = (_, _) -> Flux.error(new IllegalStateException("no blob expected"));
  final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  final TransportIdentity identity;
  final MeshServer server;
  final RSocketPeerLinks links;
  private final MeshThreads threads = new MeshThreads();

  MeshNode() {
    this(MeshLimits.DEFAULTS);
  }

  MeshNode(MeshLimits limits) {
    try {
      identity = TransportIdentity.certifiedBy(peering);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
    var metrics = new MeshMetrics(meters);
    server =
        new MeshServer(
            new MeshProperties("127.0.0.1", 0, List.of()),
            limits,
            () -> Optional.of(identity),
            new PeerRequests.Layers(() -> peering, () -> mailboxes, () -> blobs),
            threads,
            metrics);
    links =
        new RSocketPeerLinks(
            () -> List.of(address()), () -> Optional.of(identity), limits, threads, metrics);
    server.start();
  }

  NodeId id() {
    return identity.node();
  }

  int port() {
    return server.address().orElseThrow().getPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  double meter(String name, String tag, String value) {
    var meter = meters.get(name).tag(tag, value);
    return name.endsWith("connections") ? meter.gauge().value() : meter.counter().count();
  }

  @Override
  public void close() {
    server.stop();
    threads.close();
  }
}
