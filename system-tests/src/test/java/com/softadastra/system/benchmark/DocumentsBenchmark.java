package com.softadastra.system.benchmark;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.NodeProcess;
import com.softadastra.system.Application;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import tools.jackson.databind.JsonNode;

/** Documents that were written very often, or by very many apart, at a node as it ships. */
class DocumentsBenchmark {
  private static final String SPACE = "/api/v1/spaces/shop";
  private static final int VERSIONS = Integer.getInteger("benchmark.versions", 10_000);
  private static final int HEADS = Integer.getInteger("benchmark.heads", 1_000);
  private static final int TIMES = 500;

  private NodeClient client;

  @Test
  void measures() throws Exception {
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try (var report = new Report("benchmark-documents.txt");
        var node =
            new NodeProcess(Application.asShipped(), "a", directory.resolve("a"), List.of())) {
      node.start();
      node.awaitReady(Duration.ofMinutes(3));
      client = node.client();
      client.put(SPACE, null).orThrow();
      versions(report);
      heads(report);
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private void versions(Report report) {
    for (int i = 0; i < 10; i++) {
      put("few", i, null);
    }
    for (int i = 0; i < VERSIONS; i++) {
      put("many", i, null);
    }
    Runnable few = () -> client.get(document("few")).orThrow();
    Runnable many = () -> client.get(document("many")).orThrow();
    median(few);
    median(many);
    double[] ratios = new double[9];
    double millis = 0;
    for (int i = 0; i < ratios.length; i++) {
      millis = median(many);
      ratios[i] = millis / median(few);
    }
    Arrays.sort(ratios);
    report.say(
        "%6.2f  reading a document: of %,d versions / of 10 (%.2f ms)",
        ratios[ratios.length / 2], VERSIONS, millis);
    double few10 = median(() -> put("few", 1, null));
    report.say(
        "%6.2f  writing a document: of %,d versions / of 10",
        median(() -> put("many", 1, null)) / few10, VERSIONS);
  }

  private void heads(Report report) {
    var base = put("apart", 0, null);
    double[] nanos = new double[HEADS];
    for (int i = 0; i < HEADS; i++) {
      long begun = System.nanoTime();
      put("apart", i, base);
      nanos[i] = System.nanoTime() - begun;
    }
    Arrays.sort(nanos, HEADS - 20, HEADS);
    report.say("%6.2f  ms to write head %,d of a document", nanos[HEADS - 10] / 1e6, HEADS);
    report.say("%6.2f  ms to read it", median(() -> client.get(document("apart")).orThrow()));
    long begun = System.nanoTime();
    var conflicts = client.get(SPACE + "/conflicts?state=open").orThrow().path("conflicts");
    report.say(
        "%6.2f  ms to read its conflict of %,d sides",
        (System.nanoTime() - begun) / 1e6, conflicts.get(0).path("sides").size());
  }

  private static String document(String id) {
    return SPACE + "/documents/orders/" + id;
  }

  /** Writes the document, on a version where one is named; its new version. */
  private String put(String id, int number, String base) {
    var body = NodeClient.object().put("number", number).put("text", "x".repeat(300));
    var operation = NodeClient.object().put("op", "put").put("collection", "orders").put("id", id);
    operation.set("body", body);
    if (base != null) {
      operation.put("base", base);
    }
    var intent = NodeClient.object();
    intent.putArray("operations").add(operation);
    JsonNode receipt = client.post(SPACE + "/intents", intent).orThrow();
    return receipt.path("operations").get(0).path("version").asString();
  }

  /** Milliseconds. */
  private static double median(Runnable action) {
    double[] nanos = new double[TIMES];
    for (int i = 0; i < TIMES; i++) {
      long begun = System.nanoTime();
      action.run();
      nanos[i] = System.nanoTime() - begun;
    }
    Arrays.sort(nanos);
    return nanos[TIMES / 2] / 1e6;
  }
}
