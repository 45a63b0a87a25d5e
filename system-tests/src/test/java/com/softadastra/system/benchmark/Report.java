package com.softadastra.system.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a benchmark says: printed at once, and kept beside the build. */
final class Report implements AutoCloseable {
  private final Path file;
  private final StringBuilder lines = new StringBuilder();

  Report(String file) {
    this.file = Path.of("target", file);
  }

  void say(String format, Object... arguments) {
    var line = String.format(Locale.ROOT, format, arguments) + "\n";
    System.out.print(line);
    lines.append(line);
  }

  @Override
  public void close() throws IOException {
    Files.writeString(file, lines);
  }
}
