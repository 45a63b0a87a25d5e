package com.softadastra.system;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.NodeProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The built application, as the launcher starts it. */
public final class Application {
  private static final Path NODE =
      Path.of(System.getProperty("softadastra.node", "../node")).toAbsolutePath().normalize();
  private static final Path APP = NODE.resolve("target/app");
  private static final String CLASS_PATH =
      APP.resolve("softadastra-node.jar") + ":" + APP + "/lib/*";

  // Nodes start often in tests and never run long.
  private static final String QUICK = "-XX:TieredStopAtLevel=1";

  private Application() {}

  /** The command up to and including the class path, with the launcher's options and no others. */
  public static List<String> asShipped() {
    return java(List.of("-Xmx512m"), CLASS_PATH);
  }

  /** The same for a process that starts often and is short of processor time. */
  static List<String> quickJava(String... options) {
    return quickJava(List.of(options), CLASS_PATH);
  }

  /**
   * The same with the tests' classes behind the application's, and then jars of an application's
   * own.
   */
  static List<String> quickJavaWithTests(Path... jars) {
    var classPath = new StringBuilder(CLASS_PATH);
    classPath.append(':').append(Path.of("target/test-classes").toAbsolutePath());
    List.of(jars).forEach(jar -> classPath.append(':').append(jar));
    return quickJava(List.of(), classPath.toString());
  }

  /** The same with a jar of an application's behind, as {@code SOFTADASTRA_CLASSPATH} puts it. */
  static List<String> quickJavaWith(Path jar) {
    return quickJava(List.of(), CLASS_PATH + ":" + jar);
  }

  private static List<String> quickJava(List<String> options, String classPath) {
    var all =
        new ArrayList<>(List.of("-Xmx256m", QUICK, "-XX:AOTCache=" + Cache.FILE, "-Xlog:aot*=off"));
    all.addAll(options);
    return java(all, classPath);
  }

  private static List<String> java(List<String> options, String classPath) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + NODE.resolve("jvm.options"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath));
    return command;
  }

  /** A command of the command line. */
  static ProcessBuilder command(List<String> arguments, String... options) {
    var command = new ArrayList<>(quickJava(options));
    command.add("com.softadastra.node.Main");
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }

  /**
   * The JVM's AOT cache that all tests' nodes share: they start in half the time. It is trained
   * where it is older than the application, by a node that serves a little and stops.
   */
  private static final class Cache {
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final Path FILE = trained(Path.of("target/nodes.aot").toAbsolutePath());

    private static Path trained(Path file) {
      try {
        return Files.exists(file) && !isOlderThanApplication(file) ? file : train(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }

    private static Path train(Path file) throws IOException, InterruptedException {
      long begun = System.nanoTime();
      var draft = file.resolveSibling("nodes.aot.new");
      var directory = Files.createTempDirectory("training");
      var command = java(List.of("-Xmx256m", QUICK, "-XX:AOTCacheOutput=" + draft), CLASS_PATH);
      var trainee = new NodeProcess(command, "training", directory.resolve("data"), List.of());
      try (trainee) {
        trainee.start();
        trainee.awaitReady(PATIENCE);
        trainee.client().put("/api/v1/spaces/training", null).orThrow();
        var document = "/api/v1/spaces/training/documents/notes/note";
        trainee.client().put(document, NodeClient.object().put("text", "seen")).orThrow();
        trainee.client().get(document).orThrow();
        // the JVM writes the cache when it ends
        ProcessHandle.of(trainee.pid()).orElseThrow().destroy();
        trainee.awaitExit(PATIENCE);
      }
      Directories.delete(directory);
      System.out.printf(
          "Application: an AOT cache for the tests' nodes, trained in %.1f s%n",
          (System.nanoTime() - begun) / 1e9);
      return Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private static boolean isOlderThanApplication(Path file) throws IOException {
      var made = Files.getLastModifiedTime(file);
      try (var jars = Files.walk(APP)) {
        for (var jar : jars.toList()) {
          if (Files.getLastModifiedTime(jar).compareTo(made) > 0) {
            return true;
          }
        }
        return false;
      }
    }
  }
}
