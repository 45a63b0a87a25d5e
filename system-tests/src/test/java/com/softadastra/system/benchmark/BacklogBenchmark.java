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
  private static final int TURNS = 20;
  private static final Duration LOADING = Duration.ofMinutes(30);
  private static final Duration SLICE = Duration.ofSeconds(2);
  private static final int ROUNDS = 9;

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
      long neither = heap();
      try (var owing = new EngineSubject(directory.resolve("owing"))) {
        long both = besides(owing, directory.resolve("clear"), report);
        long with = heap() - neither;
        long without = both - neither - with;
        report.say(
            "%6.2f  heap in use, garbage collected: with the backlog / without (%.1f and %.1f MB)",
            (double) with / without, with / 1e6, without / 1e6);
      }
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  /** What both have in the heap, in bytes, before the one that owes nothing is gone. */
  private static long besides(EngineSubject owing, Path directory, Report report) throws Exception {
    try (var clear = EngineSubject.alone(directory)) {
      load(clear, owing, report);
      compare(clear, owing, report);
      return heap();
    }
  }

  /** By turns, so that what a database has to do after much was written is alike in both. */
  private static void load(EngineSubject clear, EngineSubject owing, Report report)
      throws Exception {
    for (int turn = 0; turn < TURNS; turn++) {
      for (var subject : turn % 2 == 0 ? List.of(clear, owing) : List.of(owing, clear)) {
        Load.run(subject, Load.MOST, LOADING, BACKLOG / TURNS);
      }
    }
    for (var subject : List.of(clear, owing)) {
      report.say("%,d entries, %,d of them owed", subject.node().entries(), subject.backlog());
    }
  }

  private static void compare(EngineSubject clear, EngineSubject owing, Report report)
      throws Exception {
    var results = new Results();
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
