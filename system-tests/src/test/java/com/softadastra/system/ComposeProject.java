package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse;
import com.softadastra.node.process.Ports;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.testcontainers.DockerClientFactory;

/**
 * The repository's {@code compose.yaml} as a project of its own, on free ports, with the command
 * that a person would use, on the engine that Testcontainers finds.
 */
final class ComposeProject implements AutoCloseable {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Duration BUILD = Duration.ofMinutes(20);
  private static final Duration HEALTHY = Duration.ofMinutes(5);
  private static final AtomicInteger MADE = new AtomicInteger();

  private final List<String> compose;
  private final String name;
  private final Map<String, Integer> ports = new HashMap<>();

  private ComposeProject(List<String> compose) {
    this.compose = compose;
    this.name = "softadastra-it-" + ProcessHandle.current().pid() + "-" + MADE.incrementAndGet();
    for (var published :
        List.of(
            "SITE_RUNTIME_PORT",
            "SITE_SYNC_PORT",
            "SITE_GATEWAY_PORT",
            "SITE_EDGE_PORT",
            "SITE_MESH_PORT",
            "SECOND_RUNTIME_PORT",
            "SECOND_SYNC_PORT",
            "SECOND_GATEWAY_PORT",
            "SECOND_EDGE_PORT",
            "BETWEEN_PORT")) {
      ports.put(published, Ports.free());
    }
  }

  /** Empty where no engine answers or Compose is not installed, which is printed. */
  static Optional<ComposeProject> onThisMachine() throws IOException, InterruptedException {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      System.out.println(
          "ComposeProject: no Docker engine answers, nothing of containers is tested");
      return Optional.empty();
    }
    for (var command : List.of(List.of("docker", "compose"), List.of("docker-compose"))) {
      if (answers(command)) {
        return Optional.of(new ComposeProject(command));
      }
    }
    System.out.println(
        "ComposeProject: neither \"docker compose\" nor \"docker-compose\" is installed, nothing of"
            + " containers is tested");
    return Optional.empty();
  }

  private static boolean answers(List<String> command) throws InterruptedException {
    var version = new ArrayList<>(command);
    version.add("version");
    try {
      return Outcome.of(new ProcessBuilder(version)).code() == 0;
    } catch (IOException notInstalled) {
      return false;
    }
  }

  /** Builds the image of all services, under the name of this one. */
  void build(String service) throws IOException, InterruptedException {
    var done = run("build", service);
    System.out.printf("ComposeProject: built in %.0f s%n", done.seconds());
  }

  /** What a container of a service does with these arguments, alone and until it ends. */
  Outcome runAlone(String service, String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of("run", "--rm", "--no-deps", "-T", service));
    command.addAll(List.of(arguments));
    return outcome(command);
  }

  /** Builds, and starts both sites. */
  void up() throws IOException, InterruptedException {
    var done = run("up", "--detach", "--build");
    System.out.printf("ComposeProject: built and started in %.0f s%n", done.seconds());
  }

  int port(String published) {
    return ports.get(published);
  }

  /** Waits until every one of these services is healthy. */
  void awaitHealthy(String... services) {
    for (var service : services) {
      await(service + " is healthy")
          .atMost(HEALTHY)
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> "healthy".equals(inspect(service).getState().getHealth().getStatus()));
    }
  }

  InspectContainerResponse inspect(String service) {
    return engine().inspectContainerCmd(container(service)).exec();
  }

  /** Ends a service's process as kill -9 does, and starts the container again once it is gone. */
  void killAndStart(String service) {
    var container = container(service);
    engine().killContainerCmd(container).withSignal("KILL").exec();
    await(service + " is gone")
        .atMost(Duration.ofMinutes(1))
        .until(() -> !Boolean.TRUE.equals(inspect(service).getState().getRunning()));
    assertThat(inspect(service).getState().getExitCodeLong()).isEqualTo(137);
    engine().startContainerCmd(container).exec();
  }

  /** Takes a service's container out of one of the project's networks. */
  void disconnect(String service, String network) {
    engine()
        .disconnectFromNetworkCmd()
        .withContainerId(container(service))
        .withNetworkId(name + "_" + network)
        .exec();
  }

  void stop(String service) throws IOException, InterruptedException {
    run("stop", service);
  }

  /** Starts a service's container again, as it was. */
  void start(String service) {
    engine().startContainerCmd(container(service)).exec();
  }

  /** What a command prints that runs in a service's container. */
  List<String> execute(String service, String... command) throws IOException, InterruptedException {
    var arguments = new ArrayList<>(List.of("exec", "-T", service));
    arguments.addAll(List.of(command));
    return run(arguments.toArray(String[]::new)).out();
  }

  /** What all containers have printed. */
  String log() throws IOException, InterruptedException {
    return String.join("\n", run("logs", "--no-color", "--tail", "100").out());
  }

  /** Stops all containers and removes them, their volumes and the images built for them. */
  @Override
  public void close() throws Exception {
    run("down", "--volumes", "--rmi", "local", "--remove-orphans");
  }

  private static DockerClient engine() {
    return DockerClientFactory.lazyClient();
  }

  private String container(String service) {
    return engine()
        .listContainersCmd()
        .withShowAll(true)
        .withLabelFilter(
            Map.of("com.docker.compose.project", name, "com.docker.compose.service", service))
        .exec()
        .getFirst()
        .getId();
  }

  private Outcome run(String... arguments) throws IOException, InterruptedException {
    var outcome = outcome(List.of(arguments));
    assertThat(outcome.code()).as(outcome.toString()).isZero();
    return outcome;
  }

  private Outcome outcome(List<String> arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(compose);
    command.addAll(List.of("--profile", "two-sites", "-p", name));
    command.addAll(arguments);
    var process = new ProcessBuilder(command).directory(ROOT.toFile());
    ports.forEach((published, port) ->
        process
            .environment()
            .put(published, published.equals("SITE_MESH_PORT") ? "127.0.0.1:" + port : "" + port));
    return Outcome.of(process, BUILD);
  }
}
