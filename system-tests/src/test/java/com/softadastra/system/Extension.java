package com.softadastra.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;

/** What is put beside a node's own classes, as an application ships it. */
final class Extension {
  private Extension() {}

  /**
   * Makes a jar.
   *
   * @param configuration an auto-configuration, which is found by its name in the jar
   * @param others what it needs
   */
  static Path jar(Path directory, Class<?> configuration, Class<?>... others) throws IOException {
    var jar = directory.resolve(configuration.getName() + ".jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      put(configuration, out);
      for (var type : others) {
        put(type, out);
      }
      out.putNextEntry(
          new ZipEntry(
              "META-INF/spring/org.springframework.boot.autoconfigure.AutoConfiguration.imports"));
      out.write(configuration.getName().getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  private static void put(Class<?> type, JarOutputStream out) throws IOException {
    var name = type.getName().replace('.', '/') + ".class";
    out.putNextEntry(new ZipEntry(name));
    try (var bytes = type.getClassLoader().getResourceAsStream(name)) {
      bytes.transferTo(out);
    }
  }
}
