package com.softadastra.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts a node in this process. */
final class UpCommand {
  /** Instead of an exit code: the node runs, and the process is to live on. */
  static final int RUNS_ON = -1;

  private UpCommand() {}

  /**
   * @return {@link #RUNS_ON}, or 1 where the node didn't start, which is said then
   */
  static int run(List<String> arguments) throws UsageMistake {
    var line = CommandLine.parse(UpSettings.FORM, arguments);
    var settings = UpSettings.of(line, System.getenv());
    var obstacle = settings.obstacle();
    if (obstacle.isPresent()) {
      System.err.println(obstacle.get());
      return 1;
    }
    StopDeadline.install();
    if (line.flags().contains("stop-with-input")) {
      Thread.ofPlatform().daemon().name("stop-with-input").start(UpCommand::exitAtEndOfInput);
    }
    try {
      var context = application().run(settings.arguments());
      System.out.println("ready http://" + host(settings.bind()) + ":" + port(context, settings));
      return RUNS_ON;
    } catch (RuntimeException _) {
      // StartFailureReporter has said why.
      return 1;
    }
  }

  /**
   * The node with its own defaults, which stand below every other source. They are no {@code
   * application.properties}, because the layers' processes have the same class path and other
   * defaults.
   */
  private static SpringApplication application() {
    var defaults = new Properties();
    try (var file = UpCommand.class.getResourceAsStream("/node-defaults.properties")) {
      defaults.load(Objects.requireNonNull(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var application = new SpringApplication(NodeApplication.class);
    application.setDefaultProperties(defaults);
    return application;
  }

  private static String host(String address) {
    return address.contains(":") ? "[" + address + "]" : address;
  }

  private static int port(ConfigurableApplicationContext context, UpSettings settings) {
    if (context instanceof WebServerApplicationContext web && web.getWebServer() != null) {
      return web.getWebServer().getPort();
    }
    return settings.port();
  }

  private static void exitAtEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // What is typed doesn't matter.
      }
    } catch (IOException _) {
      // Input that can't be read has ended.
    }
    System.exit(0);
  }
}
