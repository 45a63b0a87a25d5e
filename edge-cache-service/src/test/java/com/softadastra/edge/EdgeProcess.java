package com.softadastra.edge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The edge as a process of its own, which can be killed and started again at the same port. */
final class EdgeProcess implements AutoCloseable {
  private final Path data;
  private final List<String> command;
  final int port;
  private Process process;

  /** Starts it. */
  EdgeProcess(Path data, int originPort, String... settings) throws IOException {
    this.data = data;
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EdgeApplication.class.getName(),
                "--server.port=" + port,
                "--softadastra.link.port=0",
                "--softadastra.data=" + data,
                "--softadastra.edge.origins.shop.url=http://127.0.0.1:" + originPort));
    command.addAll(List.of(settings));
    start();
  }

  void start() throws IOException {
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(data.resolve("log").toFile())
            .start();
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
