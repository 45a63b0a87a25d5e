package com.softadastra.system.benchmark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/**
 * What a node pays for all that a member who is away has not got yet: the same load, in short
 * slices by turns, on two recordings with as long a log, one of which owes all of it.
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
    try (var report = new Report("benchmark-backlog.txt")) {
      try (var first = new EngineSubject(directory.resolve("first"))) {
        // what is loaded once is in the heap before anything is compared
        Load.run(first, Load.MOST, SLICE);
      }
      long empty = heap();
      try (var clear = EngineSubject.alone(directory.resolve("clear"))) {
        long owingNothing = loaded(clear, empty, report);
        try (var owing = new EngineSubject(directory.resolve("owing"))) {
          long owingAll = loaded(owing, empty + owingNothing, report);
          report.say(
              "%6.2f  heap in use: with the backlog / without, the logs equally long",
              (double) owingAll / owingNothing);
          compare(owing, clear, report);
        }
      }
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  /** What the subject has in the heap, in bytes, once it is loaded. */
  private static long loaded(EngineSubject subject, long before, Report report) throws Exception {
    var loading = Load.run(subject, Load.MOST, LOADING, BACKLOG);
    long heap = heap() - before;
    report.say(
        "%,d entries at %,.0f a second, %,d of them owed: %.1f MB of heap in use, garbage collected",
        subject.node().entries(), loading.perSecond(), subject.backlog(), heap / 1e6);
    return heap;
  }

  private void compare(EngineSubject owing, EngineSubject clear, Report report) throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      for (var subject : round % 2 == 0 ? List.of(clear, owing) : List.of(owing, clear)) {
        results.add(new Results.Cell(subject, Load.MOST), Load.run(subject, Load.MOST, SLICE));
      }
    }
    var with = new Results.Cell(owing, Load.MOST);
    var without = new Results.Cell(clear, Load.MOST);
    report.say(
        "%6.2f  64 clients, writes/s: with the backlog / without (goal > 0.9)",
        results.ratio(with, without, Slice::perSecond));
    report.say(
        "%6.2f  64 clients, CPU of a write: with the backlog / without",
        results.ratio(with, without, Slice::cpuMicrosEach));
  }

  private static long heap() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
