package com.softadastra.system;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The nodes of one test, under one directory; closing it kills what still runs. */
final class Nodes implements AutoCloseable {
  static final Duration START = Duration.ofMinutes(4);

  private final Path directory;
  private final Shape shape;
  private final List<TestNode> nodes = new ArrayList<>();

  /** How many processes a node is. */
  enum Shape {
    ONE_PROCESS,
    THREE_PROCESSES
  }

  Nodes(Path directory) {
    this(directory, Shape.ONE_PROCESS);
  }

  Nodes(Path directory, Shape shape) {
    this.directory = directory;
    this.shape = shape;
  }

  /** A node that is not started yet. */
  TestNode create(String name, String... settings) {
    return createIn(directory.resolve(name), name, settings);
  }

  /** A node of one process, whatever the others are. */
  TestNode createSimple(String name) {
    return add(new OneProcess(name, directory.resolve(name), List.of()));
  }

  /** A node of one process with the launcher's heap. */
  TestNode createAsShipped(String name, String... settings) {
    return add(OneProcess.asShipped(name, directory.resolve(name), List.of(settings)));
  }

  /** A node of one process that has a jar of an application's own. */
  TestNode createWith(Path jar, String name, String... settings) {
    return add(new OneProcess(jar, name, directory.resolve(name), List.of(settings)));
  }

  /** The same of three processes. */
  TestNode createApartWith(Path jar, String name, String... settings) {
    return add(
        new LayerProcesses(false, List.of(jar), name, directory.resolve(name), List.of(settings)));
  }

  /** A node of four processes, whatever the others are: a site. */
  TestNode createSite(String name, String... settings) {
    return add(
        new LayerProcesses(true, List.of(), name, directory.resolve(name), List.of(settings)));
  }

  TestNode createIn(Path data, String name, String... settings) {
    return add(
        switch (shape) {
          case ONE_PROCESS -> new OneProcess(name, data, List.of(settings));
          case THREE_PROCESSES ->
              new LayerProcesses(false, List.of(), name, data, List.of(settings));
        });
  }

  private TestNode add(NodeProcesses processes) {
    var node = new TestNode(processes);
    nodes.add(node);
    return node;
  }

  /** Starts nodes beside each other and waits for all of them. */
  static void start(TestNode... nodes) throws InterruptedException {
    for (var node : nodes) {
      node.process().start();
    }
    for (var node : nodes) {
      node.process().awaitReady(START);
    }
  }

  @Override
  public void close() {
    nodes.forEach(node -> node.process().close());
  }
}
