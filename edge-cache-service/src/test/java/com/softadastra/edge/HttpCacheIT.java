package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a shared cache must do, seen from both of its sides. */
@Timeout(60)
class HttpCacheIT {
  @TempDir static Path data;
  private static EdgeServer edge;
  private static TestOrigin shared;

  private TestOrigin origin;
  private String path;

  @BeforeAll
  static void start() throws IOException {
    shared = new TestOrigin();
    edge = new EdgeServer(data, shared.port);
  }

  @AfterAll
  static void stop() {
    edge.close();
    shared.close();
  }

  /** Each test has a path of its own. */
  @BeforeEach
  void atItsPath(TestInfo test) {
    origin = shared;
    origin.seen.clear();
    path = "/cache/shop/" + test.getTestMethod().orElseThrow().getName() + System.nanoTime();
  }

  @AfterEach
  void isUp() throws IOException {
    origin.startAgain();
  }

  private RawHttp.Answer get(String... headers) throws IOException {
    return edge.get(path, headers);
  }

  private static String status(RawHttp.Answer answer) {
    return answer.header("Cache-Status");
  }

  private static void assertProblem(RawHttp.Answer answer, int status, String code)
      throws JsonReader.MalformedJson {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(JsonReader.object(answer.body()).get("code")).isEqualTo(new Json.Str(code));
  }

  @Test
  @DisplayName("RFC 9111, 4: a fresh response is used again without asking; 5.1: with its age")
  void hit() throws IOException {
    origin.answers(
        200, "Cache-Control: max-age=60\r\nContent-Type: text/plain\r\nX-A: b\r\n", "tea");
    var first = get();
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.text()).isEqualTo("tea");
    assertThat(first.headers()).doesNotContainKey("age");
    assertThat(status(first))
        .isEqualTo("softadastra; fwd=uri-miss; fwd-status=200; ttl=60; stored");
    edge.later(10);
    var second = get();
    assertThat(second.text()).isEqualTo("tea");
    assertThat(second.header("X-A")).isEqualTo("b");
    assertThat(second.header("Content-Type")).isEqualTo("text/plain");
    assertThat(Long.parseLong(second.header("Age"))).isBetween(10L, 12L);
    assertThat(status(second)).startsWith("softadastra; hit; ttl=");
    assertThat(second.header("Content-Length")).isEqualTo("3");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  @DisplayName("RFC 9111, 2: the key is the whole URI, with its query")
  void key() throws IOException {
    origin.answers((request, out) ->
        out.write(answer(200, "Cache-Control: max-age=60\r\n", request.target())));
    assertThat(edge.get(path + "?a").text()).endsWith("?a");
    assertThat(edge.get(path + "?b").text()).endsWith("?b");
    assertThat(edge.get(path + "?a").text()).endsWith("?a");
    assertThat(origin.seen).hasSize(2);
  }

  @Test
  @DisplayName("RFC 9111, 4.3: stale is validated, and a 304 makes it fresh with new fields")
  void validation() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\nX-A: old\r\n", "tea");
    get();
    edge.later(61);
    origin.answers(
        (_, out) -> out.write("HTTP/1.1 304 x\r\nETag: \"a\"\r\nX-A: new\r\n\r\n".getBytes()));
    var validated = get();
    assertThat(validated.status()).isEqualTo(200);
    assertThat(validated.text()).isEqualTo("tea");
    assertThat(validated.header("X-A")).isEqualTo("new");
    assertThat(status(validated)).startsWith("softadastra; fwd=stale; fwd-status=304");
    assertThat(origin.seen.getLast().values("If-None-Match")).containsExactly("\"a\"");
    assertThat(status(get())).contains("; hit");
    assertThat(origin.seen).hasSize(2);
  }

  @Test
  @DisplayName("RFC 9111, 4.3.3: another answer to the validation takes its place")
  void replacement() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\n", "tea");
    get();
    edge.later(61);
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"b\"\r\n", "coffee");
    assertThat(get().text()).isEqualTo("coffee");
    assertThat(get().text()).isEqualTo("coffee");
    assertThat(origin.seen).hasSize(2);
  }

  @Test
  @DisplayName("RFC 9111, 4.3.4: a 304 about something else is answered by asking for the whole")
  void otherNotModified() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\n", "tea");
    get();
    edge.later(61);
    origin.answers((request, out) ->
        out.write(
            request.values("If-None-Match").isEmpty()
                ? answer(200, "ETag: \"b\"\r\n", "coffee")
                : "HTTP/1.1 304 x\r\nETag: \"b\"\r\n\r\n".getBytes()));
    assertThat(get().text()).isEqualTo("coffee");
  }

  @Test
  @DisplayName("RFC 9111, 4.3.3: what may not be stored any more is gone")
  void becamePrivate() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\n", "tea");
    get();
    edge.later(61);
    origin.answers(200, "Cache-Control: private\r\n", "yours");
    assertThat(get().text()).isEqualTo("yours");
    origin.stop();
    assertThat(get().status()).isEqualTo(504);
  }

  @Test
  @DisplayName("RFC 9111, 4.2.4: cut off from its origin it serves stale and says how old it is")
  void unreachable() throws Exception {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    origin.stop();
    edge.later(100);
    var stale = get();
    assertThat(stale.status()).isEqualTo(200);
    assertThat(stale.text()).isEqualTo("tea");
    assertThat(Long.parseLong(stale.header("Age"))).isBetween(100L, 102L);
    assertThat(status(stale))
        .matches("softadastra; hit; ttl=-4[0-2]; detail=\"stale: origin unreachable\"");
    var missing = edge.get(path + "-other");
    assertProblem(missing, 504, "origin-unreachable");
    assertThat(status(missing))
        .isEqualTo("softadastra; fwd=uri-miss; detail=\"origin unreachable\"");
    assertThat(missing.header("Cache-Control")).isEqualTo("no-store");
    origin.startAgain();
    assertThat(status(get())).contains("fwd=stale; fwd-status=200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-age=60, must-revalidate",
        "s-maxage=60",
        "max-age=60, proxy-revalidate",
        "max-age=60, stale-if-error=5"
      })
  @DisplayName("RFC 9111, 5.2.2.2: what must be validated is a 504 without its origin")
  void neverStale(String control) throws Exception {
    origin.answers(200, "Cache-Control: " + control + "\r\nETag: \"a\"\r\n", "tea");
    get();
    origin.stop();
    edge.later(100);
    assertProblem(get(), 504, "origin-unreachable");
  }

  @Test
  @DisplayName("RFC 5861, 3: stale while revalidating, and fresh afterwards")
  void staleWhileRevalidate() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60, stale-while-revalidate=60\r\n", "tea");
    get();
    edge.later(70);
    origin.answers(200, "Cache-Control: max-age=60\r\n", "coffee");
    var stale = get();
    assertThat(stale.text()).isEqualTo("tea");
    assertThat(status(stale)).contains("; hit; ttl=-1");
    await().untilAsserted(() -> assertThat(get().text()).isEqualTo("coffee"));
    assertThat(origin.seen).hasSize(2);
  }

  @Test
  @DisplayName("RFC 5861, 4: stale on an error, and the error where that is not allowed")
  void staleIfError() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60, stale-if-error=60\r\n", "tea");
    get();
    origin.answers(503, "", "down");
    edge.later(70);
    var stale = get();
    assertThat(stale.text()).isEqualTo("tea");
    assertThat(status(stale))
        .contains("fwd=stale; fwd-status=503; ttl=-1")
        .contains("detail=\"stale: origin answered 503\"");
    assertThat(stale.headers()).containsKey("age");
    edge.later(60);
    var error = get();
    assertThat(error.status()).isEqualTo(503);
    assertThat(error.text()).isEqualTo("down");
  }

  @Test
  @DisplayName("RFC 9111, 4.1: compressed and plain are variants")
  void compressed() throws IOException {
    origin.answers((request, out) -> {
      boolean gzip = request.values("Accept-Encoding").contains("gzip");
      out.write(
          answer(
              200,
              "Cache-Control: max-age=60\r\nVary: Accept-Encoding\r\n"
                  + (gzip ? "Content-Encoding: gzip\r\n" : ""),
              gzip ? "zipped" : "plain"));
    });
    assertThat(get("Accept-Encoding: gzip").text()).isEqualTo("zipped");
    var plain = get();
    assertThat(plain.text()).isEqualTo("plain");
    assertThat(status(plain)).contains("fwd=vary-miss");
    var zipped = get("Accept-Encoding: gzip");
    assertThat(zipped.text()).isEqualTo("zipped");
    assertThat(zipped.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(get().text()).isEqualTo("plain");
    assertThat(origin.seen).hasSize(2);
  }

  @Test
  @DisplayName(
      "RFC 9111, 3.5: an answer to Authorization is for who asked, unless it says otherwise")
  void authorization() throws IOException {
    origin.answers((request, out) ->
        out.write(
            answer(
                200, "Cache-Control: max-age=60\r\n", request.values("Authorization").toString())));
    assertThat(get("Authorization: Basic eA==").text()).isEqualTo("[Basic eA==]");
    assertThat(get("Authorization: Basic eQ==").text()).isEqualTo("[Basic eQ==]");
    assertThat(get().text()).isEqualTo("[]");
  }

  @Test
  @DisplayName("RFC 9111, 7.3: an answer with a cookie is for who asked")
  void cookie() throws IOException {
    origin.answers(200, "Cache-Control: public, max-age=60\r\nSet-Cookie: a=b\r\n", "tea");
    assertThat(get().header("Set-Cookie")).isEqualTo("a=b");
    get();
    assertThat(origin.seen).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"404,200", "410,200", "404,404"})
  @DisplayName("RFC 9111, 4.2.2: absence is believed for seconds")
  void absence(int first, int then) throws IOException {
    origin.answers(first, "", "none");
    get();
    origin.answers(then, "", "some");
    assertThat(get().status()).isEqualTo(first);
    edge.later(6);
    assertThat(get().status()).isEqualTo(then);
  }

  @Test
  @DisplayName("RFC 9111, 5.2.1.7: only-if-cached is a 504 where it isn't")
  void onlyIfCached() throws Exception {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    var none = get("Cache-Control: only-if-cached");
    assertProblem(none, 504, "not-cached");
    assertThat(status(none)).isEqualTo("softadastra; detail=\"only-if-cached\"");
    assertThat(origin.seen).isEmpty();
    get();
    assertThat(get("Cache-Control: only-if-cached").text()).isEqualTo("tea");
  }

  @Test
  @DisplayName("RFC 9111, 5.2.1.4: no-cache asks the origin though the stored response is fresh")
  void noCache() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    origin.answers(200, "Cache-Control: max-age=60\r\n", "coffee");
    var asked = get("Cache-Control: no-cache");
    assertThat(asked.text()).isEqualTo("coffee");
    assertThat(status(asked)).contains("fwd=request");
    assertThat(get().text()).isEqualTo("coffee");
  }

  @Test
  @DisplayName("RFC 9111, 4: HEAD is answered by a stored GET")
  void head() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    var head = edge.send("HEAD", path, "");
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Length")).isEqualTo("3");
    assertThat(status(head)).contains("; hit");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  @DisplayName("RFC 9111, 4.3.5: what HEAD is told makes a stored response fresh, or useless")
  void freshenedByHead() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\n", "tea");
    get();
    edge.later(61);
    origin.answers((_, out) ->
        out.write(
            "HTTP/1.1 200 x\r\nETag: \"a\"\r\nCache-Control: max-age=60\r\nContent-Length: 3\r\n\r\n"
                .getBytes()));
    var head = edge.send("HEAD", path, "");
    assertThat(head.header("Content-Length")).isEqualTo("3");
    assertThat(status(get())).contains("; hit");
    edge.later(61);
    origin.answers((_, out) ->
        out.write("HTTP/1.1 200 x\r\nETag: \"b\"\r\nContent-Length: 9\r\n\r\n".getBytes()));
    edge.send("HEAD", path, "");
    origin.stop();
    assertThat(get().status()).isEqualTo(504);
  }

  @Test
  @DisplayName("RFC 9111, 5.2.3: directives that are not known are passed over, and passed on")
  void unknownDirectives() throws IOException {
    String control = "private-ish, community=\"UCI, x\", max-age=60";
    origin.answers(200, "Cache-Control: " + control + "\r\n", "tea");
    assertThat(get("Cache-Control: if-possible").header("Cache-Control")).isEqualTo(control);
    var second = get("Cache-Control: if-possible=\"no-cache\"");
    assertThat(status(second)).startsWith("softadastra; hit; ttl=");
    assertThat(second.header("Cache-Control")).isEqualTo(control);
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  @DisplayName("RFC 9211, 2: our member comes behind those of caches nearer the origin")
  void cacheStatusOfOthers() throws IOException, InterruptedException {
    origin.answers(
        200, "Cache-Control: max-age=60\r\nCache-Status: upstream; hit; ttl=9\r\n", "tea");
    String ours = "softadastra; fwd=uri-miss; fwd-status=200; ttl=60; stored";
    assertThat(statuses()).containsExactly("upstream; hit; ttl=9", ours);
    assertThat(statuses())
        .satisfiesExactly(
            upstream -> assertThat(upstream).isEqualTo("upstream; hit; ttl=9"),
            hit -> assertThat(hit).startsWith("softadastra; hit; ttl="));
  }

  /** The members of Cache-Status, in the order in which they come. */
  private List<String> statuses() throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + edge.port + path));
      var answer = client.send(request.build(), BodyHandlers.discarding());
      return answer.headers().allValues("Cache-Status");
    }
  }

  @Test
  @DisplayName("RFC 9110, 14: parts of a stored response; several are answered by the whole")
  void ranges() throws IOException {
    origin.answers(
        200,
        "Cache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Type: text/plain\r\n",
        "0123456789");
    var first = get("Range: bytes=2-4");
    assertThat(first.status()).isEqualTo(206);
    assertThat(first.text()).isEqualTo("234");
    assertThat(origin.seen.getFirst().values("Range")).isEmpty();
    var part = get("Range: bytes=-3", "If-Range: \"a\"");
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.text()).isEqualTo("789");
    assertThat(part.header("Content-Range")).isEqualTo("bytes 7-9/10");
    assertThat(part.header("Content-Length")).isEqualTo("3");
    assertThat(status(part)).contains("; hit");
    assertThat(get("Range: bytes=2-4", "If-Range: \"b\"").text()).isEqualTo("0123456789");
    assertThat(get("Range: bytes=0-1,4-5").text()).isEqualTo("0123456789");
    var none = get("Range: bytes=10-");
    assertThat(none.status()).isEqualTo(416);
    assertThat(none.header("Content-Range")).isEqualTo("bytes */10");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  @DisplayName("RFC 9111, 4.3.2: who has it already is told so")
  void notModified() throws IOException {
    origin.answers(
        200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\nContent-Type: text/plain\r\n", "tea");
    assertThat(get("If-None-Match: \"a\"").status()).isEqualTo(304);
    assertThat(origin.seen.getFirst().values("If-None-Match")).isEmpty();
    var again = get("If-None-Match: \"a\"");
    assertThat(again.status()).isEqualTo(304);
    assertThat(again.header("ETag")).isEqualTo("\"a\"");
    assertThat(again.headers()).containsKey("age").doesNotContainKey("content-type");
    assertThat(get().text()).isEqualTo("tea");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  @DisplayName("RFC 9111, 4.3.2: If-Match is the origin's to judge")
  void ifMatch() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\nETag: \"a\"\r\n", "tea");
    get();
    origin.answers(412, "", "");
    var judged = get("If-Match: \"b\"");
    assertThat(judged.status()).isEqualTo(412);
    assertThat(status(judged)).isEqualTo("softadastra; fwd=bypass; fwd-status=412");
    assertThat(get().text()).isEqualTo("tea");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "PATCH", "DELETE", "PROPFIND"})
  @DisplayName("RFC 9111, 4.4: other methods are passed on, and what they change is forgotten")
  void otherMethods(String method) throws Exception {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    origin.answers(
        (request, out) -> out.write(answer(201, "X-A: b\r\n", request.method() + request.body())));
    var passed = edge.send(method, path, "milk", "Content-Type: text/plain", "X-C: d");
    assertThat(passed.status()).isEqualTo(201);
    assertThat(passed.text()).isEqualTo(method + "milk");
    assertThat(passed.header("X-A")).isEqualTo("b");
    assertThat(status(passed)).isEqualTo("softadastra; fwd=method; fwd-status=201");
    assertThat(origin.seen.getLast().values("Content-Type")).containsExactly("text/plain");
    assertThat(origin.seen.getLast().values("Content-Length")).containsExactly("4");
    assertThat(origin.seen.getLast().values("X-C")).containsExactly("d");
    origin.answers(200, "Cache-Control: max-age=60\r\n", "coffee");
    assertThat(get().text()).isEqualTo("coffee");
  }

  @Test
  @DisplayName("RFC 9111, 4.4: also what Location names; an error changes nothing")
  void invalidation() throws IOException {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    edge.get(path + "/other");
    origin.answers(400, "", "");
    edge.send("POST", path, "x");
    assertThat(status(get())).contains("; hit");
    String below = path.substring("/cache/shop".length());
    origin.answers(201, "Location: " + below + "/other\r\n", "");
    edge.send("POST", path, "x");
    assertThat(status(get())).contains("fwd=uri-miss");
    assertThat(status(edge.get(path + "/other"))).contains("fwd=uri-miss");
  }

  @Test
  void whatCanNotBePassedOnIsAProblem() throws Exception {
    origin.answers(200, "Cache-Control: max-age=60\r\n", "tea");
    get();
    origin.stop();
    var refused = edge.send("OPTIONS", path, "");
    assertProblem(refused, 504, "origin-unreachable");
    assertThat(status(refused)).isEqualTo("softadastra; fwd=method; detail=\"origin unreachable\"");
    assertThat(get().text()).isEqualTo("tea");
  }

  @Test
  void isPurgedByPathPrefixAndTag() throws IOException {
    origin.answers((request, out) ->
        out.write(
            answer(
                200,
                "Cache-Control: max-age=60\r\nCache-Tag: news, front\r\nSurrogate-Key: "
                    + (request.target().endsWith("/2") ? "two x" : "one x")
                    + "\r\n",
                "tea")));
    String below = path.substring("/cache/shop".length());
    for (String suffix : new String[] {"/1", "/2", "/2?q=%20", "/3"}) {
      edge.get(path + suffix);
    }
    assertThat(purge("path=" + below + "/1")).isEqualTo("{\"purged\":1}");
    assertThat(purge("path=" + below + "/1")).isEqualTo("{\"purged\":0}");
    assertThat(status(edge.get(path + "/1"))).contains("fwd=uri-miss");
    assertThat(purge("path=" + below + "/2%3Fq=%20")).isEqualTo("{\"purged\":1}");
    assertThat(purge("tag=two&path=" + below + "/*")).isEqualTo("{\"purged\":1}");
    assertThat(purge("tag=new&path=" + below + "/*")).isEqualTo("{\"purged\":0}");
    assertThat(purge("tag=front&path=" + below + "/*")).isEqualTo("{\"purged\":2}");
    assertThat(edge.send("DELETE", "/api/v1/cache/none", "").status()).isEqualTo(404);
  }

  private static String purge(String what) throws IOException {
    return edge.send("DELETE", "/api/v1/cache/shop?" + what, "").text();
  }

  @Test
  void purgesWhatIsOnItsWay() throws Exception {
    var fetched = new AtomicInteger();
    origin.answers((_, out) -> {
      if (fetched.incrementAndGet() == 1) {
        purge("path=/*");
      }
      out.write(answer(200, "Cache-Control: max-age=60\r\n", "tea" + fetched));
    });
    assertThat(get().text()).isEqualTo("tea1");
    assertThat(get().text()).isEqualTo("tea2");
  }

  @Test
  void whoHasReadToTheEndFindsItStoredWhateverElseIsPurged() throws IOException {
    origin.answers((request, out) ->
        out.write(
            answer(
                200,
                "Cache-Control: max-age=60\r\n",
                request.target().contains("/empty") ? "" : "tea")));
    for (int i = 0; i < 300; i++) {
      var fetched = path + (i % 2 == 0 ? "/" : "/empty") + i;
      edge.get(fetched);
      assertThat(purge("path=/another")).isEqualTo("{\"purged\":0}");
      assertThat(status(edge.get(fetched))).as(fetched).contains("; hit");
    }
  }

  @Test
  void redirectsAreNotFollowed() throws IOException {
    origin.answers(302, "Location: http://127.0.0.1:1/secret\r\nCache-Control: max-age=60\r\n", "");
    var redirect = get();
    assertThat(redirect.status()).isEqualTo(302);
    assertThat(redirect.header("Location")).isEqualTo("http://127.0.0.1:1/secret");
    assertThat(status(get())).contains("; hit");
  }
}
