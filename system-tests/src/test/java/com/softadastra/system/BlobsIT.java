package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

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
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blobs of nodes that are paired. */
class BlobsIT {
  private static final int LENGTH = 5_000_011;
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode a;
  private TestNode b;
  private final byte[] bytes = new byte[LENGTH];
  private String id;

  @BeforeEach
  void open() throws Exception {
    new Random(1).nextBytes(bytes);
    id = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    nodes = new Nodes(directory);
    a = nodes.create("a");
    b = nodes.create("b", "--softadastra.edge.blobs.memory=0");
  }

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static HttpRequest.Builder request(TestNode node, String id) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + node.process().port() + "/api/v1/blobs/" + id));
  }

  private static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpResponse<byte[]> put(TestNode node) throws Exception {
    return send(request(node, id).PUT(BodyPublishers.ofByteArray(bytes)));
  }

  private HttpResponse<byte[]> get(TestNode node) throws Exception {
    return send(request(node, id).GET());
  }

  private void pair() throws Exception {
    Nodes.start(a, b);
    a.openSpace();
    b.join(a.invite("writer"));
    b.awaitLinkTo(a.id(), "connected");
  }

  @Test
  void peersFetchFromEachOtherWhileBothWantThat() throws Exception {
    pair();
    var c = nodes.create("c");
    Nodes.start(c);
    c.join(a.invite("reader"));
    c.awaitLinkTo(a.id(), "connected");
    // c asks it still, and it gives nothing
    a.switchLink(c.id(), "off");
    assertThat(get(b).statusCode()).isEqualTo(404);
    assertThat(put(a).statusCode()).isEqualTo(201);
    await("the blob of a")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get(b).statusCode()).isEqualTo(200));
    assertThat(get(b).body()).isEqualTo(bytes);
    assertThat(get(c).statusCode()).isEqualTo(404);
    a.switchLink(c.id(), "on");
    await("the blob of a, at c")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get(c).statusCode()).isEqualTo(200));

    // it is there without the other too
    a.process().stop();
    var part = send(request(b, id).GET().header("Range", "bytes=1000000-1000009"));
    assertThat(part.statusCode()).isEqualTo(206);
    assertThat(part.body()).isEqualTo(Arrays.copyOfRange(bytes, 1_000_000, 1_000_010));
  }

  @Test
  void whatIsDamagedIsNotServedAndComesAgainFromAPeer() throws Exception {
    pair();
    put(a);
    await("the blob of a")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get(b).statusCode()).isEqualTo(200));
    var path = b.process().data().resolve("blobs").resolve(id + ".blob");
    try (var file = new RandomAccessFile(path.toFile(), "rw")) {
      file.seek(3_000_000);
      file.write(new byte[16]);
    }
    assertThatThrownBy(() -> get(b)).isInstanceOf(IOException.class);
    await("the blob again")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(get(b).body()).isEqualTo(bytes));
  }

  /** Killed while a blob comes in, and once it is acknowledged. */
  @Test
  void aKilledNodeKeepsWhatWasWholeAndGoesOnWithTheRest() throws Exception {
    Nodes.start(a);
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), a.process().port())) {
      var out = socket.getOutputStream();
      out.write(
          ("PUT /api/v1/blobs/"
                  + id
                  + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                  + LENGTH
                  + "\r\n\r\n")
              .getBytes(StandardCharsets.ISO_8859_1));
      out.write(bytes, 0, 3_000_000);
      out.flush();
      await("bytes at the node").atMost(SOON).until(() -> offset() == 3_000_000);
      a.process().kill();
    }
    Nodes.start(a);
    assertThat(get(a).statusCode()).isEqualTo(404);
    long offset = offset();
    // eleven whole chunks
    assertThat(offset).isEqualTo(11 * 262_144);
    var rest =
        request(a, id)
            .PUT(BodyPublishers.ofByteArray(bytes, (int) offset, (int) (LENGTH - offset)))
            .header("Content-Range", "bytes %d-%d/%d".formatted(offset, LENGTH - 1, LENGTH));
    assertThat(send(rest).statusCode()).isEqualTo(201);
    a.process().kill();
    Nodes.start(a);
    assertThat(get(a).body()).isEqualTo(bytes);
  }

  private long offset() throws Exception {
    var head =
        send(
            request(a, id)
                .method("HEAD", BodyPublishers.noBody())
                .header("Cache-Control", "only-if-cached"));
    assertThat(head.statusCode()).isEqualTo(404);
    return head.headers().firstValueAsLong("Upload-Offset").orElse(0);
  }
}
