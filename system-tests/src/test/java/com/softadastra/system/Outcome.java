package com.softadastra.system;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** What a command that ended has left: its exit code and what it printed, line by line. */
record Outcome(int code, List<String> out, List<String> err, double seconds) {
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  static Outcome of(ProcessBuilder command) throws IOException, InterruptedException {
    return of(command, PATIENCE);
  }

  static Outcome of(ProcessBuilder command, Duration patience)
      throws IOException, InterruptedException {
    long begun = System.nanoTime();
    var process = command.start();
    process.outputWriter().close();
    var out = new FutureTask<>(() -> process.inputReader().lines().toList());
    Thread.ofVirtual().start(out);
    var err = process.errorReader().lines().toList();
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running: " + command.command());
    }
    try {
      return new Outcome(process.exitValue(), out.get(), err, (System.nanoTime() - begun) / 1e9);
    } catch (ExecutionException e) {
      throw new IOException(e);
    }
  }
}
