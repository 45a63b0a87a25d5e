package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.http.RawHttp;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The edge as its own process, killed while a body comes in. */
@Timeout(120)
class KilledEdgeIT {
  @TempDir Path data;

  @Test
  void whatWasWholeIsServedAndHalfABodyIsNot() throws Exception {
    try (var origin = new TestOrigin()) {
      origin.answers((request, out) -> {
        if (request.target().equals("/whole")) {
          out.write(answer(200, "Cache-Control: max-age=600\r\n", "tea"));
        } else {
          out.write(
              "HTTP/1.1 200 x\r\nCache-Control: max-age=600\r\nContent-Length: 9\r\n\r\nhalf"
                  .getBytes(StandardCharsets.ISO_8859_1));
          out.flush();
          new CountDownLatch(1).await();
        }
      });
      try (var process = new EdgeProcess(data, origin.port)) {
        await()
            .atMost(Duration.ofSeconds(60))
            .ignoreExceptions()
            .until(() -> get(process.port, "/cache/shop/whole").status() == 200);
        await().until(this::isHeadOnDisk);
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), process.port)) {
          socket.getOutputStream().write(request("/cache/shop/half"));
          assertThat(socket.getInputStream().read()).isEqualTo('H');
          process.kill();
        }
      }
      origin.stop();
      try (var edge = new EdgeServer(data, origin.port)) {
        assertThat(edge.get("/cache/shop/whole").text()).isEqualTo("tea");
        assertThat(edge.get("/cache/shop/half").status()).isEqualTo(504);
        assertThat(edge.store().count()).isEqualTo(1);
      }
    }
  }

  private boolean isHeadOnDisk() throws IOException {
    try (var heads = Files.newDirectoryStream(data.resolve("http-cache"), "*.head")) {
      return heads.iterator().hasNext();
    }
  }

  private static byte[] request(String path) {
    return EdgeServer.request("GET", path, "").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static RawHttp.Answer get(int port, String path) throws IOException {
    return RawHttp.send(port, request(path));
  }
}
