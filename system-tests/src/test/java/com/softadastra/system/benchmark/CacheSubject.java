package com.softadastra.system.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A shared cache in a process of its own, before an {@link OriginServer}. */
final class CacheSubject implements Subject {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final Duration END = Duration.ofSeconds(20);

  private final String name;
  private final int port;
  private final String root;
  private final Process process;
  private final List<GetConnection> clients = new ArrayList<>();

  /**
   * Starts it and waits until it answers.
   *
   * @param root the path that is the origin's root
   * @param things how many the clients ask for, each of so many bytes
   */
  CacheSubject(
      String name, List<String> command, Path log, int port, String root, long things, int bytes)
      throws Exception {
    this.name = name;
    this.port = port;
    this.root = root;
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      awaitAnswer(log);
      for (int i = 0; i < Load.MOST; i++) {
        clients.add(connect(bytes, things));
      }
    } catch (Exception e) {
      close();
      throw e;
    }
  }

  private void awaitAnswer(Path log) throws Exception {
    long begun = System.nanoTime();
    while (true) {
      try (var connection = connect(1, 1)) {
        connection.get(0);
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() - begun > PATIENCE.toNanos()) {
          throw new IllegalStateException(name + " doesn't answer: " + Files.readString(log), e);
        }
        process.waitFor(50, TimeUnit.MILLISECONDS);
      }
    }
  }

  GetConnection connect(int bytes, long things) throws IOException {
    return new GetConnection(port, root + "/" + bytes + "/", things);
  }

  /** Memory that it and its children have of the machine's, in bytes. */
  long residentBytes() throws IOException {
    long bytes = ResidentMemory.bytes(process.pid());
    for (var each : process.toHandle().descendants().toList()) {
      bytes += ResidentMemory.bytes(each.pid());
    }
    return bytes;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public List<GetConnection> clients() {
    return clients;
  }

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public Optional<ProcessHandle> process() {
    return Optional.of(process.toHandle());
  }

  @Override
  public void close() throws Exception {
    for (var client : clients) {
      client.close();
    }
    process.destroy();
    if (!process.waitFor(END.toMillis(), TimeUnit.MILLISECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }
}
