package com.softadastra.node.process;

import com.softadastra.node.client.NodeClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A node in a process of its own, on loopback, with a directory that outlives the process, and one
 * beside it for the process's temporary files. Used by one thread, except that {@link #client} may
 * be shared and {@link #kill} may come from any.
 *
 * <p>The process stops by itself when the one that started it is gone, however that went.
 */
public final class NodeProcess implements AutoCloseable {
  private static final Duration STOP = Duration.ofSeconds(20);
  private static final int LINES_KEPT = 1000;

  private final List<String> java;
  private final String name;
  private final Path data;
  private final int port = Ports.free();
  private final int meshPort = Ports.free();
  private final List<String> settings;
  private final NodeClient client = new NodeClient(URI.create("http://127.0.0.1:" + port), null);

  private volatile @Nullable Run run;

  /**
   * One life of the process.
   *
   * @param heard counted down when it has said that it is ready, or can't say it any more
   */
  private record Run(
      Process process,
      List<String> output,
      AtomicBoolean ready,
      CountDownLatch heard,
      long startedNanos) {
    Run(Process process) {
      this(
          process,
          new ArrayList<>(),
          new AtomicBoolean(),
          new CountDownLatch(1),
          System.nanoTime());
    }
  }

  /**
   * @param java the command up to and including the class path
   * @param settings further arguments for {@code up}
   */
  public NodeProcess(List<String> java, String name, Path data, List<String> settings) {
    this.java = List.copyOf(java);
    this.name = name;
    this.data = data;
    this.settings = List.copyOf(settings);
  }

  /** The command that started this JVM, up to and including the class path. */
  public static List<String> sameJava() {
    var command = new ArrayList<String>();
    command.add(
        ProcessHandle.current()
            .info()
            .command()
            .orElseGet(() -> Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    for (String argument : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!argument.startsWith("-agentlib") && !argument.startsWith("-javaagent")) {
        command.add(argument);
      }
    }
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    return command;
  }

  public String name() {
    return name;
  }

  public Path data() {
    return data;
  }

  public int port() {
    return port;
  }

  public int meshPort() {
    return meshPort;
  }

  public NodeClient client() {
    return client;
  }

  /** The latest process, by the system's number for it. */
  public long pid() {
    return Objects.requireNonNull(run, "not started").process().pid();
  }

  public boolean isAlive() {
    var current = run;
    return current != null && current.process().isAlive();
  }

  /** What the latest process printed first, errors included: up to a thousand lines. */
  public List<String> output() {
    var current = run;
    if (current == null) {
      return List.of();
    }
    synchronized (current.output()) {
      return List.copyOf(current.output());
    }
  }

  /** Starts the process without waiting for it. */
  public void start() {
    var command = new ArrayList<>(java);
    // A killed process leaves its temporary files: they lie beside its data, for whoever owns that.
    var temporary = data.resolveSibling(data.getFileName() + ".tmp");
    command.addAll(
        List.of(
            "-Djava.io.tmpdir=" + temporary,
            "com.softadastra.node.Main",
            "up",
            "--stop-with-input",
            "--name",
            name,
            "--data",
            data.toString(),
            "--port",
            String.valueOf(port),
            "--mesh-port",
            String.valueOf(meshPort)));
    command.addAll(settings);
    try {
      Files.createDirectories(temporary);
      var process = new ProcessBuilder(command).redirectErrorStream(true).start();
      var begun = new Run(process);
      run = begun;
      Thread.ofVirtual().name("output of " + name).start(() -> listen(begun));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Waits until the node takes writes.
   *
   * @return since its start
   * @throws NodeDidNotStart where it ends or stays silent
   */
  public Duration awaitReady(Duration patience) throws InterruptedException {
    var current = Objects.requireNonNull(run, "not started");
    current.heard().await(patience.toMillis(), TimeUnit.MILLISECONDS);
    var waited = Duration.ofNanos(System.nanoTime() - current.startedNanos());
    // its output ends before the system says that it has: that it lives doesn't mean ready
    if (!current.ready().get() || !current.process().isAlive()) {
      throw new NodeDidNotStart(name, waited, output());
    }
    return waited;
  }

  /** Waits until the process ends by itself. */
  public int awaitExit(Duration patience) throws InterruptedException {
    var process = Objects.requireNonNull(run, "not started").process();
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException(name + " still runs after " + patience);
    }
    return process.exitValue();
  }

  /** Ends the process as kill -9 does and waits until it is gone. */
  public void kill() {
    var current = run;
    if (current != null) {
      current.process().toHandle().destroyForcibly();
      current.process().onExit().join();
    }
  }

  /**
   * Ends the process as SIGTERM does.
   *
   * @return how long it took
   * @throws IllegalStateException where it didn't end in time; it is killed then
   */
  public Duration stop() throws InterruptedException {
    var process = Objects.requireNonNull(run, "not started").process();
    long asked = System.nanoTime();
    // The handle's way sends the signal and leaves the pipes open.
    process.toHandle().destroy();
    if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
      kill();
      throw new IllegalStateException(name + " did not stop within " + STOP);
    }
    return Duration.ofNanos(System.nanoTime() - asked);
  }

  @Override
  public void close() {
    kill();
    client.close();
  }

  private static void listen(Run run) {
    try (var lines = run.process().inputReader()) {
      for (String line; (line = lines.readLine()) != null; ) {
        synchronized (run.output()) {
          if (run.output().size() < LINES_KEPT) {
            run.output().add(line);
          }
        }
        if (line.startsWith("ready http://")) {
          run.ready().set(true);
          run.heard().countDown();
        }
      }
    } catch (IOException _) {
      // The process is gone, and with it its pipe.
    } finally {
      run.heard().countDown();
    }
  }
}
