package com.softadastra.system.benchmark;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Clients that each write, wait for the acknowledgement, and write again. */
final class Load {
  /** The most clients at once. */
  static final int MOST = 64;

  private static final AtomicLong NUMBERS = new AtomicLong();

  private Load() {}

  /** Loads a subject for a while. */
  static Slice run(Subject subject, int clients, Duration duration) throws Exception {
    return run(subject, clients, duration, Long.MAX_VALUE);
  }

  /** Loads a subject for a while, but for no more than so many writes. */
  static Slice run(Subject subject, int clients, Duration duration, long writes) throws Exception {
    var left = new AtomicLong(writes);
    long bytes = subject.bytes();
    double cpu = cpuSeconds(subject);
    long begun = System.nanoTime();
    long end = begun + duration.toNanos();
    var threads = subject.virtual() ? Thread.ofVirtual() : Thread.ofPlatform();
    try (var executor = Executors.newThreadPerTaskExecutor(threads.factory())) {
      var running =
          IntStream.range(0, clients)
              .mapToObj(i -> executor.submit(() -> write(subject.clients().get(i), end, left)))
              .toList();
      long[] nanos = running.stream().map(Load::result).flatMapToLong(Arrays::stream).toArray();
      double seconds = (System.nanoTime() - begun) / 1e9;
      return Slice.of(nanos, seconds, cpuSeconds(subject) - cpu, subject.bytes() - bytes);
    }
  }

  private static long[] write(Subject.Client client, long end, AtomicLong left) throws Exception {
    var nanos = new long[1024];
    int count = 0;
    long asked = System.nanoTime();
    while (asked < end && left.getAndDecrement() > 0) {
      client.write(NUMBERS.incrementAndGet());
      long answered = System.nanoTime();
      if (count == nanos.length) {
        nanos = Arrays.copyOf(nanos, 2 * count);
      }
      nanos[count++] = answered - asked;
      asked = answered;
    }
    return Arrays.copyOf(nanos, count);
  }

  private static double cpuSeconds(Subject subject) {
    return Stream.concat(
            Stream.of(ProcessHandle.current()),
            subject.process().stream()
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants())))
        .flatMap(process -> process.info().totalCpuDuration().stream())
        .mapToDouble(used -> used.toNanos() / 1e9)
        .sum();
  }

  private static <T> T result(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }
}
