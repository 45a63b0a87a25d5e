package com.softadastra.system;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The processes that are one node, with a directory that outlives them: one for all layers, or one
 * for each. They end when the test's process does.
 */
interface NodeProcesses extends Layers, AutoCloseable {
  Path data();

  /** Where peers call it, on loopback. */
  int meshPort();

  /** Where the runtime listens, on loopback. */
  int port();

  /** Starts without waiting. */
  void start();

  /**
   * Waits until the node takes writes.
   *
   * @return since its start
   */
  Duration awaitReady(Duration patience) throws InterruptedException;

  /** Ends them as kill -9 does and waits until they are gone. */
  void kill();

  /**
   * Ends them as SIGTERM does.
   *
   * @return how long it took
   */
  Duration stop() throws InterruptedException;

  @Override
  void close();
}
