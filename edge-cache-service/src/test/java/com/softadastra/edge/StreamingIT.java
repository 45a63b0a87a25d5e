package com.softadastra.edge;

import static com.softadastra.edge.TestOrigin.answer;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.http.RawHttp;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bodies on their way, for one and for many. */
@Timeout(60)
class StreamingIT {
  private static final int READERS = 40;

  @TempDir Path data;
  private TestOrigin origin;
  private EdgeServer edge;

  @BeforeEach
  void start() throws IOException {
    origin = new TestOrigin();
    edge = new EdgeServer(data, origin.port, "--softadastra.edge.cache.largest=1MB");
  }

  @AfterEach
  void stop() {
    edge.close();
    origin.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<T>();
      for (Future<T> result : threads.invokeAll(Collections.nCopies(times, call))) {
        results.add(result.get());
      }
      return results;
    }
  }

  @Test
  @DisplayName("RFC 9111, 4: many readers, one fetch, and each reads what has come so far")
  void collapsed() throws Exception {
    var halfRead = new CountDownLatch(READERS);
    origin.answers((_, out) -> {
      out.write(
          bytes("HTTP/1.1 200 x\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n01234"));
      out.flush();
      halfRead.await();
      out.write(bytes("56789"));
    });
    var statuses =
        atOnce(
            READERS,
            () -> {
              try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
                socket
                    .getOutputStream()
                    .write(bytes(EdgeServer.request("GET", "/cache/shop/a", "")));
                var in = new BufferedInputStream(socket.getInputStream());
                String status = readHead(in);
                assertThat(in.readNBytes(5)).isEqualTo(bytes("01234"));
                halfRead.countDown();
                assertThat(in.readNBytes(5)).isEqualTo(bytes("56789"));
                return status;
              }
            });
    assertThat(origin.seen).hasSize(1);
    assertThat(statuses.stream().filter(it -> it.contains("; stored"))).hasSize(1);
    assertThat(statuses.stream().filter(it -> it.contains("; collapsed"))).hasSize(READERS - 1);
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo("0123456789");
    assertThat(origin.seen).hasSize(1);
  }

  /** The value of Cache-Status. */
  private static String readHead(InputStream in) throws IOException {
    String status = "";
    for (String line = RawHttp.line(in); !line.isEmpty(); line = RawHttp.line(in)) {
      if (line.startsWith("Cache-Status: ")) {
        status = line.substring(14);
      }
    }
    return status;
  }

  @Test
  @DisplayName("RFC 9111, 3: what is for one is never given to those who waited with it")
  void notShared() throws Exception {
    origin.answers((request, out) ->
        out.write(answer(200, "Cache-Control: private\r\n", request.values("X-Me").getFirst())));
    var texts = ConcurrentHashMap.<String>newKeySet();
    var number = new AtomicInteger();
    atOnce(
        READERS,
        () -> texts.add(edge.get("/cache/shop/a", "X-Me: " + number.incrementAndGet()).text()));
    assertThat(texts).hasSize(READERS);
    assertThat(origin.seen).hasSize(READERS);
  }

  @Test
  @DisplayName("RFC 9111, 4.1: who wants another variant is not given this one")
  void otherVariantIsNotShared() throws Exception {
    origin.answers((request, out) ->
        out.write(
            answer(
                200,
                "Cache-Control: max-age=60\r\nVary: X-Me\r\n",
                request.values("X-Me").getFirst())));
    var number = new AtomicInteger();
    atOnce(
        READERS,
        () -> {
          String me = Integer.toString(number.incrementAndGet() % 4);
          assertThat(edge.get("/cache/shop/a", "X-Me: " + me).text()).isEqualTo(me);
          return me;
        });
  }

  @Test
  void oneFailureAnswersAllWhoWait() throws Exception {
    var arrived = new CountDownLatch(1);
    origin.answers((_, out) -> {
      arrived.await();
      throw new IOException("on purpose");
    });
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = threads.submit(() -> edge.get("/cache/shop/a").status());
      arrived.countDown();
      assertThat(first.get()).isEqualTo(504);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "max-age=60,Content-Length: 200000,''",
    "max-age=60,Transfer-Encoding: chunked,186a0",
    "no-store,Content-Length: 200000,''",
    "no-store,Transfer-Encoding: chunked,186a0"
  })
  @DisplayName("RFC 9112, 8: a body that breaks off is seen to, and not stored")
  void breaksOff(String control, String framing, String chunk) throws Exception {
    var begun = new CountDownLatch(1);
    String start = chunk.isEmpty() ? "" : chunk + "\r\n";
    origin.answers((_, out) -> {
      out.write(bytes("HTTP/1.1 200 x\r\nCache-Control: " + control + "\r\n" + framing));
      out.write(bytes("\r\n\r\n" + start + "x".repeat(100_000)));
      out.flush();
      begun.await();
      throw new IOException("on purpose");
    });
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      socket.getOutputStream().write(bytes(EdgeServer.request("GET", "/cache/shop/a", "")));
      var in = new BufferedInputStream(socket.getInputStream());
      readHead(in);
      int first = in.read();
      begun.countDown();
      String rest = (char) first + new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(rest).hasSizeBetween(1, 199_999).doesNotEndWith("0\r\n\r\n");
    }
    origin.answers(200, "Cache-Control: max-age=60\r\n", "whole");
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo("whole");
    assertThat(edge.store().count()).isEqualTo(1);
  }

  @Test
  void breaksOffBeforeAnythingWasSent() throws Exception {
    origin.answers((_, out) -> {
      out.write(bytes("HTTP/1.1 200 x\r\nCache-Control: no-store\r\nContent-Length: 9\r\n\r\nx"));
      out.flush();
      throw new IOException("on purpose");
    });
    var answer = edge.get("/cache/shop/a");
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.text()).contains("\"code\":\"origin-failed\"");
  }

  @Test
  @DisplayName("RFC 9110, 14: a part of what is on its way, when its length is known")
  void rangeOfWhatComes() throws Exception {
    var partRead = new CountDownLatch(1);
    origin.answers((_, out) -> {
      out.write(
          bytes("HTTP/1.1 200 x\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n01234"));
      out.flush();
      partRead.await();
      out.write(bytes("56789"));
    });
    var part = edge.get("/cache/shop/a", "Range: bytes=1-3");
    assertThat(part.status()).isEqualTo(206);
    assertThat(part.text()).isEqualTo("123");
    partRead.countDown();
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo("0123456789");
    assertThat(origin.seen).hasSize(1);
  }

  @Test
  void whatIsTooLargeToKeepIsPassedOn() throws Exception {
    String large = "x".repeat(1_100_000);
    origin.answers(200, "Cache-Control: max-age=60\r\n", large);
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo(large);
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo(large);
    assertThat(edge.store().count()).isZero();
  }

  @Test
  void whatTurnsOutTooLargeBreaksOffOnceAndIsPassedOnThen() throws Exception {
    origin.answers((_, out) -> {
      out.write(
          bytes(
              "HTTP/1.1 200 x\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n"));
      out.write(bytes("10c8e0\r\n" + "x".repeat(1_100_000) + "\r\n0\r\n\r\n"));
    });
    try {
      assertThat(edge.get("/cache/shop/a").status()).as("before anything was sent").isEqualTo(502);
    } catch (EOFException brokeOff) {
      // something was sent
    }
    assertThat(edge.get("/cache/shop/a").body()).hasSize(1_100_000);
  }

  /** Endless, so that nothing is stored. */
  @Test
  void whatIsPassedThroughEndsWhenItsReaderLeaves() throws Exception {
    var left = new CountDownLatch(1);
    origin.answers((_, out) -> {
      out.write(
          bytes("HTTP/1.1 200 x\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n"));
      try {
        while (true) {
          out.write(bytes("400\r\n" + "x".repeat(0x400) + "\r\n"));
        }
      } finally {
        left.countDown();
      }
    });
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      socket.getOutputStream().write(bytes(EdgeServer.request("GET", "/cache/shop/a", "")));
      assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
    }
    assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void keepsWhatItsReaderDidNotWaitFor() throws Exception {
    var left = new CountDownLatch(1);
    origin.answers((_, out) -> {
      out.write(
          bytes("HTTP/1.1 200 x\r\nCache-Control: max-age=60\r\nContent-Length: 10\r\n\r\n01234"));
      out.flush();
      left.await();
      out.write(bytes("56789"));
    });
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port)) {
      socket.getOutputStream().write(bytes(EdgeServer.request("GET", "/cache/shop/a", "")));
      assertThat(socket.getInputStream().read()).isEqualTo('H');
    }
    left.countDown();
    assertThat(edge.get("/cache/shop/a").text()).isEqualTo("0123456789");
    assertThat(origin.seen).hasSize(1);
  }
}
