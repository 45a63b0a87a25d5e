package com.softadastra.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.suite.RecordingBundles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The gateway as its own process starts it, with sync engines at the other end of real links. */
@Timeout(90)
class GatewayIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final PeerView PEER =
      new PeerView(
          new FakePeering().id(),
          "depot",
          PeerView.State.UNREACHABLE,
          PeerView.Route.NONE,
          List.of(),
          new PeerView.Lag(3, 1500, Duration.ofMinutes(2)),
          Duration.ofMillis(-40),
          Instant.parse("2026-11-22T10:00:00Z"),
          Instant.parse("2026-11-22T10:05:00.250Z"),
          "127.0.0.1:7601: connection refused");

  private static final String BUNDLE = "/api/v1/bundles?all=true&to=" + PEER.node();

  private static Site site;

  /** A gateway and, once it is started, its sync engine. */
  private static final class Site implements AutoCloseable {
    final FakePeering peering = new FakePeering();
    final RecordingBundles bundles = new RecordingBundles();
    final ConfigurableApplicationContext gateway;
    final LinkAddress syncAddress;
    final List<AutoCloseable> open = new ArrayList<>();
    PeerLinks links;

    Site() throws IOException {
      try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        syncAddress = LinkAddress.loopback(free.getLocalPort());
      }
      gateway =
          GatewayApplication.application()
              .run(
                  "--server.port=0",
                  "--softadastra.mesh.port=0",
                  "--softadastra.link.port=0",
                  "--softadastra.link.sync=" + syncAddress);
      open.add(gateway);
    }

    void startSync() {
      open.add(
          LinkServer.bind(syncAddress, LinkSecret.none())
              .serve(Peering.class, peering)
              .serve(Bundles.class, bundles));
      var client = LinkClient.to(gateway.getBean(LinkServer.class).address(), LinkSecret.none());
      open.add(client);
      links = client.proxy(PeerLinks.class);
    }

    HttpResponse<String> send(String method, String path, String body) throws Exception {
      return send(method, path, body, "application/json");
    }

    HttpResponse<String> send(String method, String path, String body, String type)
        throws Exception {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
              .method(method, BodyPublishers.ofString(body))
              .header("Content-Type", type)
              .build(),
          BodyHandlers.ofString());
    }

    int port() {
      return ((WebServerApplicationContext) gateway).getWebServer().getPort();
    }

    int readiness() throws Exception {
      return send("GET", "/actuator/health/readiness", "").statusCode();
    }

    void awaitReady() {
      await().atMost(PATIENCE).until(() -> readiness() == 200);
    }

    @Override
    public void close() throws Exception {
      for (var each : open.reversed()) {
        each.close();
      }
    }
  }

  @BeforeAll
  static void start() throws Exception {
    site = new Site();
    assertThat(site.readiness()).isEqualTo(503);
    site.startSync();
    site.awaitReady();
  }

  @AfterAll
  static void stop() throws Exception {
    site.close();
  }

  private static JsonNode answer(int status, String method, String path, String body)
      throws Exception {
    var response = site.send(method, path, body);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    assertThat(response.headers().firstValue("Content-Type").orElse(""))
        .startsWith(status < 400 ? "application/json" : "application/problem+json");
    return JSON.readTree(response.body());
  }

  @Test
  void sessionCrossesLinksAndMesh() throws Exception {
    try (var other = new Site()) {
      other.startSync();
      other.awaitReady();
      var caller = new CompletableFuture<NodeId>();
      other.peering.onSession =
          (peer, frames) -> {
            caller.complete(peer);
            return frames.map(frame -> ("echo " + new String(frame, UTF_8)).getBytes(UTF_8));
          };

      var addresses = other.links.addresses();
      var echoed =
          site.links
              .connect(
                  other.peering.id(),
                  addresses,
                  Flux.range(0, 500).map(i -> Integer.toString(i).getBytes(UTF_8)))
              .map(frame -> new String(frame, UTF_8))
              .collectList()
              .block(PATIENCE);

      assertThat(echoed).hasSize(500).startsWith("echo 0").endsWith("echo 499");
      assertThat(caller).isCompletedWithValue(site.peering.id());
      assertThat(site.links.pair(other.peering.id(), addresses, "hello".getBytes(UTF_8)))
          .asString(UTF_8)
          .isEqualTo("hello");
      assertThat(site.send("GET", "/actuator/prometheus", "").body())
          .contains("softadastra_mesh_frames_total{direction=\"out\"} 501.0")
          .contains("softadastra_mesh_bytes_total{direction=\"in\"}")
          .contains("softadastra_mesh_connections{opened=\"self\"}");
    }
  }

  @Test
  void nodeIsShown() throws Exception {
    var node = answer(200, "GET", "/api/v1/node", "");

    assertThat(names(node))
        .containsExactlyInAnyOrder("node", "name", "incarnation", "addresses", "version", "clock");
    assertThat(node.get("node").asString()).isEqualTo(site.peering.id().toString());
    assertThat(node.get("clock").asString()).isEqualTo("2026-11-22T10:00:00Z");
  }

  @Test
  void peersAreShownAsDocumented() throws Exception {
    site.peering.peers.add(PEER);

    var peers = answer(200, "GET", "/api/v1/peers", "");

    assertThat(peers)
        .isEqualTo(
            JSON.readTree(
                """
                [{"node":"%s","name":"depot","state":"unreachable","route":"none","via":[],
                  "lag":{"entries":3,"bytes":1500,"age":"PT2M"},"clockOffset":"PT-0.04S",
                  "lastSeen":"2026-11-22T10:00:00Z","nextAttempt":"2026-11-22T10:05:00.250Z",
                  "lastError":"127.0.0.1:7601: connection refused"}]
                """
                    .formatted(PEER.node())));
  }

  @Test
  void invitationIsIssued() throws Exception {
    var asked = new CompletableFuture<InvitationRequest>();
    site.peering.onInvite =
        request -> {
          asked.complete(request);
          return Reply.of(new InvitationIssued("sa1x"));
        };

    var issued = answer(200, "POST", "/api/v1/invitations", "{\"spaces\":[{\"space\":\"shop\"}]}");

    assertThat(issued).isEqualTo(JSON.readTree("{\"invitation\":\"sa1x\"}"));
    assertThat(asked)
        .isCompletedWithValue(
            new InvitationRequest(
                List.of(new InvitationRequest.SpaceGrant("shop", Role.WRITER)),
                Duration.ofHours(1),
                1));
  }

  @Test
  void joiningPairs() throws Exception {
    site.peering.onJoin =
        (invitation, as) ->
            invitation.equals("sa1x") && "mine".equals(as)
                ? Reply.of(PEER)
                : Reply.refused(Problem.of(ProblemCode.INVITATION_INVALID, "expired"));

    var joined = answer(201, "POST", "/api/v1/peers", "{\"invitation\":\"sa1x\",\"as\":\"mine\"}");
    var refused = answer(422, "POST", "/api/v1/peers", "{\"invitation\":\"sa1y\"}");

    assertThat(joined.get("name").asString()).isEqualTo("depot");
    assertThat(refused.get("detail").asString()).isEqualTo("expired");
  }

  @Test
  void linkIsSwitched() throws Exception {
    site.peering.onSwitch = (_, on) -> on ? Reply.refused(unknownPeer()) : Reply.of(PEER);
    var path = "/api/v1/peers/" + PEER.node() + "/link";

    assertThat(answer(200, "PUT", path, "{\"state\":\"off\"}").get("node").asString())
        .isEqualTo(PEER.node().toString());
    assertProblem(404, "peer-unknown", "PUT", path, "{\"state\":\"on\"}");
    assertProblem(404, "peer-unknown", "PUT", "/api/v1/peers/nobody/link", "{\"state\":\"on\"}");
    assertProblem(422, "not-supported", "PUT", path, "{\"state\":\"on\",\"bytesPerHour\":1}");
  }

  private static Problem unknownPeer() {
    return Problem.of(ProblemCode.PEER_UNKNOWN, "no such peer");
  }

  @Test
  void membersAreShownAsDocumented() throws Exception {
    var member =
        new MemberView(
            PEER.node(),
            "depot",
            Role.READER,
            List.of("north"),
            "active",
            Map.of("node/incarnation", 12L),
            Instant.parse("2026-11-22T10:00:00Z"),
            2);
    site.peering.onMembers =
        space ->
            space.equals("shop")
                ? Reply.of(List.of(member))
                : Reply.refused(Problem.of(ProblemCode.SPACE_UNKNOWN, "no such space"));

    assertThat(answer(200, "GET", "/api/v1/spaces/shop/members", ""))
        .isEqualTo(
            JSON.readTree(
                """
                [{"node":"%s","name":"depot","role":"reader","labels":["north"],"state":"active",
                  "vector":{"node/incarnation":12},"lastSeen":"2026-11-22T10:00:00Z","epoch":2}]
                """
                    .formatted(PEER.node())));
    assertProblem(404, "space-unknown", "GET", "/api/v1/spaces/other/members", "");

    var asked = new ArrayList<String>();
    site.peering.onChange =
        (of, change) -> {
          asked.add(of + " " + change.role() + " " + change.labels());
          return Reply.of(member);
        };
    var path = "/api/v1/spaces/shop/members/" + PEER.node();
    assertThat(answer(200, "PUT", path, "{\"labels\":[\"north\"]}").get("name").asString())
        .isEqualTo("depot");
    answer(200, "PUT", path, "{\"role\":\"reader\",\"labels\":[]}");
    assertThat(asked)
        .containsExactly(
            "shop " + PEER.node() + " null [north]", "shop " + PEER.node() + " READER []");
    assertProblem(422, "not-supported", "PUT", path, "{\"role\":\"relay\"}");
    for (var wrong : List.of("[\"a\",\"a\"]", "[\"A\"]", "[1]", "\"a\"")) {
      assertProblem(400, "invalid-request", "PUT", path, "{\"labels\":" + wrong + "}");
    }
    assertProblem(400, "invalid-request", "PUT", path, "{\"state\":\"retired\"}");
    assertProblem(404, "peer-unknown", "PUT", "/api/v1/spaces/shop/members/nobody", "{}");
  }

  @Test
  void membersAreRetired() throws Exception {
    var retired =
        new MemberView(PEER.node(), "depot", Role.WRITER, List.of(), "retired", Map.of(), null, 3);
    site.peering.onRetirement =
        (space, node) ->
            space.equals("shop") && node.equals(PEER.node())
                ? Reply.of(retired)
                : Reply.refused(Problem.of(ProblemCode.NOT_ALLOWED, "no admin of it"));
    var path = "/api/v1/spaces/%s/members/%s/retirement";

    var answer = answer(200, "POST", path.formatted("shop", PEER.node()), "");
    assertThat(answer.get("state").asString()).isEqualTo("retired");
    assertThat(answer.get("epoch").asInt()).isEqualTo(3);
    assertProblem(403, "not-allowed", "POST", path.formatted("other", PEER.node()), "");
    assertProblem(404, "peer-unknown", "POST", path.formatted("shop", "nobody"), "");
  }

  @Test
  void badBodiesAreProblems() throws Exception {
    assertProblem(400, "malformed-json", "POST", "/api/v1/peers", "{\"invitation\":");
    assertProblem(400, "malformed-json", "POST", "/api/v1/peers", "");
    assertProblem(400, "malformed-json", "POST", "/api/v1/invitations", "[]");
    assertProblem(413, "document-too-large", "POST", "/api/v1/peers", " ".repeat(70_000));
    var wrong =
        answer(400, "POST", "/api/v1/invitations", "{\"spaces\":[{\"space\":\"a\"}],\"for\":1}");
    assertThat(wrong.get("errors").get(0).get("field").asString()).isEqualTo("for");
  }

  @Test
  void bodiesOfAnotherMediaTypeAreRefused() throws Exception {
    site.peering.onInvite = _ -> Reply.of(new InvitationIssued("sa1x"));
    var invitation = "{\"spaces\":[{\"space\":\"shop\"}]}";
    for (var type : List.of("text/plain", "application/x-www-form-urlencoded")) {
      var refused = site.send("POST", "/api/v1/invitations", invitation, type);
      assertThat(refused.statusCode()).as(refused.body()).isEqualTo(415);
      assertThat(refused.body()).contains("unsupported-media-type");
      assertThat(site.send("POST", "/api/v1/peers", "{}", type).statusCode()).isEqualTo(415);
      var path = "/api/v1/peers/" + PEER.node() + "/link";
      assertThat(site.send("PUT", path, "{}", type).statusCode()).isEqualTo(415);
    }
  }

  @Test
  void bundleIsForSomeNode() throws Exception {
    assertProblem(400, "invalid-request", "GET", "/api/v1/bundles", "");
    assertProblem(404, "peer-unknown", "GET", "/api/v1/bundles?to=nobody", "");
  }

  @Test
  void bundleThatIsNotMadeToTheEndIsSeenToBreakOff() {
    site.bundles.willAnswer(
        Flux.just(new byte[300_000])
            .concatWith(Flux.error(new Refused(ProblemCode.UNREADABLE, "on purpose"))));
    assertThatThrownBy(() -> site.send("GET", BUNDLE, "")).isInstanceOf(IOException.class);
  }

  @Test
  void bundleThatNobodyReadsAnyMoreIsNotMade() throws Exception {
    var cancelled = new CompletableFuture<Boolean>();
    site.bundles.willAnswer(
        Flux.<byte[]>generate(sink -> sink.next(new byte[100_000]))
            .doOnCancel(() -> cancelled.complete(true)));
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), site.port())) {
      socket
          .getOutputStream()
          .write(("GET " + BUNDLE + " HTTP/1.1\r\nHost: localhost\r\n\r\n").getBytes(UTF_8));
      assertThat(socket.getInputStream().readNBytes(100)).hasSize(100);
    }
    assertThat(cancelled.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatIsNotBuiltHasNoRoute() throws Exception {
    assertProblem(404, "not-found", "DELETE", "/api/v1/peers/" + PEER.node(), "");
    assertProblem(404, "not-found", "POST", "/api/v1/peers/" + PEER.node() + "/verification", "{}");
    assertProblem(405, "method-not-allowed", "DELETE", "/api/v1/peers", "");
  }

  private static void assertProblem(
      int status, String code, String method, String path, String body) throws Exception {
    var problem = answer(status, method, path, body);
    assertThat(problem.toString()).contains(code);
  }

  private static List<String> names(JsonNode object) {
    return List.copyOf(object.propertyNames());
  }
}
