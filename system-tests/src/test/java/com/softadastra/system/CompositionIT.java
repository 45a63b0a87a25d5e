package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
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
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Isolated;

/** Two sites in containers, as {@code docker compose --profile two-sites up --build} makes them. */
@Isolated("it needs the whole machine for a while")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
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

  /** Within which it is noticed that a peer is gone without a word, and that is called again. */
  private static final Duration GONE = Duration.ofMinutes(3);

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
    meet();
    assertThat(second.text("first")).isEqualTo("from the first site");
    second.write("second", "from the second site");
    awaitSame(SOON, site, second);
    assertThat(site.text("second")).isEqualTo("from the second site");
    assertThat(second.peer(site.id()).path("state").asString()).isEqualTo("connected");
  }

  /** The second site joins, where it hasn't yet. */
  private void meet() {
    if (second.peer(site.id()).isMissingNode()) {
      site.write("first", "from the first site");
      second.join(site.invite("writer"));
    }
    awaitSame(SOON, site, second);
  }

  /** Last, because it takes the line between both away. */
  @Test
  @Order(Integer.MAX_VALUE)
  void sitesThatReachNothingButTheEdgeBetweenThemBecomeTheSame() throws Exception {
    meet();
    var between = new TestNode(ContainerSite.ofOne(project, "between", "BETWEEN_PORT"));
    String idOfBetween = between.id();
    between.join(site.invite("relay"));
    second.awaitLinkTo(idOfBetween, "connected");
    project.disconnect("second-gateway", "default");
    await("the line is gone")
        .atMost(GONE)
        .untilAsserted(() -> {
          assertThat(route(site, second)).isNotEqualTo("direct");
          assertThat(route(second, site)).isNotEqualTo("direct");
        });

    String atOnce = site.write("at-once", "from the first site").path("intent").asString();
    // whose connection with the relay went by the line, too
    await("the way by the relay")
        .atMost(GONE)
        .untilAsserted(() -> {
          assertThat(second.linkTo(idOfBetween)).isEqualTo("connected");
          assertThat(site.receipt(atOnce).path("state").asString()).isEqualTo("everywhere");
        });
    assertThat(second.text("at-once")).isEqualTo("from the first site");

    // each while the other is away
    project.stop("second-gateway");
    String sent = site.write("sent", "from the first site").path("intent").asString();
    awaitCustody(site, sent, idOfBetween);
    project.stop("gateway");
    project.start("second-gateway");
    project.awaitHealthy("second-gateway");
    awaitText(second, "sent", "from the first site", idOfBetween);
    String answer = second.write("answer", "from the second site").path("intent").asString();
    awaitCustody(second, answer, idOfBetween);
    assertThatThrownBy(between::digest)
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("space-unknown");
    project.start("gateway");
    project.awaitHealthy("gateway");
    awaitText(site, "answer", "from the second site", idOfBetween);
    site.awaitReceipt(sent, "everywhere");
    second.awaitReceipt(answer, "everywhere");
    awaitSame(SOON, site, second);
    await("both in reach by the relay")
        .atMost(SOON)
        .untilAsserted(() -> {
          assertThat(route(site, second)).isEqualTo("relayed");
          assertThat(route(second, site)).isEqualTo("relayed");
        });
  }

  private static String route(TestNode from, TestNode to) {
    return from.peer(to.id()).path("route").asString();
  }

  private static void awaitText(TestNode node, String id, String text, String relay) {
    await("what the relay has for " + node.layers().name())
        .atMost(GONE)
        .untilAsserted(() -> assertThat(node.text(id)).as("%s", node.peer(relay)).isEqualTo(text));
  }

  private static void awaitCustody(TestNode node, String intent, String relay) {
    node.awaitReceipt(intent, "in-custody");
    var delivery = node.receipt(intent).path("deliveries").get(0);
    assertThat(delivery.path("via").asString()).isEqualTo(relay);
  }
}
