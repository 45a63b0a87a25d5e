package com.softadastra.system;

import static org.awaitility.Awaitility.await;

import com.softadastra.edge.EdgeApplication;
import com.softadastra.gateway.GatewayApplication;
import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import com.softadastra.node.process.Ports;
import com.softadastra.runtime.RuntimeApplication;
import com.softadastra.sync.SyncApplication;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A node of a process for each layer, with an edge or without, that call each other over links on
 * loopback, as the containers of a site do over their network.
 */
final class LayerProcesses implements NodeProcesses {
  private static final Duration STOP = Duration.ofSeconds(20);

  private final String name;
  private final Path data;
  private final int meshPort = Ports.free();
  private final Layer sync;
  private final Layer gateway;
  private final Layer runtime;
  private final Optional<Layer> edge;
  private final List<Layer> layers;
  private long startedNanos;

  /**
   * @param hasEdge whether there is a fourth
   * @param jars of an application's own, which the runtime gets
   */
  LayerProcesses(boolean hasEdge, List<Path> jars, String name, Path data, List<String> settings) {
    this.name = name;
    this.data = data;
    var links = new ArrayList<>(settings);
    int syncLink = Ports.free();
    int gatewayLink = Ports.free();
    links.add("--softadastra.name=" + name);
    links.add("--softadastra.link.sync=127.0.0.1:" + syncLink);
    links.add("--softadastra.link.gateway=127.0.0.1:" + gatewayLink);
    links.add("--softadastra.link.secret-file=" + beside("link-secret"));
    int edgeLink = Ports.free();
    if (hasEdge) {
      links.add("--softadastra.link.edge=127.0.0.1:" + edgeLink);
    }
    sync =
        new Layer(
            SyncApplication.class,
            List.of(),
            links,
            "--softadastra.data=" + data,
            "--softadastra.link.port=" + syncLink);
    gateway =
        new Layer(
            GatewayApplication.class,
            List.of(),
            links,
            "--softadastra.mesh.port=" + meshPort,
            "--softadastra.link.port=" + gatewayLink);
    runtime = new Layer(RuntimeApplication.class, jars, links);
    edge =
        hasEdge
            ? Optional.of(
                new Layer(
                    EdgeApplication.class,
                    List.of(),
                    links,
                    "--softadastra.data=" + beside("edge"),
                    "--softadastra.link.port=" + edgeLink))
            : Optional.empty();
    layers = Stream.concat(Stream.of(sync, gateway, runtime), edge.stream()).toList();
  }

  private Path beside(String file) {
    return data.resolveSibling(data.getFileName() + "." + file);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Path data() {
    return data;
  }

  @Override
  public int meshPort() {
    return meshPort;
  }

  @Override
  public int port() {
    return runtime.port;
  }

  @Override
  public NodeClient client() {
    return runtime.client;
  }

  @Override
  public NodeClient gateway() {
    return gateway.client;
  }

  @Override
  public NodeClient sync() {
    return sync.client;
  }

  /**
   * @throws java.util.NoSuchElementException where the node has none
   */
  @Override
  public NodeClient edge() {
    return edge.orElseThrow().client;
  }

  /** Where the edge listens, on loopback. */
  int edgePort() {
    return edge.orElseThrow().port;
  }

  /** Ends the edge as kill -9 does. */
  void killEdge() {
    edge.orElseThrow().kill();
  }

  void startEdge(Duration patience) {
    edge.orElseThrow().start();
    awaitReady(patience);
  }

  @Override
  public void start() {
    startedNanos = System.nanoTime();
    layers.forEach(Layer::start);
  }

  @Override
  public Duration awaitReady(Duration patience) {
    layers.forEach(layer -> await(layer + " of " + name).atMost(patience).until(layer::isReady));
    return Duration.ofNanos(System.nanoTime() - startedNanos);
  }

  @Override
  public void kill() {
    layers.forEach(Layer::kill);
  }

  @Override
  public Duration stop() throws InterruptedException {
    long asked = System.nanoTime();
    for (var layer : layers) {
      layer.ask();
    }
    for (var layer : layers) {
      layer.awaitEnd();
    }
    return Duration.ofNanos(System.nanoTime() - asked);
  }

  @Override
  public void close() {
    layers.forEach(Layer::close);
  }

  /** The process of one layer. */
  private final class Layer {
    private final Class<?> application;
    private final List<Path> jars;
    private final List<String> arguments;
    private final int port = Ports.free();
    private final NodeClient client = new NodeClient(URI.create("http://127.0.0.1:" + port), null);
    private @Nullable Process process;

    Layer(Class<?> application, List<Path> jars, List<String> links, String... own) {
      this.application = application;
      this.jars = jars;
      this.arguments = new ArrayList<>(links);
      this.arguments.addAll(List.of(own));
      this.arguments.add("--server.port=" + port);
    }

    void start() {
      var command = Application.quickJavaWithTests(jars.toArray(Path[]::new));
      var temporary = beside("tmp");
      command.add("-Djava.io.tmpdir=" + temporary);
      command.add(StopWithInput.class.getName());
      command.add(application.getName());
      command.addAll(arguments);
      try {
        Files.createDirectories(temporary);
        process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private Path log() {
      return beside(this + ".log");
    }

    /**
     * @throws IllegalStateException where the process has ended
     */
    boolean isReady() throws IOException {
      if (!process.isAlive()) {
        throw new IllegalStateException(this + " has ended: " + Files.readString(log()));
      }
      try {
        return client.get("/actuator/health/readiness").isSuccess();
      } catch (NodeUnreachable _) {
        return false;
      }
    }

    void kill() {
      if (process != null) {
        process.toHandle().destroyForcibly();
        process.onExit().join();
      }
    }

    void ask() {
      // The handle's way sends the signal and leaves the pipes open.
      process.toHandle().destroy();
    }

    void awaitEnd() throws InterruptedException {
      if (!process.waitFor(STOP.toMillis(), TimeUnit.MILLISECONDS)) {
        kill();
        throw new IllegalStateException(this + " did not stop within " + STOP);
      }
    }

    void close() {
      kill();
      client.close();
    }

    @Override
    public String toString() {
      return application.getSimpleName();
    }
  }
}
