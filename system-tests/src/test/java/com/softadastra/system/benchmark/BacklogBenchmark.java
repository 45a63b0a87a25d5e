package com.softadastra.system.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/**
 * What a node pays for all that a member who is away has not got yet: the same load, in short
 * slices by turns, on a recording without a backlog and on one with a large one.
 */
class BacklogBenchmark {
  private static final long BACKLOG = Long.getLong("benchmark.backlog", 1_000_000);
  private static final Duration LOADING = Duration.ofMinutes(30);
  private static final Duration SLICE = Duration.ofSeconds(2);
  private static final int ROUNDS = 9;

  private final Results results = new Results();

  @Test
  void compares() throws Exception {
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try (var report = new Report("benchmark-backlog.txt");
        var loaded = new EngineSubject(directory.resolve("loaded"))) {
      Load.run(loaded, Load.MOST, LOADING, BACKLOG / 10);
      long begun = heap();
      var loading = Load.run(loaded, Load.MOST, LOADING, BACKLOG - BACKLOG / 10);
      long full = heap();
      report.say(
          "%,d entries of backlog, at %,.0f a second", loaded.backlog(), loading.perSecond());
      report.say(
          "%6.1f MB of heap in use with a tenth of it, %.1f MB with all; garbage collected",
          begun / 1e6, full / 1e6);
      try (var fresh = new EngineSubject(directory.resolve("fresh"))) {
        Load.run(fresh, Load.MOST, SLICE);
        for (int round = 0; round < ROUNDS; round++) {
          for (var subject : round % 2 == 0 ? List.of(fresh, loaded) : List.of(loaded, fresh)) {
            results.add(new Results.Cell(subject, Load.MOST), Load.run(subject, Load.MOST, SLICE));
          }
        }
        var with = new Results.Cell(loaded, Load.MOST);
        var without = new Results.Cell(fresh, Load.MOST);
        report.say(
            "%6.2f  64 clients, writes/s: with the backlog / without (goal > 0.9)",
            results.ratio(with, without, Slice::perSecond));
        report.say(
            "%6.2f  64 clients, CPU of a write: with the backlog / without",
            results.ratio(with, without, Slice::cpuMicrosEach));
      }
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private static long heap() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
