package com.softadastra.system.benchmark;

import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/**
 * How fast a new member gets what a space has: between two engines in this JVM, then between two
 * nodes as they ship, which are two processes with TLS between them.
 */
class CatchUpBenchmark {
  private static final int ENTRIES = Integer.getInteger("benchmark.entries", 100_000);
  private static final Duration LOADING = Duration.ofMinutes(5);
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Report report = new Report("benchmark-catch-up.txt");

  @Test
  void measures() throws Exception {
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try {
      double engines = engines(directory);
      double nodes = nodes(directory);
      report.say("%6.2f  entries/s: two engines in one process / two nodes, TLS", engines / nodes);
    } finally {
      report.close();
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private double engines(Path directory) throws Exception {
    var key = EngineNode.key();
    var other = EngineNode.key();
    var membership = EngineNode.membership(key, other);
    try (var subject = new EngineSubject(directory.resolve("from"), key, membership);
        var fresh = new EngineNode(directory.resolve("to"), other, membership)) {
      Load.run(subject, Load.MOST, LOADING, ENTRIES);
      long entries = subject.node().entries();
      double cpu = cpuSeconds();
      long begun = System.nanoTime();
      EngineNode.connect(fresh, subject.node());
      await("all entries")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(20))
          .until(() -> fresh.entries() >= entries);
      double seconds = (System.nanoTime() - begun) / 1e9;
      double each = (cpuSeconds() - cpu) * 1e6 / entries;
      report.say(
          "Two engines in one process: %,d entries in %.1f s: %,.0f a second, %.0f us of CPU each",
          entries, seconds, entries / seconds, each);
      return entries / seconds;
    }
  }

  private double nodes(Path directory) throws Exception {
    try (var node = new NodeSubject(directory.resolve("nodes"))) {
      Load.run(node, Load.MOST, LOADING, ENTRIES);
      var caught = node.catchUp();
      report.say(
          "Two nodes, TLS: %,d entries and the same digest after %.1f s: %,.0f a second, %.0f us of CPU each",
          caught.entries(), caught.seconds(), caught.perSecond(), caught.cpuMicrosEach());
      return caught.perSecond();
    }
  }

  private static double cpuSeconds() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos() / 1e9;
  }
}
