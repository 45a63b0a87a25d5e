package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.http.RawHttp;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Requests that are kept and delivered, from both sides. */
@Timeout(120)
class ForwardsIT {
  private static final String ORDERS = "/cache/shop/orders";

  @TempDir Path data;
  private TestOrigin origin;
  private EdgeServer edge;

  @BeforeEach
  void start() throws IOException {
    origin = new TestOrigin();
    edge = edge();
  }

  @AfterEach
  void stop() {
    edge.close();
    origin.close();
  }

  /** A listener that is closed may accept one connection more. */
  private void away() {
    origin.stop();
    await()
        .until(() -> {
          try (var _ = new Socket(InetAddress.getLoopbackAddress(), origin.port)) {
            return false;
          } catch (ConnectException _) {
            return true;
          }
        });
  }

  private EdgeServer edge(String... settings) {
    var all = new ArrayList<>(List.of(settings));
    all.add("--softadastra.edge.forward.longest-wait=20ms");
    all.add("--softadastra.edge.forward.largest-body=1000B");
    all.add("--softadastra.edge.forward.largest-answer=10B");
    all.add("--softadastra.edge.forward.errors=3");
    return new EdgeServer(data, origin.port, all.toArray(String[]::new));
  }

  private static JsonNode json(RawHttp.Answer answer) {
    return JsonMapper.shared().readTree(answer.text());
  }

  /** Sends it while the origin is away. @return its id */
  private String kept(String method, String path, String body, String... headers)
      throws IOException {
    var answer = edge.send(method, path, body, headers);
    assertThat(answer.status()).as(answer.text()).isEqualTo(202);
    return json(answer).get("id").asString();
  }

  private JsonNode forward(String id) throws IOException {
    return json(edge.get("/api/v1/forwards/" + id));
  }

  private JsonNode ended(String id, String state) {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> forward(id).get("state").asString().equals(state));
    try {
      return forward(id);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertProblem(RawHttp.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(json(answer).get("code").asString()).isEqualTo(code);
  }

  @Test
  void whatCanNotBePassedOnIsKeptAndToldOf() throws IOException {
    away();
    var answer = edge.send("POST", ORDERS + "?a=b", "tea", "Idempotency-Key: k1");
    assertThat(answer.status()).isEqualTo(202);
    var receipt = json(answer);
    String id = receipt.get("id").asString();
    assertThat(answer.header("Location")).isEqualTo("/api/v1/forwards/" + id);
    assertThat(Integer.parseInt(answer.header("Retry-After"))).isPositive();
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.header("Cache-Status")).isEqualTo("softadastra; fwd=method; detail=\"kept\"");
    assertThat(receipt.get("state").asString()).isEqualTo("waiting");
    assertThat(receipt.get("origin").asString()).isEqualTo("shop");
    assertThat(receipt.get("method").asString()).isEqualTo("POST");
    assertThat(receipt.get("path").asString()).isEqualTo("/orders?a=b");
    assertThat(receipt.get("key").asString()).isEqualTo("k1");
    assertThat(receipt.get("accepted").asString()).endsWith("Z");
    await().until(() -> forward(id).get("attempts").asInt() > 1);
    await().until(() -> forward(id).has("nextAttempt"));
    assertThat(forward(id).get("error").asString())
        .isEqualTo("no connection to the origin: refused");
    assertProblem(edge.get("/api/v1/forwards/" + id + "/answer"), 409, "forward-not-ended");

    origin.answers(201, "Location: /orders/1\r\nContent-Type: text/plain\r\n", "brewed");
    origin.startAgain();
    var done = ended(id, "done");
    assertThat(done.get("answer").get("status").asInt()).isEqualTo(201);
    assertThat(done.get("answer").get("headers").get("Location").get(0).asString())
        .isEqualTo("/orders/1");
    assertThat(done.get("answer").get("whole").asBoolean()).isTrue();
    var body = edge.get("/api/v1/forwards/" + id + "/answer");
    assertThat(body.text()).isEqualTo("brewed");
    assertThat(body.header("Content-Type")).startsWith("text/plain");
    assertThat(body.header("Content-Security-Policy")).isEqualTo("sandbox");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  void whatGoesOnIsWhatCameButForTheConnection() throws IOException {
    away();
    String id =
        kept(
            "PATCH",
            ORDERS,
            "milk",
            "Content-Type: text/x",
            "Authorization: Basic YTpi",
            "Cookie: c=d",
            "X-Hop: e",
            "Connection: X-Hop",
            "X-Forwarded-For: 1.2.3.4",
            "Softadastra-Order-Key: o");
    assertThat(edge.get("/api/v1/forwards/" + id).text()).doesNotContain("YTpi", "c=d");
    origin.startAgain();
    ended(id, "done");
    var seen = origin.seen.getLast();
    assertThat(seen.method()).isEqualTo("PATCH");
    assertThat(seen.body()).isEqualTo("milk");
    assertThat(seen.values("Content-Type")).containsExactly("text/x");
    assertThat(seen.values("Authorization")).containsExactly("Basic YTpi");
    assertThat(seen.values("Cookie")).containsExactly("c=d");
    assertThat(seen.values("Idempotency-Key")).containsExactly(id);
    assertThat(seen.values("X-Hop")).isEmpty();
    assertThat(seen.values("X-Forwarded-For")).isEmpty();
    assertThat(seen.values("Softadastra-Order-Key")).isEmpty();
    assertThat(seen.values("Via")).hasSize(1);
  }

  @Test
  void goesInTheOrderInWhichItCame() throws IOException {
    away();
    var ids = new ArrayList<String>();
    for (int i = 0; i < 20; i++) {
      ids.add(kept(i % 2 == 0 ? "POST" : "PUT", ORDERS + "/" + i % 3, "" + i));
    }
    origin.startAgain();
    for (String id : ids) {
      ended(id, "done");
    }
    assertThat(origin.seen)
        .extracting(TestOrigin.Seen::body)
        .containsExactlyElementsOf(IntStream.range(0, 20).mapToObj(Integer::toString).toList());
  }

  @Test
  void whatComesWhileSomethingWaitsDoesNotOvertakeIt() throws IOException {
    away();
    String first = kept("POST", ORDERS, "1");
    origin.answers(
        (request, out) -> out.write(answer(request.body().equals("1") ? 429 : 200, "", "")));
    origin.startAgain();
    await().until(() -> forward(first).get("error").asString().endsWith("429"));
    String second = kept("POST", ORDERS, "2");
    // what names another order, and reads, are not held up
    assertThat(edge.send("POST", ORDERS, "3", "Softadastra-Order-Key: x").status()).isEqualTo(200);
    assertThat(origin.seen.stream().filter(seen -> seen.body().equals("3")))
        .allSatisfy(seen -> assertThat(seen.values("Softadastra-Order-Key")).isEmpty());
    assertThat(edge.get(ORDERS).status()).isEqualTo(200);
    origin.answers(200, "", "");
    ended(second, "done");
    assertThat(ended(first, "done").get("attempts").asInt()).isGreaterThan(1);
    assertThat(edge.send("POST", ORDERS, "4").status()).isEqualTo(200);
    var bodies = origin.seen.stream().map(TestOrigin.Seen::body).filter(b -> !b.isEmpty()).toList();
    assertThat(bodies.indexOf("2")).isGreaterThan(bodies.lastIndexOf("1"));
  }

  @Test
  void theSameKeyIsTheSameRequest() throws IOException {
    away();
    String id = kept("POST", ORDERS, "tea", "Idempotency-Key: k");
    var again = edge.send("POST", ORDERS, "tea", "Idempotency-Key: k");
    assertThat(again.status()).isEqualTo(202);
    assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
    assertThat(json(again).get("id").asString()).isEqualTo(id);
    assertProblem(edge.send("POST", ORDERS, "milk", "Idempotency-Key: k"), 422, "forward-mismatch");
    assertProblem(edge.send("PUT", ORDERS, "tea", "Idempotency-Key: k"), 422, "forward-mismatch");
    origin.startAgain();
    ended(id, "done");
    var done = edge.send("POST", ORDERS, "tea", "Idempotency-Key: k");
    assertThat(done.status()).isEqualTo(200);
    assertThat(json(done).get("state").asString()).isEqualTo("done");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  void whatIsTooMuchIsNotKept() throws IOException {
    away();
    assertProblem(edge.send("POST", ORDERS, "x".repeat(1001)), 507, "forward-not-kept");
    assertProblem(
        edge.send("POST", ORDERS, "x", "Idempotency-Key: " + "k".repeat(256)),
        400,
        "invalid-request");
    edge.close();
    edge = edge("--softadastra.edge.forward.origin-requests=1");
    kept("POST", ORDERS, "x".repeat(1000));
    assertProblem(edge.send("POST", ORDERS, "x"), 507, "forward-not-kept");
    assertThat(json(edge.get("/api/v1/forwards")).get("forwards").size()).isEqualTo(1);
  }

  @Test
  void whatTheOriginFailsOnIsParkedAndRetriedOnRequest() throws IOException {
    away();
    String bad = kept("POST", ORDERS, "bad");
    String good = kept("POST", ORDERS, "good");
    origin.answers(
        (request, out) -> out.write(answer(request.body().equals("bad") ? 500 : 200, "", "")));
    origin.startAgain();
    ended(good, "done");
    var parked = ended(bad, "parked");
    assertThat(parked.get("error").asString()).isEqualTo("the origin answered 500, 3 times");
    assertThat(json(edge.get("/api/v1/forwards?state=parked")).get("forwards").size()).isEqualTo(1);
    // it holds up nobody
    assertThat(edge.send("POST", ORDERS, "next").status()).isEqualTo(200);
    origin.answers(200, "", "");
    assertThat(edge.send("POST", "/api/v1/forwards/" + bad + "/retry", "").status()).isEqualTo(200);
    ended(bad, "done");
    assertProblem(
        edge.send("POST", "/api/v1/forwards/" + bad + "/retry", ""), 409, "forward-not-ended");
  }

  @Test
  void aTypeThatIsNoneIsOctets() throws IOException {
    away();
    String id = kept("POST", ORDERS, "tea");
    origin.answers(200, "Content-Type: no type; =\r\n", "brewed");
    origin.startAgain();
    ended(id, "done");
    var body = edge.get("/api/v1/forwards/" + id + "/answer");
    assertThat(body.status()).isEqualTo(200);
    assertThat(body.header("Content-Type")).isEqualTo("application/octet-stream");
    assertThat(body.text()).isEqualTo("brewed");
  }

  /** With what it is authorised by. */
  @Test
  void goesToNobodyElseWhoGetsTheOriginsName() throws IOException {
    away();
    String id = kept("POST", ORDERS, "tea", "Authorization: Basic YTpi");
    edge.close();
    try (var other = new TestOrigin()) {
      edge = new EdgeServer(data, other.port, "--softadastra.edge.forward.longest-wait=20ms");
      // what comes now is in no order with it
      assertThat(edge.send("POST", ORDERS, "milk").status()).isEqualTo(200);
      assertThat(forward(id).get("state").asString()).isEqualTo("waiting");
      edge.close();
      assertThat(other.seen).extracting(TestOrigin.Seen::body).containsExactly("milk");
    }
    origin.startAgain();
    edge = edge();
    ended(id, "done");
    assertThat(origin.seen).extracting(TestOrigin.Seen::body).containsExactly("tea");
  }

  @Test
  void whoIsSlowHoldsNoMoreThanHeSent() throws IOException {
    away();
    edge.close();
    edge = new EdgeServer(data, origin.port, "--softadastra.edge.forward.largest-body=64MB");
    try (var slow = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      slow.getOutputStream()
          .write(
              ("POST /cache/shop/slow HTTP/1.1\r\nHost: localhost\r\nIdempotency-Key: k\r\n"
                      + "Content-Length: 60000000\r\n\r\nbeginning")
                  .getBytes(StandardCharsets.US_ASCII));
      // it has read until then, most likely
      assertThat(edge.get("/api/v1/forwards").status()).isEqualTo(200);
      kept("POST", ORDERS, "tea");
      kept("POST", ORDERS, "milk");
    }
  }

  @Test
  void whatWasReadCountsUntilItIsAnswered() throws Exception {
    edge.close();
    edge = new EdgeServer(data, origin.port, "--softadastra.edge.forward.largest-body=64MB");
    var answered = new CountDownLatch(1);
    origin.answers((_, out) -> {
      answered.await();
      out.write(answer(200, "", ""));
    });
    String large = "x".repeat(20_000_000);
    var first =
        CompletableFuture.supplyAsync(() -> {
          try {
            return edge.send("POST", ORDERS, large, "Idempotency-Key: 1").status();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    await().until(() -> origin.seen.size() == 1);
    assertProblem(edge.send("POST", ORDERS, large, "Idempotency-Key: 2"), 503, "busy");
    answered.countDown();
    assertThat(first.join()).isEqualTo(200);
    assertThat(edge.send("POST", ORDERS, large, "Idempotency-Key: 2").status()).isEqualTo(200);
  }

  @Test
  void whatIsDeletedIsNotDelivered() throws IOException {
    away();
    String one = kept("POST", ORDERS, "1");
    String two = kept("POST", ORDERS, "2");
    await().until(() -> edge.send("DELETE", "/api/v1/forwards/" + one, "").status() == 204);
    assertProblem(edge.get("/api/v1/forwards/" + one), 404, "forward-unknown");
    assertProblem(edge.get("/api/v1/forwards/none"), 404, "forward-unknown");
    origin.startAgain();
    ended(two, "done");
    assertThat(origin.seen).extracting(TestOrigin.Seen::body).containsExactly("2");
  }

  @Test
  void whatCouldNotBeDeletedIsDelivered() throws IOException {
    away();
    String one = kept("POST", ORDERS, "1");
    String two = kept("POST", ORDERS, "2");
    change("alter table forward_request rename to elsewhere");
    // not what is just being tried
    await().until(() -> edge.send("DELETE", "/api/v1/forwards/" + one, "").status() == 503);
    change("alter table elsewhere rename to forward_request");
    origin.startAgain();
    ended(two, "done");
    assertThat(forward(one).get("state").asString()).isEqualTo("done");
    assertThat(origin.seen).extracting(TestOrigin.Seen::body).containsExactly("1", "2");
  }

  private void change(String sql) {
    int rows = edge.database().call(statements -> statements.change(sql));
    assertThat(rows).isZero();
  }

  @Test
  void answersBeyondTheBoundSayThatTheyAreCut() throws IOException {
    away();
    String id = kept("POST", ORDERS, "1");
    origin.answers(404, "", "0123456789ABC");
    origin.startAgain();
    var answer = ended(id, "done").get("answer");
    assertThat(answer.get("status").asInt()).isEqualTo(404);
    assertThat(answer.get("whole").asBoolean()).isFalse();
    assertThat(edge.get("/api/v1/forwards/" + id + "/answer").text()).isEqualTo("0123456789");
  }

  @Test
  void listsInPages() throws IOException {
    away();
    for (int i = 0; i < 3; i++) {
      kept("POST", ORDERS, "" + i, "Idempotency-Key: " + i);
    }
    var page = json(edge.get("/api/v1/forwards?limit=2"));
    assertThat(page.get("forwards").size()).isEqualTo(2);
    var last = json(edge.get("/api/v1/forwards?limit=2&after=" + page.get("next").asString()));
    assertThat(last.get("forwards").get(0).get("key").asString()).isEqualTo("2");
    assertThat(last.has("next")).isFalse();
    assertProblem(edge.get("/api/v1/forwards?limit=0"), 400, "invalid-request");
    assertProblem(edge.get("/api/v1/forwards?state=lost"), 400, "invalid-request");
  }

  @Test
  void whatDeliveryChangesIsForgottenByTheCache() throws IOException {
    origin.answers(200, "Cache-Control: max-age=600\r\n", "old");
    assertThat(edge.get(ORDERS).text()).isEqualTo("old");
    away();
    String id = kept("PUT", ORDERS, "new");
    assertThat(edge.get(ORDERS).text()).isEqualTo("old");
    origin.answers(200, "Cache-Control: max-age=600\r\n", "new");
    origin.startAgain();
    ended(id, "done");
    assertThat(edge.get(ORDERS).text()).isEqualTo("new");
  }

  @Test
  void whatGotNoAnswerIsKeptOnlyWhereItHasAKey() throws IOException {
    var isWell = new CountDownLatch(1);
    origin.answers((_, out) -> {
      if (isWell.getCount() > 0) {
        throw new IOException("cut off");
      }
      out.write(answer(200, "", ""));
    });
    var lost = edge.send("POST", ORDERS, "1");
    assertProblem(lost, 504, "origin-unreachable");
    assertThat(json(lost).get("outcome").asString()).isEqualTo("uncertain");
    String id = kept("POST", ORDERS, "2", "Idempotency-Key: k");
    isWell.countDown();
    ended(id, "done");
    assertThat(origin.seen.stream().filter(seen -> seen.body().equals("1"))).hasSize(1);
    assertThat(origin.seen.getLast().values("Idempotency-Key")).containsExactly("k");
  }

  @Test
  void whatIsAnsweredWithNoAnswerIsParkedAtOnce() throws IOException {
    away();
    String bad = kept("POST", ORDERS, "bad");
    String good = kept("POST", ORDERS, "good");
    origin.answers(ForwardsIT::answerWithAHeadThatIsTooLarge);
    origin.startAgain();
    ended(good, "done");
    assertThat(ended(bad, "parked").get("error").asString())
        .isEqualTo("the origin has acted, but its answer is not HTTP, or its head is too large");
    assertThat(origin.seen).extracting(TestOrigin.Seen::body).containsExactly("bad", "good");
  }

  private static void answerWithAHeadThatIsTooLarge(TestOrigin.Seen request, OutputStream out)
      throws IOException {
    boolean isLarge = request.body().equals("bad");
    out.write(answer(201, isLarge ? "X: " + "x".repeat(20_000) + "\r\n" : "", ""));
  }

  @Test
  void norIsItKeptWhereItWasPassedOn() throws IOException {
    origin.answers(ForwardsIT::answerWithAHeadThatIsTooLarge);
    var answer = edge.send("POST", ORDERS, "bad", "Idempotency-Key: k");
    assertProblem(answer, 502, "origin-failed");
    assertThat(json(answer).get("outcome").asString()).isEqualTo("uncertain");
    assertThat(json(edge.get("/api/v1/forwards")).get("forwards").size()).isZero();
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  void waitsThroughARestart() throws IOException {
    away();
    String id = kept("POST", ORDERS, "tea");
    edge.close();
    origin.startAgain();
    edge = edge();
    ended(id, "done");
    assertThat(origin.seen).extracting(TestOrigin.Seen::body).containsExactly("tea");
  }

  /** An origin that honours keys sees one effect, however often it is cut off. */
  @Test
  void deliversOnceOverALinkThatCutsAtEachByte() throws Exception {
    Map<String, byte[]> effects = new ConcurrentHashMap<>();
    Set<String> bodies = ConcurrentHashMap.newKeySet();
    origin.answers((request, out) -> {
      if (!request.values("Content-Length").equals(List.of("" + request.body().length()))) {
        throw new IOException("half a request is none");
      }
      bodies.add(request.body());
      out.write(
          effects.computeIfAbsent(
              request.values("Idempotency-Key").getFirst(),
              _ -> answer(201, "X-Order: " + effects.size() + "\r\n", "tea")));
    });
    edge.close();
    try (var link = new CuttingLink(origin.port)) {
      edge =
          new EdgeServer(
              data,
              link.port,
              "--softadastra.edge.forward.longest-wait=1ms",
              "--softadastra.edge.forward.unanswered=100000");
      String drawn = kept("POST", ORDERS, "tea for two", "Idempotency-Key: first");
      var first = ended(drawn, "done");
      assertThat(first.get("answer").get("status").asInt()).isEqualTo(201);
      assertThat(first.get("attempts").asInt()).isGreaterThan("POST /orders tea for two".length());
    }
    assertThat(effects).containsOnlyKeys("first");
    assertThat(bodies).containsExactly("tea for two");
    assertThat(origin.seen.size()).isGreaterThan(10);
  }
}
