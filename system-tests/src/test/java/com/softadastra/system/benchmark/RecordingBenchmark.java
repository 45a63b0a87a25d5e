package com.softadastra.system.benchmark;

import com.softadastra.system.benchmark.Results.Cell;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/**
 * Writes that are acknowledged when they are on the disk: the recording, a node through HTTP, and
 * beside them plain files and PostgreSQL. All are measured in short slices, one after the other,
 * round after round, so that whatever else the machine does falls on all of them.
 */
class RecordingBenchmark {
  private static final int ROUNDS = Integer.getInteger("benchmark.rounds", 3);
  private static final Duration SLICE =
      Duration.ofMillis(1000L * Integer.getInteger("benchmark.seconds", 9) / ROUNDS);

  private final Results results = new Results();
  private final Report report = new Report("benchmark.txt");

  @Test
  void compares() throws Exception {
    // beside the build, since /tmp may be memory
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try (var engine = new EngineSubject(directory.resolve("engine"));
        var appended = new FileSubject(directory.resolve("appended"), false);
        var filled = new FileSubject(directory.resolve("filled"), true);
        var grouped = new GroupedFileSubject(directory.resolve("grouped"));
        var server = new PostgresServer(directory.resolve("postgres"));
        var each = new PostgresSubject(server, false);
        var one = new PostgresSubject(server, true);
        var node = new NodeSubject(directory)) {
      var cells = new ArrayList<Cell>();
      for (int clients : new int[] {1, 16, Load.MOST}) {
        for (var subject : List.of(engine, each, one, node)) {
          cells.add(new Cell(subject, clients));
        }
      }
      cells.add(1, new Cell(appended, 1));
      cells.add(2, new Cell(filled, 1));
      cells.add(new Cell(grouped, Load.MOST));
      for (var subject : List.of(engine, each, one, node, grouped)) {
        Load.run(subject, Load.MOST, SLICE);
      }
      for (int round = 0; round < ROUNDS; round++) {
        for (var cell : cells) {
          results.add(cell, Load.run(cell.subject(), cell.clients(), SLICE));
        }
      }
      report.say(
          "%s; medians of %d rounds of %,d ms each", server.version(), ROUNDS, SLICE.toMillis());
      report.say("PostgreSQL's bytes are those of its log alone, ours are all%n");
      report.say("%s", results.table());
      var ours = new Cell(engine, Load.MOST);
      ratio(
          "64 clients, writes/s: ours / PostgreSQL, a statement each (goal >= 2)",
          ours,
          new Cell(each, Load.MOST),
          Slice::perSecond);
      ratio(
          "64 clients, writes by a second of CPU: ours / PostgreSQL, a statement each",
          new Cell(each, Load.MOST),
          ours,
          Slice::cpuMicrosEach);
      ratio(
          "64 clients, writes/s: ours / PostgreSQL, one statement",
          ours,
          new Cell(one, Load.MOST),
          Slice::perSecond);
      ratio(
          "64 clients, writes/s: the grouped file / ours",
          new Cell(grouped, Load.MOST),
          ours,
          Slice::perSecond);
      ratio(
          "64 clients, writes/s: below HTTP / through HTTP",
          ours,
          new Cell(node, Load.MOST),
          Slice::perSecond);
      var lone = new Cell(engine, 1);
      ratio(
          "1 client, p50: ours / an appended record (goal <= 4)",
          lone,
          new Cell(appended, 1),
          Slice::p50Millis);
      ratio(
          "1 client, p50: ours / a record in a file filled before",
          lone,
          new Cell(filled, 1),
          Slice::p50Millis);
      ratio(
          "1 client, p50: ours / PostgreSQL, a statement each",
          lone,
          new Cell(each, 1),
          Slice::p50Millis);
    } finally {
      report.close();
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private void ratio(String what, Cell above, Cell below, ToDoubleFunction<Slice> figure) {
    report.say("%6.2f  %s", results.ratio(above, below, figure), what);
  }
}
