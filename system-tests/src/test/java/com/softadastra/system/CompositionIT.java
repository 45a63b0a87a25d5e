package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.softadastra.node.client.NodeUnreachable;
import com.softadastra.node.client.RequestRefused;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;

/** Two sites in containers, as {@code docker compose --profile two-sites up --build} makes them. */
@Isolated("it needs the whole machine for a while")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CompositionIT {
  private static final List<String> SERVICES =
      List.of(
          "runtime",
          "sync",
          "gateway",
          "edge",
          "second-runtime",
          "second-sync",
          "second-gateway",
          "second-edge");
  private static final int WRITERS = 4;

  private ComposeProject project;
  private TestNode site;
  private TestNode second;

  @BeforeAll
  void up() throws Exception {
    var found = ComposeProject.onThisMachine();
    assumeTrue(found.isPresent(), "needs a Docker engine and Compose");
    project = found.get();
    project.up();
    try {
      project.awaitHealthy(SERVICES.toArray(String[]::new));
      project.awaitHealthy("between");
    } catch (RuntimeException e) {
      System.out.println(project.log());
      throw e;
    }
    site = new TestNode(ContainerSite.of(project, "site", "SITE"));
    second = new TestNode(ContainerSite.of(project, "second site", "SECOND"));
    site.openSpace();
  }

  @AfterAll
  void down() throws Exception {
    if (project != null) {
      project.close();
    }
  }

  @Test
  void noServiceHasMoreRightsThanItNeeds() throws Exception {
    for (var service : SERVICES) {
      var container = project.inspect(service);
      var host = container.getHostConfig();
      assertThat(host.getReadonlyRootfs()).as(service).isTrue();
      assertThat(host.getCapDrop()).as(service).hasSize(1);
      assertThat(host.getSecurityOpts()).as(service).contains("no-new-privileges:true");
      assertThat(project.execute(service, "id", "-u")).as(service).containsExactly("10600");
      assertThat(container.getMounts())
          .as(service)
          .extracting(mount -> mount.getDestination().getPath())
          .containsExactlyInAnyOrder("/data", "/run/site");
      container
          .getNetworkSettings()
          .getPorts()
          .getBindings()
          .values()
          .forEach(bindings -> {
            for (var binding : bindings) {
              assertThat(binding.getHostIp()).as(service).isEqualTo("127.0.0.1");
            }
          });
    }
    assertThat(project.execute("sync", "find", "/data", "-name", "*.mv.db")).hasSize(1);
  }

  @Test
  void eachLayerAnswersWhatIsItsOwn() {
    site.write("note", "through the runtime");
    assertThat(site.text("note")).isEqualTo("through the runtime");
    assertThat(site.self().path("name").asString()).isEqualTo("site");
    assertThat(site.layers().gateway().get("/api/v1/peers").status()).isEqualTo(200);
    assertThat(site.layers().sync().get("/api/v1/outbox").status()).isEqualTo(200);
    assertThat(site.layers().sync().get("/api/v1/risk").status()).isEqualTo(200);
  }

  @Test
  void runtimeReadsWhatTheEdgeWasGiven() throws Exception {
    var sum = MessageDigest.getInstance("SHA-256").digest("tea".getBytes(StandardCharsets.UTF_8));
    var blob = "/api/v1/blobs/" + HexFormat.of().formatHex(sum);
    try (var http = HttpClient.newHttpClient()) {
      var put = at("SITE_EDGE_PORT", blob).PUT(BodyPublishers.ofString("tea")).build();
      assertThat(http.send(put, BodyHandlers.ofString()).statusCode()).isEqualTo(201);
      var get = at("SITE_RUNTIME_PORT", blob).build();
      assertThat(http.send(get, BodyHandlers.ofString()).body()).isEqualTo("tea");
    }
  }

  private HttpRequest.Builder at(String published, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + project.port(published) + path));
  }

  @Test
  void killedSyncEngineHasAllThatWasAcknowledged() throws Exception {
    Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    var writers = new ArrayList<Thread>();
    for (int i = 0; i < WRITERS; i++) {
      int number = i;
      writers.add(Thread.ofVirtual().start(() -> writeUntilRefused(number, acknowledged)));
    }
    await("writes are under way").atMost(SOON).until(() -> acknowledged.size() > 50 * WRITERS);
    project.killAndStart("sync");
    for (var writer : writers) {
      assertThat(writer.join(SOON)).as("a writer came to its end").isTrue();
    }
    project.awaitHealthy("sync", "runtime");
    var kept = new HashSet<>(site.documents().keySet());
    assertThat(kept).containsAll(acknowledged);
    System.out.printf("CompositionIT: all %,d acknowledged are there%n", acknowledged.size());
    site.write("after", "the kill");
    assertThat(site.text("after")).isEqualTo("the kill");
  }

  /** Ends at the first write that is not acknowledged: the sync engine is dead. */
  private void writeUntilRefused(int number, Set<String> acknowledged) {
    try {
      for (int count = 0; ; count++) {
        String id = "w" + number + "-" + count;
        site.write(id, id);
        acknowledged.add(id);
      }
    } catch (RequestRefused | NodeUnreachable _) {
      // It is.
    }
  }

  @Test
  void secondSiteJoinsAndBothAreTheSame() {
    site.write("first", "from the first site");
    second.join(site.invite("writer"));
    awaitSame(SOON, site, second);
    assertThat(second.text("first")).isEqualTo("from the first site");
    second.write("second", "from the second site");
    awaitSame(SOON, site, second);
    assertThat(site.text("second")).isEqualTo("from the second site");
    assertThat(second.peer(site.id()).path("state").asString()).isEqualTo("connected");
  }
}
