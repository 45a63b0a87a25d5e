package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.suite.Probe;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.edge.blob.BlobId;
import com.softadastra.edge.blob.Blobs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** What is read over the link is what the edge answers at its own port. */
@Timeout(120)
class ReadsByLinkIT {
  private static final byte[] BYTES = Blobs.bytes(1_000_003, 1);
  private static final BlobId BLOB = BlobId.of(BYTES);
  private static final byte[] BEGUN = Blobs.bytes(700_000, 2);
  private static final String BLOBS = "/api/v1/blobs/";

  /** What one connection has, and what a server adds where nobody has said it. */
  private static final List<String> OF_THE_SERVER =
      List.of("connection", "keep-alive", "transfer-encoding", "date", "x-content-type-options");

  @TempDir private static Path data;
  private static TestOrigin origin;
  private static ConfigurableApplicationContext edge;
  private static LinkClient link;
  private static int port;

  @BeforeAll
  static void start() throws Exception {
    origin = new TestOrigin();
    edge =
        EdgeApplication.application()
            .run(
                "--server.port=0",
                "--softadastra.link.port=0",
                "--softadastra.data=" + data,
                "--softadastra.edge.blobs.memory=0",
                "--softadastra.edge.cache.largest=1MB",
                "--softadastra.edge.origins.shop.url=http://127.0.0.1:" + origin.port);
    port = ((ServletWebServerApplicationContext) edge).getWebServer().getPort();
    link = LinkClient.to(edge.getBean(LinkServer.class).address(), LinkSecret.none());
    assertThat(put(BLOB, BYTES, 0, BYTES.length).status()).isEqualTo(201);
    assertThat(put(BlobId.of(BEGUN), BEGUN, 0, 300_000).status()).isEqualTo(202);
    origin.answers((request, out) -> {
      if (request.target().equals("/missing")) {
        out.write(answer(404, "Cache-Control: max-age=1000\r\n", "none"));
      } else {
        out.write(
            answer(
                200,
                "Cache-Control: max-age=1000\r\nETag: \"e\"\r\nContent-Type: text/plain\r\n"
                    + "X-Content-Type-Options: no\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"
                    + "X-Two: a\r\nX-Two: b\r\n",
                "0123456789".repeat(request.target().equals("/large") ? 50_000 : 1)));
      }
    });
    for (String path : List.of("/cache/shop/a", "/cache/shop/large", "/cache/shop/missing")) {
      send("GET", path);
    }
  }

  @AfterAll
  static void stop() {
    link.close();
    edge.close();
    origin.close();
  }

  private static RawHttp.Answer put(BlobId id, byte[] bytes, int from, int to) throws IOException {
    var head =
        "PUT %s%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n"
            .formatted(BLOBS, id, to - from, from, to - 1, bytes.length);
    var request = new ByteArrayOutputStream();
    request.writeBytes(head.getBytes(StandardCharsets.ISO_8859_1));
    request.write(bytes, from, to - from);
    return RawHttp.send(port, request.toByteArray());
  }

  private static RawHttp.Answer send(String method, String path, String... headers)
      throws IOException {
    return RawHttp.send(port, EdgeServer.request(method, path, "", headers));
  }

  private static List<WebReads> ways() {
    return List.of(edge.getBean(WebReads.class), link.proxy(WebReads.class));
  }

  private static WebRequest request(String method, String path, String... headers) {
    var fields =
        Stream.concat(Stream.of("Host: localhost"), Arrays.stream(headers))
            .map(line -> line.split(": ", 2))
            .map(parts -> new FieldLine(parts[0], parts[1]))
            .toList();
    return new WebRequest(method, path, null, fields, "HTTP/1.1", "http", "127.0.0.1");
  }

  /** An answer as a server would write it. */
  private static RawHttp.Answer read(WebReads reads, String... request) {
    List<ResponsePart> parts;
    try {
      parts =
          reads
              .read(request(request[0], request[1], Arrays.copyOfRange(request, 2, request.length)))
              .collectList()
              .block(Awaiting.DEADLINE);
    } catch (Refused refused) {
      return new RawHttp.Answer(
          refused.problem().code().status(),
          Map.of(),
          refused.problem().detail().getBytes(StandardCharsets.UTF_8));
    }
    var head = parts.getFirst().head();
    var fields = new TreeMap<String, String>();
    head.fields().forEach(it -> fields.put(it.name().toLowerCase(Locale.ROOT), it.value()));
    // a server says nothing of the content of a 304
    if (head.length() >= 0 && head.status() != 304) {
      fields.put("content-length", Long.toString(head.length()));
    }
    var content = new ByteArrayOutputStream();
    parts.stream().skip(1).forEach(it -> content.writeBytes(it.content()));
    return new RawHttp.Answer(head.status(), fields, content.toByteArray());
  }

  /** Without what may be another one at the next second. */
  private static Map<String, String> comparable(RawHttp.Answer answer) {
    var fields = new TreeMap<>(answer.headers());
    fields.keySet().removeAll(OF_THE_SERVER);
    if (answer.status() == 304) {
      // nor does a server say this of what isn't sent
      fields.remove("content-type");
    }
    fields.computeIfPresent("age", (_, _) -> "some");
    fields.computeIfPresent("cache-status", (_, value) -> value.replaceAll("ttl=\\d+", "ttl"));
    return fields;
  }

  static Stream<List<String>> reads() {
    String blob = BLOBS + BLOB;
    return Stream.of(
        List.of("GET", "/cache/shop/a"),
        List.of("HEAD", "/cache/shop/a"),
        List.of("GET", "/cache/shop/large"),
        List.of("HEAD", "/cache/shop/large"),
        List.of("GET", "/cache/shop/missing"),
        List.of("GET", "/cache/shop/a", "Range: bytes=1-3"),
        List.of("GET", "/cache/shop/large", "Range: bytes=100000-"),
        List.of("GET", "/cache/shop/a", "Range: bytes=10-"),
        List.of("GET", "/cache/shop/a", "If-None-Match: \"x\", \"e\""),
        List.of("GET", "/cache/shop/a", "If-None-Match: \"x\""),
        List.of("GET", "/cache/shop/other", "Cache-Control: only-if-cached"),
        List.of("HEAD", "/cache/shop/other", "Cache-Control: only-if-cached"),
        List.of("GET", blob),
        List.of("HEAD", blob),
        List.of("GET", blob, "Range: bytes=262143-262144"),
        List.of("GET", blob, "Range: bytes=1000003-"),
        List.of("GET", blob, "If-None-Match: \"" + BLOB + "\""),
        List.of("GET", blob, "Range: bytes=0-1", "If-Range: \"x\""),
        List.of("GET", blob, "Range: bytes=0-1", "If-Range: \"" + BLOB + "\""),
        List.of("GET", BLOBS + BlobId.of(BEGUN)),
        List.of("HEAD", BLOBS + BlobId.of(BEGUN)));
  }

  @ParameterizedTest
  @MethodSource
  void reads(List<String> request) throws IOException {
    var own =
        send(
            request.get(0),
            request.get(1),
            request.subList(2, request.size()).toArray(String[]::new));
    for (var way : ways()) {
      var answer = read(way, request.toArray(String[]::new));
      assertThat(answer.status()).isEqualTo(own.status());
      assertThat(comparable(answer)).isEqualTo(comparable(own));
      assertThat(answer.body()).isEqualTo(own.body());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/cache/none/a",
        "/cache/",
        "/cache/shop/a/../b",
        "/cache/shop//a",
        "/cache/shop/a%00",
        "/api/v1/blobs/x",
        "/api/v1/blobs/..%2f..%2fetc%2fpasswd",
        "/api/v1/blobs/%653b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      })
  void refusals(String path) throws IOException {
    var own = send("GET", path);
    assertThat(own.status()).isIn(400, 404);
    for (var way : ways()) {
      var refused = read(way, "GET", path);
      assertThat(refused.status()).isEqualTo(own.status());
      assertThat(own.text()).contains("\"detail\":\"" + refused.text() + "\"");
    }
  }

  @Test
  void hasAMissFetchedOnceAndServesItThen() {
    for (var way : ways()) {
      String path = "/cache/shop/" + System.nanoTime();
      origin.seen.clear();
      assertThat(
              read(way, "GET", path, "Accept-Language: de", "TE: trailers").header("Cache-Status"))
          .contains("fwd=uri-miss");
      assertThat(read(way, "GET", path).header("Cache-Status")).contains("; hit");
      assertThat(origin.seen).hasSize(1);
      var seen = origin.seen.getFirst();
      assertThat(seen.values("Forwarded")).containsExactly("for=\"127.0.0.1\";proto=http");
      assertThat(seen.values("Accept-Language")).containsExactly("de");
      assertThat(seen.values("TE")).isEmpty();
      assertThat(seen.values("Host")).containsExactly("127.0.0.1:" + origin.port);
    }
  }

  /** Endless, and so never kept: what the origin can send is what its reader takes. */
  @Test
  void aReaderThatLeavesEndsWhatIsPassedThrough() {
    for (var way : ways()) {
      var left = new CountDownLatch(1);
      try (var endless = passing(left)) {
        var probe = Probe.on(way.read(request("GET", "/cache/shop/" + System.nanoTime())));
        assertThat(probe.take().head().status()).isEqualTo(200);
        for (int i = 0; i < 100; i++) {
          probe.take();
        }
        probe.cancel();
        Awaiting.until(left, "the origin's connection to end");
      }
    }
  }

  private interface Restored extends AutoCloseable {
    @Override
    void close();
  }

  /** An origin that sends until nobody reads any more. */
  private static Restored passing(CountDownLatch left) {
    var before = origin.script();
    origin.answers((_, out) -> {
      out.write(
          "HTTP/1.1 200 x\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"
              .getBytes(StandardCharsets.ISO_8859_1));
      byte[] chunk = ("4000\r\n" + "x".repeat(0x4000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      try {
        while (true) {
          out.write(chunk);
        }
      } catch (IOException e) {
        left.countDown();
        throw e;
      }
    });
    return () -> origin.answers(before);
  }

  @Test
  void whatBreaksOffAtTheOriginBreaksOff() {
    var before = origin.script();
    try {
      ways().forEach(this::breakOff);
    } finally {
      origin.answers(before);
    }
  }

  private void breakOff(WebReads way) {
    var taken = new CountDownLatch(1);
    origin.answers((_, out) -> {
      out.write(
          ("HTTP/1.1 200 x\r\nCache-Control: max-age=60\r\nContent-Length: 200000\r\n\r\n"
                  + "x".repeat(100_000))
              .getBytes(StandardCharsets.ISO_8859_1));
      out.flush();
      taken.await();
      throw new IOException("on purpose");
    });
    var probe = Probe.on(way.read(request("GET", "/cache/shop/" + System.nanoTime())));
    assertThat(probe.take().head().length()).isEqualTo(200_000);
    assertThat(probe.take().content()).isNotEmpty();
    taken.countDown();
    assertThat(probe.awaitEnd())
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem().code().slug()).isEqualTo("origin-failed"));
  }

  @Test
  void aDamagedBlobBreaksOff() throws Exception {
    for (var way : ways()) {
      byte[] bytes = Blobs.bytes(800_000, System.nanoTime());
      var id = BlobId.of(bytes);
      assertThat(put(id, bytes, 0, bytes.length).status()).isEqualTo(201);
      try (var file =
          new RandomAccessFile(data.resolve("blobs").resolve(id + ".blob").toFile(), "rw")) {
        file.seek(500_000);
        file.write(~bytes[0]);
        file.write(~bytes[1]);
      }
      var probe = Probe.on(way.read(request("GET", BLOBS + id)));
      assertThat(probe.take().head().length()).isEqualTo(800_000);
      assertThat(probe.awaitEnd())
          .isInstanceOfSatisfying(
              Refused.class, it -> assertThat(it.problem().code().slug()).isEqualTo("unreadable"));
      assertThat(read(way, "GET", BLOBS + id).status()).isEqualTo(404);
    }
  }

  @Test
  void readersAtBothDoorsShareTheirPlaces() throws Exception {
    var probes = new ArrayList<Probe<ResponsePart>>();
    for (int i = 0; i < 256; i++) {
      var probe = Probe.on(ways().get(i % 2).read(request("GET", BLOBS + BLOB)));
      assertThat(probe.take().head().status()).isEqualTo(200);
      probes.add(probe);
    }
    assertThat(send("GET", BLOBS + BLOB).status()).isEqualTo(503);
    assertThat(put(BlobId.of(BEGUN), BEGUN, 300_000, 700_000).status()).isEqualTo(503);
    for (var way : ways()) {
      assertThat(read(way, "GET", BLOBS + BLOB).status()).isEqualTo(503);
    }
    probes.forEach(Probe::cancel);
    await().until(() -> send("GET", BLOBS + BLOB).status() == 200);
  }
}
