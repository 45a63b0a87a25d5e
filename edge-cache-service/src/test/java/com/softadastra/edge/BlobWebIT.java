package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.http.RawHttp;
import com.softadastra.edge.blob.BlobId;
import com.softadastra.edge.blob.Blobs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import tools.jackson.databind.json.JsonMapper;

/** Blobs over HTTP, without peers. */
@Timeout(120)
class BlobWebIT {
  private static final int LENGTH = 1_000_003;
  private static final byte[] BYTES = Blobs.bytes(LENGTH, 1);
  private static final BlobId ID = BlobId.of(BYTES);
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir private static Path data;
  private static ConfigurableApplicationContext edge;

  @BeforeAll
  static void start() throws Exception {
    edge =
        EdgeApplication.application()
            .run(
                "--server.port=0",
                "--softadastra.link.port=0",
                "--softadastra.data=" + data,
                "--softadastra.edge.blobs.disk=16MB",
                "--softadastra.edge.blobs.largest=12MB",
                "--softadastra.edge.blobs.memory=0");
    assertThat(put(ID, BYTES).statusCode()).isEqualTo(201);
  }

  @AfterAll
  static void stop() {
    edge.close();
  }

  private static int port() {
    return ((ServletWebServerApplicationContext) edge).getWebServer().getPort();
  }

  private static HttpResponse<byte[]> send(
      String method, String path, byte[] body, String... headers) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/api/v1/blobs/" + path))
            .method(
                method,
                body.length == 0 && !method.equals("PUT")
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private static HttpResponse<byte[]> put(BlobId id, byte[] body, String... headers)
      throws Exception {
    return send("PUT", id.toString(), body, headers);
  }

  private static HttpResponse<byte[]> part(BlobId id, byte[] whole, int from, int to)
      throws Exception {
    return put(
        id,
        Arrays.copyOfRange(whole, from, to),
        "Content-Range",
        "bytes %d-%d/%d".formatted(from, to - 1, whole.length));
  }

  private static HttpResponse<byte[]> get(BlobId id, String... headers) throws Exception {
    return send("GET", id.toString(), new byte[0], headers);
  }

  private static HttpResponse<byte[]> head(BlobId id) throws Exception {
    return send("HEAD", id.toString(), new byte[0], "Cache-Control", "only-if-cached");
  }

  private static String header(HttpResponse<?> answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }

  private static String code(HttpResponse<byte[]> answer) {
    return JsonMapper.shared().readTree(answer.body()).path("code").asString();
  }

  @Test
  void answersWithWhatWasPut() throws Exception {
    var answer = get(ID);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(BYTES);
    assertThat(header(answer, "ETag")).isEqualTo("\"" + ID + "\"");
    assertThat(header(answer, "Cache-Control")).contains("immutable");
    assertThat(header(answer, "Content-Length")).isEqualTo("" + LENGTH);
    // it may be a page of a stranger
    assertThat(header(answer, "Content-Type")).isEqualTo("application/octet-stream");
    assertThat(header(answer, "X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(header(answer, "Content-Disposition")).isEqualTo("attachment");
    assertThat(header(answer, "Content-Security-Policy")).contains("sandbox");

    var head = head(ID);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(header(head, "Content-Length")).isEqualTo("" + LENGTH);
    assertThat(header(head, "Accept-Ranges")).isEqualTo("bytes");
    assertThat(put(ID, BYTES).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "bytes=0-0, 206, 0, 1",
    "bytes=0-, 206, 0, 1000003",
    "bytes=262143-262144, 206, 262143, 262145",
    "bytes=100-999999999, 206, 100, 1000003",
    "bytes=-5, 206, 999998, 1000003",
    "bytes=-2000000, 206, 0, 1000003",
    "bytes=1000002-, 206, 1000002, 1000003",
    "bytes=1000003-, 416, 0, 0",
    "bytes=-0, 416, 0, 0",
    "bytes=5-4, 200, 0, 1000003",
    "'bytes=0-1,5-6', 200, 0, 1000003",
    "chunks=0-1, 200, 0, 1000003",
  })
  void answersParts(String range, int status, int from, int to) throws Exception {
    var answer = get(ID, "Range", range);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).isEqualTo(Arrays.copyOfRange(BYTES, from, to));
    assertThat(header(answer, "Content-Range"))
        .isEqualTo(
            switch (status) {
              case 206 -> "bytes %d-%d/%d".formatted(from, to - 1, LENGTH);
              case 416 -> "bytes */" + LENGTH;
              default -> "";
            });
  }

  @Test
  void answersConditions() throws Exception {
    String tag = "\"" + ID + "\"";
    var known = get(ID, "If-None-Match", "\"x\", " + tag);
    assertThat(known.statusCode()).isEqualTo(304);
    assertThat(header(known, "ETag")).isEqualTo(tag);
    assertThat(get(ID, "If-None-Match", "\"x\"").statusCode()).isEqualTo(200);
    assertThat(get(ID, "Range", "bytes=0-1", "If-Range", tag).statusCode()).isEqualTo(206);
    assertThat(get(ID, "Range", "bytes=0-1", "If-Range", "\"x\"").statusCode()).isEqualTo(200);
  }

  @Test
  void takesPartsAndTellsWhereToGoOn() throws Exception {
    var bytes = Blobs.bytes(700_000, 2);
    var id = BlobId.of(bytes);
    var first = part(id, bytes, 0, 300_000);
    assertThat(first.statusCode()).isEqualTo(202);
    assertThat(header(first, "Upload-Offset")).isEqualTo("300000");
    assertThat(header(first, "Upload-Length")).isEqualTo("700000");

    var head = head(id);
    assertThat(head.statusCode()).isEqualTo(404);
    assertThat(header(head, "Upload-Offset")).isEqualTo("300000");
    assertThat(get(id).statusCode()).isEqualTo(404);

    var elsewhere = part(id, bytes, 299_999, 400_000);
    assertThat(elsewhere.statusCode()).isEqualTo(409);
    assertThat(code(elsewhere)).isEqualTo("blob-offset");
    assertThat(header(elsewhere, "Upload-Offset")).isEqualTo("300000");

    assertThat(part(id, bytes, 300_000, 700_000).statusCode()).isEqualTo(201);
    assertThat(get(id).body()).isEqualTo(bytes);
    assertThat(part(id, bytes, 0, 10).statusCode()).isEqualTo(200);
  }

  @Test
  void goesOnAfterAConnectionThatBroke() throws Exception {
    var bytes = Blobs.bytes(600_000, 3);
    var id = BlobId.of(bytes);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      var out = socket.getOutputStream();
      out.write(
          ("PUT /api/v1/blobs/"
                  + id
                  + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000\r\n\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
      out.write(bytes, 0, 400_000);
    }
    Awaitility.await()
        .untilAsserted(() -> assertThat(header(head(id), "Upload-Offset")).isEqualTo("400000"));
    // who has it until the server notices may go on afterwards
    Awaitility.await().until(() -> part(id, bytes, 400_000, 600_000).statusCode() == 201);
    assertThat(get(id).body()).isEqualTo(bytes);
  }

  @Test
  void refusesOtherBytesAndKeepsNothing() throws Exception {
    var id = BlobId.of(new byte[] {7});
    var answer = put(id, new byte[] {8});
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(code(answer)).isEqualTo("blob-mismatch");
    assertThat(head(id).statusCode()).isEqualTo(404);
    assertThat(header(head(id), "Upload-Offset")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "..%2f..%2fetc%2fpasswd",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.blob",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85%00",
        "CON"
      })
  void takesNoOtherName(String name) throws Exception {
    for (String method : new String[] {"GET", "PUT"}) {
      var answer = send(method, name, new byte[0]);
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(code(answer)).isEqualTo("invalid-request");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes 0-1/3", "bytes 1-0/3", "bytes 0-2/2", "bytes */3", "bytes 0-2/*", "0-2/3"})
  void refusesPartsThatDoNotFit(String range) throws Exception {
    var answer = put(BlobId.of(new byte[] {1, 2, 3}), new byte[] {1, 2, 3}, "Content-Range", range);
    assertThat(answer.statusCode()).isEqualTo(400);
  }

  @Test
  void keepsNothingAndTheEmptyBlob() throws Exception {
    var empty = BlobId.of(new byte[0]);
    assertThat(put(empty, new byte[0]).statusCode()).isEqualTo(201);
    assertThat(get(empty).body()).isEmpty();
    assertThat(get(empty).statusCode()).isEqualTo(200);
    assertThat(get(empty, "Range", "bytes=0-").statusCode()).isEqualTo(416);
  }

  @Test
  void saysThatItHasNoRoom() throws Exception {
    var bytes = Blobs.bytes(12 << 20, 4);
    var id = BlobId.of(bytes);
    assertThat(put(id, bytes).statusCode()).isEqualTo(201);
    assertThat(send("PUT", id + "/pin", new byte[0]).statusCode()).isEqualTo(204);
    var other = Blobs.bytes(8 << 20, 5);
    var full = put(BlobId.of(other), other);
    assertThat(full.statusCode()).isEqualTo(507);
    assertThat(send("DELETE", id + "/pin", new byte[0]).statusCode()).isEqualTo(204);
    assertThat(put(BlobId.of(other), other).statusCode()).isEqualTo(201);
    assertThat(get(id).statusCode()).isEqualTo(404);
    assertThat(send("PUT", id + "/pin", new byte[0]).statusCode()).isEqualTo(404);

    var large = Blobs.bytes((12 << 20) + 1, 6);
    assertThat(put(BlobId.of(large), large).statusCode()).isEqualTo(413);
    // room for what the other tests need
    assertThat(put(ID, BYTES).statusCode()).isIn(200, 201);
  }

  /** The first chunk is right, so the answer has begun when the second one isn't. */
  @Test
  void breaksOffWhereAChunkIsDamaged() throws Exception {
    var bytes = Blobs.bytes(800_000, 7);
    var id = BlobId.of(bytes);
    assertThat(put(id, bytes).statusCode()).isEqualTo(201);
    try (var file =
        new RandomAccessFile(data.resolve("blobs").resolve(id + ".blob").toFile(), "rw")) {
      file.seek(500_000);
      file.write(~bytes[0]);
      file.write(~bytes[1]);
    }
    assertThatThrownBy(() -> get(id)).isInstanceOf(IOException.class);
    assertThat(get(id).statusCode()).isEqualTo(404);
    assertThat(put(id, bytes).statusCode()).isEqualTo(201);
    assertThat(get(id).body()).isEqualTo(bytes);
  }

  @Test
  void foreignPagesReachNothing() throws Exception {
    var answer =
        RawHttp.send(
            port(),
            "GET /api/v1/blobs/"
                + ID
                + " HTTP/1.1\r\nHost: localhost\r\nOrigin: http://x.example\r\n\r\n");
    assertThat(answer.status()).isEqualTo(403);
  }

  @Test
  void metricsHaveTheTotals() throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + "/actuator/prometheus"))
            .build();
    assertThat(HTTP.send(request, HttpResponse.BodyHandlers.ofString()).body())
        .contains("softadastra_blob_blobs ")
        .contains("softadastra_blob_size_bytes ")
        .contains("softadastra_blob_evicted_total ");
  }
}
