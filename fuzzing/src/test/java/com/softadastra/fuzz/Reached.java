package com.softadastra.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * Inputs that each reached code of a target that those before it did not, found by {@link
 * GuidedFuzzing}: an archive for each target.
 */
final class Reached {
  /** Larger ones are seldom worth their place. */
  static final int MOST_BYTES = 4 << 10;

  private static final Path FOLDER = Path.of("src/test/resources/reached");

  private Reached() {}

  /** By name; empty where nothing was kept. */
  static Map<String, byte[]> of(String target) {
    var inputs = new TreeMap<String, byte[]>();
    if (!Files.exists(archive(target))) {
      return inputs;
    }
    try (var zip = new ZipInputStream(Files.newInputStream(archive(target)))) {
      for (var entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        inputs.put(entry.getName(), zip.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return inputs;
  }

  /** Takes the place of what was kept; the same inputs make the same archive. */
  static void keep(String target, Map<String, byte[]> inputs) throws IOException {
    Files.createDirectories(FOLDER);
    try (var zip = new ZipOutputStream(Files.newOutputStream(archive(target)))) {
      for (var input : new TreeMap<>(inputs).entrySet()) {
        var entry = new ZipEntry(input.getKey());
        entry.setTime(0);
        zip.putNextEntry(entry);
        zip.write(input.getValue());
        zip.closeEntry();
      }
    }
  }

  private static Path archive(String target) {
    return FOLDER.resolve(target + ".zip");
  }
}
