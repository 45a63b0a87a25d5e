package com.softadastra.system;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The built application, as the launcher starts it. */
public final class Application {
  private static final Path NODE = Path.of(System.getProperty("softadastra.node", "../node"));

  private Application() {}

  /** The command up to and including the class path, for nodes that start often and never run long. */
  public static List<String> java(String... options) {
    var all = new ArrayList<>(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    all.addAll(List.of(options));
    return asShipped(all);
  }

  /** The command up to and including the class path, with the launcher's options and no others. */
  public static List<String> asShipped() {
    return asShipped(List.of("-Xmx512m"));
  }

  /** The same with options of the JVM after those that every node has. */
  private static List<String> asShipped(List<String> options) {
    var app = NODE.resolve("target/app").toAbsolutePath().normalize();
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + NODE.resolve("jvm.options").toAbsolutePath().normalize());
    command.addAll(options);
    command.addAll(List.of("-cp", app.resolve("softadastra-node.jar") + ":" + app + "/lib/*"));
    return command;
  }

  /** A command of the command line. */
  static ProcessBuilder command(List<String> arguments, String... options) {
    var command = new ArrayList<>(java(options));
    command.add("com.softadastra.node.Main");
    command.addAll(arguments);
    return new ProcessBuilder(command);
  }
}
