package com.softadastra.node.demo;

import com.softadastra.node.process.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Everything the tour leaves on the machine while it runs: processes and a temporary directory.
 * Closing it removes them, and so does the end of this process by a signal.
 */
final class Stage implements AutoCloseable {
  private final Path directory;
  private final List<NodeProcess> processes = new ArrayList<>();
  private final Thread hook = new Thread(this::clear, "clear the stage");
  private boolean cleared;

  Stage() {
    try {
      directory = Files.createTempDirectory("softadastra-demo-");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Path directory() {
    return directory;
  }

  /** A site whose process is not yet started. */
  synchronized Site site(int index, String name) {
    var process = new NodeProcess(NodeProcess.sameJava(), name, directory.resolve(name), List.of());
    processes.add(process);
    return new Site(index, process);
  }

  /** Whether the tour is being ended from outside. */
  synchronized boolean isCleared() {
    return cleared;
  }

  @Override
  public void close() {
    clear();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is ending, and the hook has run or waits for this one.
    }
  }

  private synchronized void clear() {
    if (cleared) {
      return;
    }
    cleared = true;
    processes.forEach(NodeProcess::close);
    try (var files = Files.walk(directory)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      System.err.println("left behind: " + directory + " (" + e.getMessage() + ")");
    }
  }
}
