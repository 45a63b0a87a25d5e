package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.RequestRefused;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tools.jackson.databind.JsonNode;

/**
 * What a site's edge has, read at the port of its runtime, which is all that an application knows:
 * a cache before an origin, and blobs of a peer; and the mail of a space of others. The site is
 * four processes, the peer is one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.SAME_THREAD)
class SiteIT {
  private static final int LARGE = 40_000_000;
  private static final int WRITES = 60;

  /** A relay that couldn't be reached is called again within a minute. */
  private static final Duration CALLED_AGAIN = Duration.ofMinutes(2);

  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private Nodes nodes;
  private HttpServer origin;
  private TestNode site;
  private TestNode peer;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    origin = origin(0);
    nodes = new Nodes(directory);
    peer = nodes.create("peer");
    site =
        nodes.createSite(
            "site",
            "--softadastra.edge.origins.docs.url=http://127.0.0.1:"
                + origin.getAddress().getPort());
    Nodes.start(site, peer);
    peer.openSpace();
    site.join(peer.invite("writer"));
    site.awaitLinkTo(peer.id(), "connected");
  }

  @AfterAll
  void clear() {
    nodes.close();
    origin.stop(0);
    threads.close();
  }

  private HttpServer origin(int port) throws IOException {
    var server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
    return server;
  }

  /** {@code /large} is large and not to be stored, {@code /broken} half of that. */
  private void answer(HttpExchange exchange) throws IOException {
    asked.incrementAndGet();
    boolean isLarge = !exchange.getRequestURI().getPath().equals("/page");
    byte[] page = "from the origin".getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Cache-Control", isLarge ? "no-store" : "max-age=1");
    exchange.getResponseHeaders().set("ETag", "\"e\"");
    exchange.sendResponseHeaders(200, isLarge ? LARGE : page.length);
    try (var body = exchange.getResponseBody()) {
      if (!isLarge) {
        body.write(page);
        return;
      }
      int bytes = exchange.getRequestURI().getPath().equals("/broken") ? LARGE / 2 : LARGE;
      for (int sent = 0; sent < bytes; sent += 10_000) {
        body.write(new byte[10_000]);
      }
    }
  }

  private LayerProcesses processes() {
    return (LayerProcesses) site.process();
  }

  private HttpRequest.Builder atRuntime(String path) {
    return at(site.process().port(), path);
  }

  private static HttpRequest.Builder at(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
    var request = atRuntime(path);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return send(request);
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  private static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  private static void assertCode(HttpResponse<byte[]> answer, int status, String code) {
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
    assertThat(text(answer)).contains("\"code\":\"" + code + "\"");
  }

  @Test
  void theCacheAnswersWithItsOriginAndWithout() throws Exception {
    int before = asked.get();
    var first = get("/cache/docs/page");
    assertThat(text(first)).isEqualTo("from the origin");
    assertThat(header(first, "Cache-Status")).contains("fwd=uri-miss").contains("stored");
    assertThat(header(first, "Content-Security-Policy")).contains("sandbox");
    assertThat(header(first, "X-Content-Type-Options")).isEqualTo("nosniff");
    var hit = get("/cache/docs/page");
    assertThat(text(hit)).isEqualTo("from the origin");
    // where this machine takes longer than a second, it was asked whether that is still so
    assertThat(header(hit, "Cache-Status")).containsAnyOf("; hit", "fwd=stale");
    assertThat(asked).hasValueLessThanOrEqualTo(before + 2);

    origin.stop(0);
    try {
      var stale =
          await("an answer that is stale")
              .atMost(SOON)
              .until(
                  () -> get("/cache/docs/page"),
                  it -> header(it, "Cache-Status").contains("stale"));
      assertThat(stale.statusCode()).isEqualTo(200);
      assertThat(text(stale)).isEqualTo("from the origin");
      assertThat(Integer.parseInt(header(stale, "Age"))).isPositive();
      assertThat(get("/cache/docs/page", "If-None-Match", "\"e\"").statusCode()).isEqualTo(304);
      assertCode(get("/cache/docs/other"), 504, "origin-unreachable");
      assertCode(get("/cache/none/page"), 404, "origin-unknown");
    } finally {
      origin = origin(origin.getAddress().getPort());
    }

    var write = send(atRuntime("/cache/docs/page").POST(BodyPublishers.ofString("x")));
    assertCode(write, 405, "method-not-allowed");
    assertThat(header(write, "Allow")).isEqualTo("GET, HEAD");
  }

  @Test
  void aBlobOfAPeerIsFetched() throws Exception {
    byte[] bytes = new byte[5_000_011];
    new Random(1).nextBytes(bytes);
    var id = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    var blob = "/api/v1/blobs/" + id;
    assertCode(get(blob), 404, "blob-unknown");
    var put = at(peer.process().port(), blob).PUT(BodyPublishers.ofByteArray(bytes));
    assertThat(send(put).statusCode()).isEqualTo(201);

    var whole =
        await("the peer's blob")
            .atMost(SOON)
            .until(() -> get(blob), answer -> answer.statusCode() == 200);
    assertThat(whole.body()).isEqualTo(bytes);
    var part = get(blob, "Range", "bytes=1000000-1000009");
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(header(part, "Content-Range")).isEqualTo("bytes 1000000-1000009/5000011");
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, 1_000_000, 1_000_010));
    var known = get(blob, "If-None-Match", header(whole, "ETag"));
    assertThat(known.statusCode()).isEqualTo(304);
    assertThat(header(whole, "Content-Security-Policy")).contains("sandbox");
    assertCode(send(atRuntime(blob).DELETE()), 405, "method-not-allowed");
    // the same at the edge's own port
    assertThat(send(at(processes().edgePort(), blob)).body()).isEqualTo(bytes);
  }

  @Test
  void whatBreaksOffAtTheOriginBreaksOffAtTheClient() throws Exception {
    assertThat(get("/cache/docs/large").body()).hasSize(LARGE);
    assertThatThrownBy(() -> get("/cache/docs/broken")).isInstanceOf(IOException.class);
  }

  /** Killed while a client reads, which sees its connection end and not an end of the answer. */
  @Test
  void aKilledEdgeBreaksOffWhatIsReadAndComesBack() throws Exception {
    var answer = HTTP.send(atRuntime("/cache/docs/large").build(), BodyHandlers.ofInputStream());
    try (var body = answer.body()) {
      assertThat(body.readNBytes(1_000_000)).hasSize(1_000_000);
      processes().killEdge();
      assertThatThrownBy(() -> body.transferTo(OutputStream.nullOutputStream()))
          .isInstanceOf(IOException.class);
    }
    var without = get("/cache/docs/page");
    assertCode(without, 503, "layer-unreachable");
    assertThat(header(without, "Retry-After")).isEqualTo("1");
    assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(200);
    site.openSpace();
    site.write("a", "without an edge");

    processes().startEdge(Nodes.START);
    assertThat(text(get("/cache/docs/page"))).isEqualTo("from the origin");
  }

  /**
   * The site is the relay of a space whose members don't meet again. Its edge is killed while one
   * brings its mail, and again when all is there.
   */
  @Test
  void membersThatNeverMeetBecomeTheSameThoughTheEdgeBetweenThemIsKilled() throws Exception {
    var a = peer.in("mail");
    var b = nodes.createSimple("b").in("mail");
    Nodes.start(b);
    String idOfA = a.id();
    String idOfB = b.id();
    a.openSpace();
    site.join(a.invite("relay"));
    b.join(a.invite("writer"));
    a.write("first", "by a");
    awaitSame(SOON, a, b);
    b.awaitLinkTo(site.id(), "connected");
    a.switchLink(idOfB, "off");
    b.switchLink(idOfA, "off");
    b.process().stop();

    a.awaitReceipt(a.write("early", "by a").path("intent").asString(), "in-custody");
    for (int i = 0; i < WRITES; i++) {
      if (i == WRITES / 2) {
        processes().killEdge();
      }
      a.write("a" + i, "by a");
    }
    String intent = a.write("last", "by a").path("intent").asString();
    assertThat(a.receipt(intent).path("state").asString()).isEqualTo("recorded");
    processes().startEdge(Nodes.START);
    assertThat(site.mailbox(idOfB).path("envelopes").asLong()).isPositive();
    awaitDelivery(a, intent, "in-custody");
    assertThat(delivery(a, intent).path("via").asString()).isEqualTo(site.id());
    assertThatThrownBy(site.in("mail")::digest)
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("space-unknown");

    var kept = site.mailbox(idOfB);
    processes().killEdge();
    processes().startEdge(Nodes.START);
    assertThat(site.mailbox(idOfB).path("envelopes")).isEqualTo(kept.path("envelopes"));
    Nodes.start(b);
    awaitDelivery(a, intent, "delivered");
    assertThat(a.receipt(intent).path("state").asString()).isEqualTo("everywhere");
    assertThat(b.documents()).isEqualTo(a.documents()).hasSize(WRITES + 3);
    String answer = b.write("answer", "by b").path("intent").asString();
    awaitDelivery(b, answer, "delivered");
    assertThat(a.text("answer")).isEqualTo("by b");
    awaitSame(SOON, a, b);
    assertThat(a.peer(idOfB).path("route").asString()).isEqualTo("relayed");
    await("empty mailboxes")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(site.mailboxes().path("mailboxes")).isEmpty());
  }

  private static JsonNode delivery(TestNode node, String intent) {
    return node.receipt(intent).path("deliveries").path(0);
  }

  private static void awaitDelivery(TestNode node, String intent, String state) {
    await("delivery of " + intent)
        .atMost(CALLED_AGAIN)
        .untilAsserted(
            () -> assertThat(delivery(node, intent).path("state").asString()).isEqualTo(state));
  }
}
