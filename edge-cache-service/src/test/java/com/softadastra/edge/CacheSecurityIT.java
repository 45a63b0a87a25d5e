package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.WebRequest;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not get through, in either direction. */
@Timeout(60)
class CacheSecurityIT {
  private static final String FRESH = "Cache-Control: max-age=60\r\n";

  @TempDir static Path data;
  private static EdgeServer edge;
  private static TestOrigin origin;

  private final String path = "/cache/shop/" + System.nanoTime();

  @BeforeAll
  static void start() throws IOException {
    origin = new TestOrigin();
    edge =
        new EdgeServer(
            data,
            origin.port,
            "--softadastra.edge.origins.base.url=http://127.0.0.1:" + origin.port + "/base/",
            "--softadastra.edge.fetch.request-body=1KB",
            "--softadastra.edge.fetch.silence=1s",
            "--softadastra.edge.fetch.place=100ms",
            "--softadastra.edge.fetch.connections=2");
  }

  @AfterAll
  static void stop() {
    edge.close();
    origin.close();
  }

  @BeforeEach
  void clean() {
    origin.seen.clear();
    origin.answers(200, FRESH, "tea");
  }

  private static void assertProblem(RawHttp.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.text()).contains("\"code\":\"" + code + "\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/cache/none/a",
        "/cache",
        "/cache/",
        "/cache/http://127.0.0.1/",
        "/cache/127.0.0.1/a",
        "/cache/SHOP/a",
        "/cache/sh%6Fp/a",
        "/cache/..%2fshop/a",
        "/cache//shop/a",
        "/cache/shop%2Fa"
      })
  void nothingIsFetchedFromWhatHasNoName(String unnamed) throws IOException {
    assertThat(edge.get(unnamed).status()).isEqualTo(404);
    assertProblem(edge.get("/cache/none/a"), 404, "origin-unknown");
    assertThat(origin.seen).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/../b",
        "/%2e%2e/b",
        "/.%2E/b",
        "/%252e%252e/b",
        "/a/..%2fb",
        "/a/..;/b",
        "/a/.",
        "//b",
        "/a//b",
        "/a\\..\\b",
        "/a%5c..%5cb",
        "/a%00b",
        "/a%0d%0aX-Evil:%20b",
        "/a%0ab"
      })
  void pathsThatServersReadDifferentlyNeverArrive(String odd) throws IOException {
    assertProblem(edge.get("/cache/base" + odd), 400, "invalid-request");
    assertThat(origin.seen).isEmpty();
  }

  @Test
  void staysBelowTheUrl() throws IOException {
    edge.get("/cache/base/a%20b?c=d&e=%2F..%2F");
    edge.get("/cache/base");
    assertThat(origin.seen.getFirst().target()).isEqualTo("/base/a%20b?c=d&e=%2F..%2F");
    assertThat(origin.seen.getLast().target()).isEqualTo("/base/");
    assertThat(origin.seen.getFirst().values("Host")).containsExactly("127.0.0.1:" + origin.port);
  }

  @Test
  void isGuardedAsAllOfTheNodeIs() throws IOException {
    assertThat(edge.get(path, "Host: evil.example").status()).isEqualTo(403);
    assertThat(edge.get(path, "Host: localhost", "Origin: http://evil.example").status())
        .isEqualTo(403);
    assertThat(edge.send("DELETE", "/api/v1/cache/shop", "", "Host: evil.example").status())
        .isEqualTo(403);
    assertThat(origin.seen).isEmpty();
  }

  @Test
  void pagesOfAnOriginCanDoNothingInTheNodesName() throws IOException {
    origin.answers(200, FRESH + "Content-Security-Policy: script-src *\r\n", "<script>");
    assertThat(edge.get(path).header("Content-Security-Policy"))
        .isEqualTo("sandbox allow-same-origin");
    assertThat(edge.get(path).header("Content-Security-Policy"))
        .isEqualTo("sandbox allow-same-origin");
    assertThat(edge.get(path).header("X-Content-Type-Options")).isEqualTo("nosniff");
  }

  @Test
  @DisplayName("RFC 9110, 7.6: fields of one connection stay there, and each side is told by Via")
  void connectionFields() throws IOException {
    origin.answers(
        200,
        FRESH + "Connection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nVia: 1.0 far\r\n",
        "tea");
    var answer =
        edge.get(
            path,
            "Connection: X-Mine, close",
            "X-Mine: 1",
            "TE: trailers",
            "Upgrade: h2c",
            "Proxy-Authorization: Basic eA==",
            "X-Forwarded-Host: evil",
            "Forwarded: host=evil",
            "Via: 1.1 near");
    assertThat(answer.headers()).doesNotContainKeys("x-hop", "keep-alive");
    assertThat(answer.header("Via")).startsWith("1.1 softadastra-");
    var seen = origin.seen.getFirst();
    for (String name :
        new String[] {
          "X-Mine", "TE", "Upgrade", "Proxy-Authorization", "X-Forwarded-Host", "Expect"
        }) {
      assertThat(seen.values(name)).as(name).isEmpty();
    }
    assertThat(seen.values("Forwarded")).containsExactly("for=\"127.0.0.1\";proto=http");
    assertThat(seen.values("Via")).hasSize(2).first().isEqualTo("1.1 near");
  }

  @Test
  @DisplayName("RFC 9110, 7.6.3: a request that has been here before goes no further")
  void loop() throws IOException {
    String pseudonym = edge.get(path).header("Via");
    origin.seen.clear();
    assertProblem(edge.get(path + "x", "Via: 1.1 a", "Via: " + pseudonym), 508, "forwarding-loop");
    assertThat(origin.seen).isEmpty();
  }

  @Test
  void theNodesTokenGoesToNobody(@TempDir Path other) throws IOException {
    try (var guarded = new EdgeServer(other, origin.port, "--softadastra.access.token=secret")) {
      assertProblem(guarded.get(path), 401, "unauthenticated");
      assertThat(guarded.get(path, "Authorization: Bearer secret").text()).isEqualTo("tea");
      assertThat(origin.seen.getFirst().values("Authorization")).isEmpty();
      assertThat(guarded.get(path, "Authorization: Bearer secret").header("Cache-Status"))
          .contains("; hit");

      // nor by way of a service that asks for none, or for another
      for (String token : List.of("secret", "other")) {
        origin.seen.clear();
        var fields = List.of(new FieldLine("authorization", "bearer  " + token));
        var request =
            new WebRequest("GET", path + token, null, fields, "HTTP/1.1", "http", "127.0.0.1");
        guarded.reads().read(request).blockLast(Awaiting.DEADLINE);
        assertThat(origin.seen.getFirst().values("Authorization"))
            .hasSize(token.equals("secret") ? 0 : 1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 60",
        "Content-Length: +5",
        "Content-Length: 5, 60",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\u000bchunked",
        "Content-Length: 5\r\n Transfer-Encoding: chunked"
      })
  @DisplayName("RFC 9112, 6: a request whose framing is unclear never becomes two")
  void smuggledRequests(String framing) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              ("POST "
                      + path
                      + " HTTP/1.1\r\nHost: localhost\r\n"
                      + framing
                      + "\r\n\r\n0\r\n\r\nGET /cache/shop/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      socket.getInputStream().readAllBytes();
    } catch (IOException _) {
      // refused by hanging up
    }
    assertThat(origin.seen)
        .noneMatch(it -> it.target().contains("smuggled") && it.method().equals("GET"));
    assertThat(origin.seen)
        .allMatch(
            it -> it.values("Content-Length").size() + it.values("Transfer-Encoding").size() <= 1);
    assertThat(origin.seen).noneMatch(it -> it.body().contains("smuggled"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 x\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\ntea",
        "HTTP/1.1 200 x\r\nContent-Length: -3\r\n\r\ntea",
        "HTTP/1.1 200 x\r\nContent-Length: 3x\r\n\r\ntea",
        "HTTP/1.1 200 x\r\nX-A: b\u0000c\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 200 x\r\nX A: b\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 200 x\r\nno colon\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 0 x\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 99 x\r\nContent-Length: 3\r\n\r\ntea",
        "HTTP/1.1 1000 x\r\nContent-Length: 3\r\n\r\ntea",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\ntea\r\n0\r\n\r\n",
        "HTTP/1.1 200 x\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\ntea"
      })
  @DisplayName("RFC 9112, 6: an answer whose framing is unclear is no answer")
  void smuggledAnswers(String raw) throws IOException {
    origin.answers((_, out) -> {
      out.write(raw.getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      throw new IOException("no more");
    });
    assertThat(edge.get(path).status()).isEqualTo(502);
    origin.answers(200, FRESH, "tea");
    assertThat(edge.get(path).text()).isEqualTo("tea");
  }

  @Test
  @DisplayName(
      "RFC 9112, 6.3: of an answer with both framings the chunks count, and it is framed anew")
  void bothFramings() throws IOException {
    origin.answers((_, out) ->
        out.write(
            ("HTTP/1.1 200 x\r\n"
                    + FRESH
                    + "Content-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1)));
    assertThat(edge.get(path).text()).isEqualTo("tea");
    var hit = edge.get(path);
    assertThat(hit.text()).isEqualTo("tea");
    assertThat(hit.header("Content-Length")).isEqualTo("3");
  }

  @Test
  @DisplayName("RFC 9112, 2.2: what follows an answer is not the next one")
  void answersOneByOne() throws IOException {
    origin.answers((_, out) ->
        out.write(
            (new String(answer(200, FRESH, "tea"), StandardCharsets.ISO_8859_1)
                    + new String(answer(200, FRESH, "poison"), StandardCharsets.ISO_8859_1))
                .getBytes(StandardCharsets.ISO_8859_1)));
    assertThat(edge.get(path).text()).isEqualTo("tea");
    origin.answers(200, FRESH, "coffee");
    assertThat(edge.get(path + "b").text()).isEqualTo("coffee");
  }

  @Test
  void headsHaveABound() throws IOException {
    origin.answers(200, FRESH + "X-A: " + "b".repeat(15_000) + "\r\n", "tea");
    assertThat(edge.get(path).status()).isEqualTo(200);
    origin.answers(200, FRESH + ("X-A: " + "b".repeat(9_000) + "\r\n").repeat(2), "tea");
    assertProblem(edge.get(path + "b"), 502, "origin-failed");
    origin.answers(200, FRESH + "X: y\r\n".repeat(300), "tea");
    assertProblem(edge.get(path + "c"), 502, "origin-failed");
  }

  @Test
  void bodiesOfRequestsHaveABound() throws IOException {
    assertProblem(edge.send("POST", path, "x".repeat(1025)), 413, "document-too-large");
    assertThat(origin.seen).isEmpty();
    var chunked =
        RawHttp.send(
            edge.port,
            "POST "
                + path
                + " HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n401\r\n"
                + "x".repeat(1025)
                + "\r\n0\r\n\r\n");
    assertProblem(chunked, 413, "document-too-large");
    assertThat(origin.seen).isEmpty();
    assertThat(edge.send("POST", path, "x".repeat(1024)).status()).isEqualTo(200);
  }

  @Test
  void aReadHasNoBody() throws IOException {
    assertThat(edge.send("GET", path, "x=y").text()).isEqualTo("tea");
    assertThat(origin.seen.getFirst().body()).isEmpty();
    assertThat(origin.seen.getFirst().values("Content-Length")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TRACE", "CONNECT"})
  void someMethodsAreNotPassedOn(String method) throws IOException {
    assertThat(edge.send(method, path, "").status()).isIn(400, 405);
    assertThat(origin.seen).isEmpty();
  }

  @Test
  void silenceHasABound() throws IOException {
    edge.get(path);
    edge.later(61);
    origin.answers((_, _) -> new CountDownLatch(1).await());
    assertThat(edge.get(path).header("Cache-Status"))
        .contains("; hit")
        .contains("origin unreachable");
    long start = System.nanoTime();
    assertThat(edge.get(path).text()).as("served at once from now on").isEqualTo("tea");
    assertThat(System.nanoTime() - start).isLessThan(800_000_000L);
    assertProblem(edge.get(path + "b"), 504, "origin-unreachable");
  }

  @Test
  void fetchesHaveABound() throws Exception {
    var go = new CountDownLatch(1);
    var arrived = new CountDownLatch(2);
    origin.answers((_, out) -> {
      arrived.countDown();
      go.await();
      out.write(answer(200, FRESH, "tea"));
    });
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> edge.get(path + "1").status());
      var second = threads.submit(() -> edge.get(path + "2").status());
      arrived.await();
      assertProblem(edge.get(path + "3"), 503, "busy");
      go.countDown();
      assertThat(first.get()).isEqualTo(200);
      assertThat(second.get()).isEqualTo(200);
    }
  }

  @Test
  void answersOnOneConnectionStayApart() throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      var in = new BufferedInputStream(socket.getInputStream());
      for (int i = 0; i < 3; i++) {
        socket
            .getOutputStream()
            .write(EdgeServer.request("GET", path, "").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(RawHttp.read(in, false).text()).isEqualTo("tea");
      }
    }
  }
}
