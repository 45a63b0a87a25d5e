package com.softadastra.system;

import java.io.IOException;
import java.nio.file.Path;

/** All that a JVM has in its heap, with what nothing leads to any more. */
final class HeapDump {
  private HeapDump() {}

  /**
   * Writes it to a file that isn't there yet, by the tool beside the {@code java} of all nodes.
   *
   * @return the file
   */
  static Path of(OneProcess node, Path file) throws IOException, InterruptedException {
    Machine.run(
        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
        String.valueOf(node.pid()),
        "GC.heap_dump",
        "-all",
        file.toString());
    return file;
  }
}
