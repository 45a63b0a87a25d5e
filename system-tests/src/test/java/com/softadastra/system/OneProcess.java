package com.softadastra.system;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.NodeProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A node whose layers share a process, as {@code up} starts it. */
final class OneProcess implements NodeProcesses {
  private final NodeProcess process;

  OneProcess(String name, Path data, List<String> settings) {
    this(List.of(), name, data, settings);
  }

  /**
   * @param within a command that becomes the one that follows it
   */
  OneProcess(List<String> within, String name, Path data, List<String> settings) {
    var command = new ArrayList<>(within);
    command.addAll(Application.quickJava());
    this.process = new NodeProcess(command, name, data, settings);
  }

  private OneProcess(NodeProcess process) {
    this.process = process;
  }

  static OneProcess asShipped(String name, Path data, List<String> settings) {
    return new OneProcess(new NodeProcess(Application.asShipped(), name, data, settings));
  }

  /** With a jar of an application's own. */
  OneProcess(Path jar, String name, Path data, List<String> settings) {
    this.process = new NodeProcess(Application.quickJavaWith(jar), name, data, settings);
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Of the process that has ended. */
  int exitStatus() throws InterruptedException {
    return process.awaitExit(Duration.ofSeconds(10));
  }

  /** What it has printed since its start. */
  List<String> output() {
    return process.output();
  }

  @Override
  public String name() {
    return process.name();
  }

  @Override
  public Path data() {
    return process.data();
  }

  @Override
  public int meshPort() {
    return process.meshPort();
  }

  @Override
  public int port() {
    return process.port();
  }

  @Override
  public NodeClient client() {
    return process.client();
  }

  @Override
  public NodeClient gateway() {
    return process.client();
  }

  @Override
  public NodeClient sync() {
    return process.client();
  }

  @Override
  public NodeClient edge() {
    return process.client();
  }

  @Override
  public void start() {
    process.start();
  }

  @Override
  public Duration awaitReady(Duration patience) throws InterruptedException {
    return process.awaitReady(patience);
  }

  @Override
  public void kill() {
    process.kill();
  }

  @Override
  public Duration stop() throws InterruptedException {
    return process.stop();
  }

  @Override
  public void close() {
    process.close();
  }
}
