package com.softadastra.system.benchmark;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.NodeProcess;
import com.softadastra.system.Application;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** A whole node, as it ships, through HTTP; its space has a second member that is away. */
final class NodeSubject implements Subject {
  private static final String SPACE = "/api/v1/spaces/shop";
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  private final Path directory;
  private final NodeProcess node;
  private final List<PutConnection> clients = new ArrayList<>();

  NodeSubject(Path directory) throws Exception {
    this.directory = directory;
    node = node("a");
    node.start();
    try (var away = node("away")) {
      away.start();
      node.awaitReady(PATIENCE);
      node.client().put(SPACE, null).orThrow();
      away.awaitReady(PATIENCE);
      join(away);
      away.stop();
    }
    for (int i = 0; i < Load.MOST; i++) {
      clients.add(new PutConnection(node.port(), SPACE + "/documents/orders/"));
    }
  }

  private NodeProcess node(String name) {
    return new NodeProcess(Application.asShipped(), name, directory.resolve(name), List.of());
  }

  private void join(NodeProcess joiner) {
    var request = NodeClient.object().put("uses", 1).put("expiresIn", "PT10M");
    request.putArray("spaces").addObject().put("space", "shop").put("role", "writer");
    var invitation = node.client().post("/api/v1/invitations", request).orThrow();
    joiner
        .client()
        .post(
            "/api/v1/peers",
            NodeClient.object().put("invitation", invitation.path("invitation").asString()))
        .orThrow();
  }

  /**
   * What a new node needed to have everything.
   *
   * @param cpuSeconds of both nodes
   */
  record CatchUp(long entries, double seconds, double cpuSeconds) {
    double perSecond() {
      return entries / seconds;
    }

    double cpuMicrosEach() {
      return cpuSeconds * 1e6 / entries;
    }
  }

  /** Lets a new node join and waits until both have the same digest. */
  CatchUp catchUp() throws Exception {
    try (var joiner = node("b")) {
      joiner.start();
      joiner.awaitReady(PATIENCE);
      long entries = entries(node);
      double cpu = cpuSeconds(node) + cpuSeconds(joiner);
      long begun = System.nanoTime();
      join(joiner);
      while (entries(joiner) < entries) {
        if (System.nanoTime() - begun > PATIENCE.toNanos()) {
          throw new IllegalStateException(
              "the new node has " + entries(joiner) + " of " + entries + " entries");
        }
        Thread.sleep(50);
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      while (!digest(joiner).equals(digest(node))) {
        if (System.nanoTime() - begun > PATIENCE.toNanos()) {
          throw new IllegalStateException("the digests stay unlike");
        }
        Thread.sleep(50);
        seconds = (System.nanoTime() - begun) / 1e9;
      }
      cpu = cpuSeconds(node) + cpuSeconds(joiner) - cpu;
      return new CatchUp(entries, seconds, cpu);
    }
  }

  private static double cpuSeconds(NodeProcess node) {
    return ProcessHandle.of(node.pid())
            .orElseThrow()
            .info()
            .totalCpuDuration()
            .orElseThrow()
            .toNanos()
        / 1e9;
  }

  long entries() {
    return entries(node);
  }

  private static long entries(NodeProcess node) {
    return wal(node).path("entries").asLong();
  }

  private static JsonNode digest(NodeProcess node) {
    return node.client().get(SPACE + "/digest").orThrow();
  }

  private static JsonNode wal(NodeProcess node) {
    return node.client().get("/actuator/wal").orThrow();
  }

  @Override
  public String name() {
    return "Softadastra, through HTTP";
  }

  @Override
  public List<PutConnection> clients() {
    return clients;
  }

  @Override
  public long bytes() {
    var wal = wal(node);
    return wal.path("redoBytes").asLong()
        + wal.path("journalBytes").asLong()
        + wal.path("dataBytes").asLong();
  }

  @Override
  public Optional<ProcessHandle> process() {
    return ProcessHandle.of(node.pid());
  }

  @Override
  public void close() throws IOException {
    for (var client : clients) {
      client.close();
    }
    node.close();
  }
}
