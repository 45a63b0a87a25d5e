package com.softadastra.system.benchmark;

import com.softadastra.edge.EdgeApplication;
import com.softadastra.node.process.Ports;
import com.softadastra.system.Application;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;

/**
 * What the edge's HTTP cache costs as a process of its own with 256 MB of heap: reads of what it
 * has, in slices by turns with nginx's proxy cache where the machine has an nginx; then ten times
 * as much as its disk may keep passes through it.
 */
class CacheBenchmark {
  private static final int THINGS = 1_000;
  private static final int BYTES = 10_000;
  private static final int CLIENTS = 16;
  private static final int ROUNDS = 9;
  private static final Duration SLICE = Duration.ofSeconds(2);
  private static final Duration WARMING = Duration.ofSeconds(10);

  private static final long PASSING = Long.getLong("benchmark.gib", 10) << 30;
  private static final int PIECE = 1 << 20;
  private static final long BUDGET = 1 << 30;
  private static final int READERS = 4;

  private final Results results = new Results();

  @Test
  void measures() throws Exception {
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try (var report = new Report("benchmark-cache.txt");
        var origin = new OriginServer()) {
      try (var edge = edge(directory.resolve("edge"), origin)) {
        report.say("%6.0f MB resident: the edge at rest", edge.residentBytes() / 1e6);
        reads(edge, nginx(directory.resolve("nginx"), origin), origin, report);
        passage(edge, directory.resolve("edge/http-cache"), origin, report);
      }
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private void reads(
      CacheSubject edge, Optional<CacheSubject> other, OriginServer origin, Report report)
      throws Exception {
    try (var nginx = other.orElse(null)) {
      var subjects = nginx == null ? List.of(edge) : List.of(edge, nginx);
      for (var subject : subjects) {
        Load.run(subject, CLIENTS, WARMING);
      }
      long asked = origin.asked();
      for (int round = 0; round < ROUNDS; round++) {
        for (var subject : round % 2 == 0 ? subjects : subjects.reversed()) {
          results.add(new Results.Cell(subject, CLIENTS), Load.run(subject, CLIENTS, SLICE));
        }
      }
      if (origin.asked() != asked) {
        throw new IllegalStateException("not all reads were of what was kept");
      }
      var mine = new Results.Cell(edge, CLIENTS);
      for (var subject : subjects) {
        var cell = new Results.Cell(subject, CLIENTS);
        report.say(
            "%-24s %,8.0f reads/s of %,d bytes, %d clients; p50 %.2f ms, p99 %.2f ms; %.0f us of CPU"
                + " with the client's; %.0f MB resident",
            subject.name(),
            results.median(cell, Slice::perSecond),
            BYTES,
            CLIENTS,
            results.median(cell, Slice::p50Millis),
            results.median(cell, Slice::p99Millis),
            results.median(cell, Slice::cpuMicrosEach),
            subject.residentBytes() / 1e6);
      }
      if (nginx == null) {
        report.say("no nginx on this machine to compare with");
      } else {
        report.say(
            "%6.2f  reads/s: the edge / nginx",
            results.ratio(mine, new Results.Cell(nginx, CLIENTS), Slice::perSecond));
      }
    }
  }

  /** Pieces that are asked for once, so that each comes from the origin and is kept for a while. */
  private static void passage(CacheSubject edge, Path kept, OriginServer origin, Report report)
      throws Exception {
    long pieces = PASSING / PIECE;
    var next = new AtomicLong();
    long most = 0;
    long memory = 0;
    long asked = origin.asked();
    long begun = System.nanoTime();
    try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      var readers =
          IntStream.range(0, READERS)
              .mapToObj(_ -> executor.submit(() -> readAll(edge, next, pieces)))
              .toList();
      while (!readers.stream().allMatch(Future::isDone)) {
        most = Math.max(most, size(kept));
        memory = Math.max(memory, edge.residentBytes());
        Thread.sleep(200);
      }
      for (var reader : readers) {
        reader.get();
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    if (origin.asked() - asked != pieces) {
      throw new IllegalStateException("the origin was asked otherwise than once for each piece");
    }
    report.say(
        "%,d MiB through a budget of %,d MiB in %.0f s, %.0f MiB/s: at most %,d MiB in its folder,"
            + " %.0f MB resident",
        PASSING >> 20, BUDGET >> 20, seconds, (PASSING >> 20) / seconds, most >> 20, memory / 1e6);
  }

  private static Void readAll(CacheSubject edge, AtomicLong next, long pieces) throws IOException {
    try (var connection = edge.connect(PIECE, pieces)) {
      for (long piece = next.getAndIncrement(); piece < pieces; piece = next.getAndIncrement()) {
        connection.get(piece);
      }
    }
    return null;
  }

  /** The bytes of all files; those that go meanwhile count as gone. */
  private static long size(Path directory) throws IOException {
    var bytes = new AtomicLong();
    Files.walkFileTree(
        directory,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes.addAndGet(attributes.size());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
    return bytes.get();
  }

  private static CacheSubject edge(Path data, OriginServer origin) throws Exception {
    Files.createDirectories(data);
    int port = Ports.free();
    var command = new ArrayList<>(Application.asShipped());
    command.add("-Xmx256m");
    command.addAll(
        List.of(
            EdgeApplication.class.getName(),
            "--server.port=" + port,
            "--softadastra.link.port=" + Ports.free(),
            "--softadastra.data=" + data,
            "--softadastra.edge.cache.disk=" + BUDGET + "B",
            "--softadastra.edge.origins.bench.url=" + origin.url()));
    return new CacheSubject(
        "The edge's cache",
        command,
        data.resolveSibling("edge.log"),
        port,
        "/cache/bench",
        THINGS,
        BYTES);
  }

  private static Optional<CacheSubject> nginx(Path data, OriginServer origin) throws Exception {
    var program =
        Stream.concat(
                Stream.of(System.getenv("PATH").split(File.pathSeparator)), Stream.of("/usr/sbin"))
            .map(folder -> Path.of(folder, "nginx"))
            .filter(Files::isExecutable)
            .findFirst();
    if (program.isEmpty()) {
      return Optional.empty();
    }
    Files.createDirectories(data);
    int port = Ports.free();
    var settings = data.resolve("nginx.conf");
    Files.writeString(
        settings,
        """
        daemon off;
        user %4$s;
        worker_processes auto;
        pid %1$s/nginx.pid;
        error_log stderr warn;
        events { worker_connections 1024; }
        http {
          access_log off;
          sendfile on;
          tcp_nopush on;
          keepalive_requests 1000000000;
          client_body_temp_path %1$s/body;
          proxy_temp_path %1$s/proxy;
          fastcgi_temp_path %1$s/fastcgi;
          uwsgi_temp_path %1$s/uwsgi;
          scgi_temp_path %1$s/scgi;
          open_file_cache max=10000;
          proxy_cache_path %1$s/cache keys_zone=bench:10m max_size=1g use_temp_path=off;
          server {
            listen 127.0.0.1:%2$d;
            location / { proxy_pass %3$s; proxy_cache bench; }
          }
        }
        """
            .formatted(data, port, origin.url(), System.getProperty("user.name")));
    var command =
        List.of(program.get().toString(), "-c", settings.toString(), "-p", data.toString());
    return Optional.of(
        new CacheSubject(
            "nginx's proxy cache", command, data.resolve("log"), port, "", THINGS, BYTES));
  }
}
