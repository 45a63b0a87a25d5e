package com.softadastra.system.benchmark;

import java.util.List;
import java.util.Optional;

/** Something that acknowledges writes, and the clients that are connected to it. */
interface Subject extends AutoCloseable {
  /** A writer with a connection of its own; used by one thread at a time. */
  interface Client {
    /**
     * Returns when the write is acknowledged.
     *
     * @param number unlike that of any other write to the subject
     */
    void write(long number) throws Exception;
  }

  String name();

  /** Connected once and used again: {@link Load#MOST} of them, or 1 where only one is possible. */
  List<? extends Client> clients();

  /** What it has handed to the disk since it was opened, as far as it tells. */
  long bytes() throws Exception;

  /** The process that serves it, with its children; none where that is this JVM. */
  default Optional<ProcessHandle> process() {
    return Optional.empty();
  }

  /** Whether the clients run on virtual threads, as requests do in a node. */
  default boolean virtual() {
    return true;
  }

  @Override
  void close() throws Exception;
}
