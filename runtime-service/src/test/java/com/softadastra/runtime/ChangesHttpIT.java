package com.softadastra.runtime;

import static com.softadastra.runtime.RuntimeServer.SHOP;
import static com.softadastra.runtime.RuntimeServer.assertProblem;
import static com.softadastra.runtime.RuntimeServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.json.Json;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChangesHttpIT {
  private static final String EVENTS = "Accept: text/event-stream";

  private static RuntimeServer shared;

  private RuntimeServer server;

  @BeforeAll
  static void start() {
    shared = new RuntimeServer();
  }

  @AfterAll
  static void stop() {
    shared.close();
  }

  @BeforeEach
  void beginEmpty() {
    server = shared;
    server.documents.clear();
  }

  @AfterEach
  void closeItsOwn() {
    if (server != shared) {
      server.close();
    }
  }

  private void withTwoPlaces() {
    server = new RuntimeServer("--softadastra.feeds.most=2");
  }

  /** A live feed as its caller sees it. */
  private final class Feed implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    final RawHttp.Answer head;
    private final StringBuilder pending = new StringBuilder();

    Feed(String path, String... headers) throws IOException {
      socket = new Socket(InetAddress.getLoopbackAddress(), server.port);
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(server.request("GET", path, new byte[0], RuntimeServer.with(EVENTS, headers)));
      in = socket.getInputStream();
      head = RawHttp.read(in, true);
    }

    /** The next block of lines, without the empty one that ends it. */
    String next() throws IOException {
      while (pending.indexOf("\n\n") < 0) {
        int size = Integer.parseInt(RawHttp.line(in), 16);
        if (size == 0) {
          throw new EOFException("the feed has ended");
        }
        pending.append(new String(in.readNBytes(size), StandardCharsets.UTF_8));
        RawHttp.line(in);
      }
      int end = pending.indexOf("\n\n");
      String block = pending.substring(0, end);
      pending.delete(0, end + 2);
      return block;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private void write(int documents) throws IOException {
    for (int i = 0; i < documents; i++) {
      assertThat(server.put("d" + i, "{}").status()).isIn(200, 201);
    }
  }

  @Test
  void answersInPages() throws Exception {
    write(3);
    var page = json(server.get(SHOP + "/changes?limit=2"));
    assertThat(((Json.Arr) page.get("changes")).items()).hasSize(2);
    assertThat(page.get("next")).isEqualTo(new Json.Num("2"));
    var change = (Json.Obj) ((Json.Arr) page.get("changes")).items().getFirst();
    assertThat(change.members().keySet())
        .containsExactlyInAnyOrder("position", "intent", "node", "clock", "operations");
    var end = json(server.get(SHOP + "/changes?since=3", "Last-Event-ID: 0"));
    assertThat(end.canonical()).isEqualTo("{\"changes\":[],\"next\":3}");
  }

  @Test
  void feedsConflicts() throws Exception {
    try (var feed = new Feed(SHOP + "/conflicts")) {
      assertThat(feed.head.status()).isEqualTo(200);
      assertThat(feed.next()).isEqualTo(":");
      assertThat(feed.next())
          .isEqualTo(
              "id: 1\nevent: conflict\n"
                  + "data: {\"change\":1,\"id\":\"c0\",\"replacedBy\":\"c1\",\"conflict\":null}");
      assertThat(feed.next())
          .startsWith("id: 2\nevent: conflict\ndata: {\"change\":2,\"id\":\"c1\"")
          .contains("\"state\":\"open\"");
    }
    try (var feed = new Feed(SHOP + "/conflicts?since=0", "Last-Event-ID: 1")) {
      assertThat(feed.next()).isEqualTo(":");
      assertThat(feed.next()).startsWith("id: 2\n");
    }
    assertProblem(server.get("/api/v1/spaces/nowhere/conflicts", EVENTS), 404, "space-unknown");
    assertProblem(server.get(SHOP + "/conflicts?since=x", EVENTS), 400, "invalid-request");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "since=-1",
        "since=x",
        "since=",
        "since=9223372036854775808",
        "since=1.0",
        "limit=0",
        "limit=%00",
        "since=%2B1",
        "since=%D9%A1"
      })
  void refusesNumbersOfAnotherForm(String query) throws Exception {
    assertProblem(server.get(SHOP + "/changes?" + query), 400, "invalid-request");
    assertProblem(server.get(SHOP + "/changes?" + query, EVENTS), 400, "invalid-request");
  }

  @Test
  void commentsAtOnce() throws Exception {
    try (var feed = new Feed(SHOP + "/changes")) {
      assertThat(feed.head.status()).isEqualTo(200);
      assertThat(feed.head.header("Content-Type")).isEqualTo("text/event-stream;charset=UTF-8");
      assertThat(feed.next()).isEqualTo(":");
    }
  }

  @Test
  void sendsWhatIsThereAndThenWhatComes() throws Exception {
    write(2);
    try (var feed = new Feed(SHOP + "/changes")) {
      feed.next();
      assertThat(feed.next())
          .startsWith("id: 1\nevent: change\ndata: {\"position\":1,\"intent\":\"i1\",");
      assertThat(feed.next()).startsWith("id: 2\n");
      write(1);
      assertThat(feed.next()).startsWith("id: 3\n");
    }
  }

  @Test
  void resumesAfterTheLastEvent() throws Exception {
    write(4);
    try (var feed = new Feed(SHOP + "/changes?since=1", "Last-Event-ID: 3")) {
      feed.next();
      assertThat(feed.next()).startsWith("id: 4\n");
    }
    try (var feed = new Feed(SHOP + "/changes?since=1")) {
      feed.next();
      assertThat(feed.next()).startsWith("id: 2\n");
    }
    assertProblem(
        server.get(SHOP + "/changes", EVENTS, "Last-Event-ID: x"), 400, "invalid-request");
  }

  @Test
  void sendsManyMoreThanItAsksForAhead() throws Exception {
    write(300);
    try (var feed = new Feed(SHOP + "/changes")) {
      feed.next();
      for (int i = 1; i <= 300; i++) {
        assertThat(feed.next()).startsWith("id: " + i + "\n");
      }
    }
  }

  @Test
  void noticesThatTheCallerIsGone() throws Exception {
    withTwoPlaces();
    var feed = new Feed(SHOP + "/changes");
    feed.next();
    feed.close();
    var deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!server.documents.cancelled.await(10, TimeUnit.MILLISECONDS)) {
      assertThat(System.nanoTime()).as("the feed went on").isLessThan(deadline);
      write(1);
    }
    // Its place is free again.
    try (var first = new Feed(SHOP + "/changes");
        var second = new Feed(SHOP + "/changes")) {
      assertThat(first.next()).isEqualTo(":");
      assertThat(second.next()).isEqualTo(":");
    }
  }

  @Test
  void servesABoundedNumberOfFeeds() throws Exception {
    withTwoPlaces();
    try (var first = new Feed(SHOP + "/changes");
        var second = new Feed(SHOP + "/changes")) {
      first.next();
      second.next();
      var refused = server.get(SHOP + "/changes", EVENTS);
      assertProblem(refused, 503, "busy");
      assertThat(refused.header("Retry-After")).isEqualTo("1");
      assertThat(server.get(SHOP + "/changes").status()).isEqualTo(200);
    }
  }

  @Test
  void refusesBeforeTheFeedBegins() throws Exception {
    assertProblem(server.get("/api/v1/spaces/nowhere/changes", EVENTS), 404, "space-unknown");
    assertProblem(server.get("/api/v1/spaces/Shop/changes", EVENTS), 400, "invalid-request");
    var head = server.send("HEAD", SHOP + "/changes", "", EVENTS);
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Type")).startsWith("text/event-stream");
  }

  @Test
  void choosesTheFormByAccept() throws Exception {
    for (String accept :
        List.of(
            "*/*",
            "application/json",
            "text/*",
            "application/json, text/event-stream",
            "text/event-stream;q=0",
            "text/event-stream;q=0.5, application/json",
            "nonsense")) {
      assertThat(server.get(SHOP + "/changes", "Accept: " + accept).header("Content-Type"))
          .as(accept)
          .isEqualTo("application/json");
    }
    for (String accept : List.of("text/event-stream, application/json", "Text/Event-Stream")) {
      var head = server.send("HEAD", SHOP + "/changes", "", "Accept: " + accept);
      assertThat(head.header("Content-Type")).as(accept).startsWith("text/event-stream");
    }
  }

  @Test
  void endsItsFeedsWhenItStops() throws Exception {
    withTwoPlaces();
    var feeds = new ArrayList<Feed>();
    for (int i = 0; i < 2; i++) {
      feeds.add(new Feed(SHOP + "/changes"));
      feeds.getLast().next();
    }
    server.documents.cancelled = new CountDownLatch(2);
    long begun = System.nanoTime();
    server.close();
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(4));
    assertThat(server.documents.cancelled.getCount()).isZero();
    for (var feed : feeds) {
      assertThatThrownBy(feed::next).hasMessage("the feed has ended");
      feed.close();
    }
  }
}
