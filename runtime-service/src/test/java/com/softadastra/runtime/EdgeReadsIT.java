package com.softadastra.runtime;

import static com.softadastra.runtime.RuntimeServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.suite.CuttableProxy;
import com.softadastra.contracts.suite.Source;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;

/** What is read of an edge in another process, at the runtime's port. */
@Timeout(120)
class EdgeReadsIT {
  private static final int PIECE = 8 << 10;
  private static final String BLOB = "/api/v1/blobs/x";

  private static final List<WebRequest> seen = new CopyOnWriteArrayList<>();
  private static volatile Function<WebRequest, Flux<ResponsePart>> edge;
  private static LinkServer links;
  private static CuttableProxy line;
  private static ConfigurableApplicationContext runtime;

  @BeforeAll
  static void start() {
    links = serve(LinkAddress.loopback(0));
    line = new CuttableProxy(links.address().port());
    runtime = runtime(LinkAddress.loopback(line.port()));
  }

  @AfterAll
  static void stop() {
    runtime.close();
    line.close();
    links.close();
  }

  @BeforeEach
  void clean() {
    seen.clear();
    edge = _ -> parts(head(200, 3), "tea");
  }

  private static LinkServer serve(LinkAddress address) {
    return LinkServer.bind(address, LinkSecret.none())
        .serve(Documents.class, new InMemoryDocuments())
        .serve(
            WebReads.class,
            request -> {
              seen.add(request);
              return edge.apply(request);
            });
  }

  private static ConfigurableApplicationContext runtime(LinkAddress edge, String... settings) {
    var arguments = new ArrayList<>(List.of(settings));
    arguments.add("--server.port=0");
    arguments.add("--softadastra.link.sync=" + links.address());
    arguments.add("--softadastra.link.edge=" + edge);
    return RuntimeApplication.application().run(arguments.toArray(String[]::new));
  }

  private static int port(ConfigurableApplicationContext context) {
    return ((ServletWebServerApplicationContext) context).getWebServer().getPort();
  }

  private static String request(String method, String path, String... headers) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\n"
        + String.join("", Stream.of(headers).map(it -> it + "\r\n").toList())
        + "\r\n";
  }

  private static RawHttp.Answer get(String path, String... headers) throws IOException {
    return RawHttp.send(port(runtime), request("GET", path, headers));
  }

  private static ResponsePart.Head head(int status, long length, String... namesAndValues) {
    var fields = new ArrayList<FieldLine>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.add(new FieldLine(namesAndValues[i], namesAndValues[i + 1]));
    }
    return new ResponsePart.Head(status, fields, length);
  }

  private static Flux<ResponsePart> parts(ResponsePart.Head head, String... pieces) {
    return Flux.concat(
        Flux.just(ResponsePart.of(head)),
        Flux.fromArray(pieces)
            .map(it -> ResponsePart.of(it.getBytes(StandardCharsets.ISO_8859_1))));
  }

  private static Source<ResponsePart> endless() {
    return new Source<>(
        n -> n == 0 ? ResponsePart.of(head(200, -1)) : ResponsePart.of(new byte[PIECE]));
  }

  /** A client that has sent a request and read nothing yet. */
  private static Socket asked(String path) throws IOException {
    var socket = new Socket();
    socket.setReceiveBufferSize(64 << 10);
    socket.setSoTimeout((int) Awaiting.DEADLINE.toMillis());
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port(runtime)));
    socket.getOutputStream().write(request("GET", path).getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  @Test
  void passesTheRequestOnAsItWasSent() throws IOException {
    assertThat(
            get("/cache/shop/%2e;a?b=%2F", "Range: bytes=0-1", "X-A: 1", "X-A: 2", "TE: trailers")
                .text())
        .isEqualTo("tea");
    get(BLOB);
    assertThat(seen)
        .containsExactly(
            new WebRequest(
                "GET",
                "/cache/shop/%2e%3Ba",
                "b=%2F",
                List.of(
                    new FieldLine("Host", "localhost"),
                    new FieldLine("Range", "bytes=0-1"),
                    new FieldLine("X-A", "1"),
                    new FieldLine("X-A", "2"),
                    new FieldLine("TE", "trailers")),
                "HTTP/1.1",
                "http",
                "127.0.0.1"),
            new WebRequest(
                "GET",
                BLOB,
                null,
                List.of(new FieldLine("Host", "localhost")),
                "HTTP/1.1",
                "http",
                "127.0.0.1"));
  }

  @Test
  void passesTheAnswerOn() throws IOException {
    String longest = "a".repeat(17_000);
    edge =
        _ ->
            parts(
                head(
                    206,
                    4,
                    "ETag",
                    "\"e\"",
                    "Via",
                    "1.1 edge",
                    "Content-Security-Policy",
                    "sandbox",
                    "X-Long",
                    longest),
                "te",
                "",
                "as");
    var answer = get("/cache/shop/a");
    assertThat(answer.status()).isEqualTo(206);
    assertThat(answer.text()).isEqualTo("teas");
    assertThat(answer.headers())
        .containsEntry("etag", "\"e\"")
        .containsEntry("via", "1.1 edge")
        .containsEntry("content-security-policy", "sandbox")
        .containsEntry("x-content-type-options", "nosniff")
        .containsEntry("content-length", "4")
        .containsEntry("x-long", longest);

    edge = _ -> parts(head(200, 400));
    var head = RawHttp.send(port(runtime), request("HEAD", "/cache/shop/a"));
    assertThat(head.header("Content-Length")).isEqualTo("400");
    edge = _ -> parts(head(304, -1));
    assertThat(get("/cache/shop/a").status()).isEqualTo(304);
    edge = _ -> parts(head(200, -1), "a", "b");
    assertThat(get("/cache/shop/a").text()).isEqualTo("ab");
  }

  @ParameterizedTest
  @CsvSource({"PUT," + BLOB, "DELETE," + BLOB + "/pin", "POST,/cache/shop/a", "OPTIONS,/cache/a"})
  void onlyReads(String method, String path) throws IOException {
    var answer = RawHttp.send(port(runtime), request(method, path, "Content-Length: 0"));
    var problem = assertProblem(answer, 405, "method-not-allowed");
    assertThat(problem.get("detail").toString()).contains("its own port");
    assertThat(answer.header("Allow")).isEqualTo("GET, HEAD");
    assertThat(seen).isEmpty();
  }

  @Test
  void isGuardedAsAllOfTheRuntimeIs() throws IOException {
    assertThat(get("/cache/shop/a", "Origin: http://evil.example").status()).isEqualTo(403);
    assertThat(seen).isEmpty();
  }

  @Test
  void theNodesTokenStaysHere() throws IOException {
    assertThat(get("/cache/shop/a", "Authorization: Bearer other").status()).isEqualTo(200);
    assertThat(seen.getFirst().fields()).contains(new FieldLine("Authorization", "Bearer other"));
    seen.clear();
    try (var guarded = runtime(links.address(), "--softadastra.access.token=secret")) {
      for (String name : List.of("Authorization", "authorization", "AUTHORIZATION")) {
        var answer =
            RawHttp.send(port(guarded), request("GET", "/cache/shop/a", name + ": Bearer secret"));
        assertThat(answer.status()).isEqualTo(200);
      }
      assertThat(RawHttp.send(port(guarded), request("GET", "/cache/shop/a")).status())
          .isEqualTo(401);
    }
    assertThat(seen).hasSize(3);
    assertThat(seen.toString()).doesNotContain("secret");
  }

  @Test
  void withoutAnEdgeThereIsAllElse() throws IOException {
    var away = serve(LinkAddress.loopback(0));
    try (var alone = runtime(away.address())) {
      away.close();
      for (String path : List.of("/cache/shop/a", BLOB)) {
        var answer = RawHttp.send(port(alone), request("GET", path));
        assertProblem(answer, 503, "layer-unreachable");
        assertThat(answer.header("Retry-After")).isEqualTo("1");
      }
      assertThat(RawHttp.send(port(alone), request("GET", "/actuator/health/readiness")).status())
          .isEqualTo(200);
      assertThat(RawHttp.send(port(alone), request("GET", "/actuator/health")).status())
          .isEqualTo(200);
      try (var _ = serve(away.address())) {
        assertThat(RawHttp.send(port(alone), request("GET", "/cache/shop/a")).text())
            .isEqualTo("tea");
      }
    }
  }

  @Test
  void refusalsAreProblems() throws IOException {
    edge = _ -> Flux.error(new Refused(ProblemCode.ORIGIN_UNKNOWN, "no such origin"));
    assertProblem(get("/cache/none/a"), 404, "origin-unknown");
    edge = _ -> Flux.error(new Refused(ProblemCode.INTERNAL_ERROR, "the log has more"));
    assertProblem(get("/cache/none/a"), 500, "internal-error");
  }

  @Test
  void whatBreaksOffBeforeAnythingWasSentIsAProblem() throws IOException {
    edge =
        _ ->
            parts(head(200, 9, "ETag", "\"e\"", "Content-Disposition", "attachment"), "te")
                .concatWith(Flux.error(new Refused(ProblemCode.ORIGIN_FAILED, "it broke off")));
    var answer = get("/cache/shop/a");
    assertProblem(answer, 502, "origin-failed");
    assertThat(answer.headers())
        .doesNotContainKeys("etag", "content-disposition")
        .containsEntry("x-content-type-options", "nosniff");
  }

  /** With a length and without, by the edge's word and by a cut. */
  @ParameterizedTest
  @CsvSource({"200000, true", "-1, true", "200000, false", "-1, false"})
  void whatBreaksOffLaterEndsTheConnection(long length, boolean isTold) throws Exception {
    var told = new CountDownLatch(1);
    edge =
        _ ->
            parts(head(200, length), "x".repeat(PIECE), "")
                .concatWith(
                    Flux.<ResponsePart>error(new Refused(ProblemCode.ORIGIN_FAILED, "off"))
                        .delaySubscription(
                            Flux.defer(() -> {
                              Awaiting.until(told, "the client to have read");
                              return Flux.just(1);
                            })));
    try (var socket = asked("/cache/shop/a")) {
      var in = new BufferedInputStream(socket.getInputStream());
      assertThat(RawHttp.line(in)).startsWith("HTTP/1.1 200");
      while (!RawHttp.line(in).isEmpty()) {}
      assertThat(in.read()).isPositive();
      if (isTold) {
        told.countDown();
      } else {
        line.cut();
      }
      byte[] rest = in.readAllBytes();
      assertThat(rest.length).isLessThan(2 * PIECE);
      assertThat(new String(rest, StandardCharsets.ISO_8859_1)).doesNotEndWith("0\r\n\r\n");
    } finally {
      told.countDown();
    }
    edge = _ -> parts(head(200, 3), "tea");
    assertThat(get("/cache/shop/a").text()).isEqualTo("tea");
  }

  @Test
  void whatIsSentSoFarGoesOnWhereTheEdgeSaysSo() throws IOException {
    edge = _ -> parts(head(200, -1), "", "te", "").concatWith(Flux.never());
    try (var socket = asked("/cache/shop/a")) {
      var in = new BufferedInputStream(socket.getInputStream());
      assertThat(RawHttp.line(in)).startsWith("HTTP/1.1 200");
      while (!RawHttp.line(in).isEmpty()) {}
      assertThat(RawHttp.line(in)).isEqualTo("2");
      assertThat(RawHttp.line(in)).isEqualTo("te");
    }
  }

  @Test
  void aClientThatLeavesEndsTheAnswerAtTheEdge() throws IOException {
    var source = endless();
    edge = _ -> source.flux();
    try (var socket = asked("/cache/shop/a")) {
      socket.getInputStream().readNBytes(10 * PIECE);
    }
    source.awaitCancelled();
  }

  /** A client that reads nothing, while others are served. */
  @Test
  void aSlowClientIsWaitedFor() throws IOException {
    var source = endless();
    edge = request -> request.path().endsWith("slow") ? source.flux() : parts(head(200, 0));
    try (var socket = asked("/cache/shop/slow")) {
      for (int i = 0; i < 200; i++) {
        assertThat(get("/cache/shop/a").status()).isEqualTo(200);
      }
      // what sockets and the link hold
      assertThat(source.produced() * PIECE).isBetween((long) PIECE, 16L << 20);
      assertThat(socket.getInputStream().readNBytes(32 << 20)).hasSize(32 << 20);
    }
    source.awaitCancelled();
  }

  @Test
  void answersAtOnceHaveABound() throws IOException {
    edge = request -> request.path().endsWith("slow") ? Flux.never() : parts(head(200, 0));
    var waiting = new ArrayList<Socket>();
    try {
      for (int i = 0; i < 256; i++) {
        waiting.add(asked("/cache/shop/slow"));
      }
      await().until(() -> seen.size() == 256);
      var refused = get("/cache/shop/a");
      assertProblem(refused, 503, "busy");
      assertThat(refused.header("Retry-After")).isEqualTo("1");
      assertThat(get("/api/v1/spaces").status()).isEqualTo(200);
    } finally {
      for (var socket : waiting) {
        socket.close();
      }
      line.cut();
    }
    await().until(() -> get("/cache/shop/a").status() == 200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/cache", "/cache/", "/cache/..%2f", "/api/v1/blobs", "/api/v1/blobs/"})
  void allBelowThesePathsIsTheEdges(String path) throws IOException {
    assertThat(get(path).text()).isEqualTo("tea");
    assertThat(seen.getFirst().path()).isEqualTo(path);
  }
}
