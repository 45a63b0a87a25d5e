package com.softadastra.edge.origin;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.softadastra.edge.policy.Headers;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.DnsResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OriginClientTest {
  private static final OriginLimits LIMITS =
      new OriginLimits(
          4, Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(5), 16 << 10);

  /** All names lead to this machine. */
  private static final DnsResolver HERE =
      new DnsResolver() {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
          return new InetAddress[] {InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1})};
        }

        @Override
        public String resolveCanonicalHostname(String host) {
          return host;
        }
      };

  private final AtomicInteger served = new AtomicInteger();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
    server.createContext(
        "/",
        exchange -> {
          exchange.getRequestBody().readAllBytes();
          served.incrementAndGet();
          exchange.sendResponseHeaders(204, -1);
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private OriginClient client(String host, boolean privateNetwork) {
    var url = URI.create("http://" + host + ":" + server.getAddress().getPort());
    return new OriginClient(Origin.named("shop", url, privateNetwork), LIMITS, HERE);
  }

  private static OriginFailure failure(OriginClient client, String method, InputStream body) {
    return catchThrowableOfType(
        OriginFailure.class, () -> client.send(method, "/", Headers.NONE, body, -1));
  }

  @Test
  void aNameNeverLeadsIntoAPrivateNetwork() throws IOException {
    try (var client = client("shop.example", false)) {
      var failure = failure(client, "GET", null);
      assertNotConnected(failure, "its name leads to an address that is not public");
      assertThat(failure).hasCauseInstanceOf(PublicAddresses.NotPublic.class);
      assertThat(served).hasValue(0);
    }
  }

  @Test
  void unlessItsOperatorSaysSo() throws IOException {
    try (var client = client("shop.example", true);
        var response = client.send("GET", "/", Headers.NONE, null, -1)) {
      assertThat(response.status()).isEqualTo(204);
    }
  }

  @Test
  void anAddressIsTakenAtItsWord() throws IOException {
    try (var client = client("127.0.0.1", false);
        var response = client.send("GET", "/", Headers.NONE, null, -1)) {
      assertThat(response.status()).isEqualTo(204);
    }
  }

  @Test
  void aBodyThatBreaksOffNeverArrivesAsAWhole() throws IOException {
    try (var client = client("127.0.0.1", false)) {
      var broken =
          new InputStream() {
            private final InputStream first = new ByteArrayInputStream(new byte[10_000]);

            @Override
            public int read() throws IOException {
              int b = first.read();
              if (b < 0) {
                throw new IOException("the client is gone");
              }
              return b;
            }
          };
      assertThat(failure(client, "POST", broken)).isNotNull();
    }
    server.stop(1);
    assertThat(served).hasValue(0);
  }

  @Test
  void noConnectionWithoutANetwork() throws IOException {
    var url = URI.create("http://shop.example");
    try (var client =
        new OriginClient(Origin.named("shop", url, true), LIMITS, leadsTo(255, 255, 255, 255))) {
      assertNotConnected(failure(client, "POST", null), "the network is unreachable");
    }
  }

  private static DnsResolver leadsTo(int... address) {
    var bytes =
        new byte[] {(byte) address[0], (byte) address[1], (byte) address[2], (byte) address[3]};
    return new DnsResolver() {
      @Override
      public InetAddress[] resolve(String host) throws UnknownHostException {
        return new InetAddress[] {InetAddress.getByAddress(host, bytes)};
      }

      @Override
      public String resolveCanonicalHostname(String host) {
        return host;
      }
    };
  }

  private static void assertNotConnected(OriginFailure failure, String why) {
    assertThat(failure.kind()).isEqualTo(OriginFailure.Kind.NOT_CONNECTED);
    assertThat(failure.why()).isEqualTo(why);
  }

  @Test
  void noConnectionUntilTlsIsAgreedOn() throws IOException {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answer(listener, "this is no TLS"));
      var url = URI.create("https://127.0.0.1:" + listener.getLocalPort());
      try (var client = new OriginClient(Origin.named("shop", url, false), LIMITS, HERE)) {
        assertNotConnected(failure(client, "POST", null), "TLS fails");
      }
    }
  }

  private static void answer(ServerSocket listener, String text) {
    try (var connection = listener.accept()) {
      connection.getOutputStream().write(text.getBytes(US_ASCII));
      connection.getInputStream().readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aConnectionThatIsCutMayHaveBroughtTheRequest() throws IOException {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerAndCut(listener, "HTTP/1.1 20"));
      var url = URI.create("http://127.0.0.1:" + listener.getLocalPort());
      try (var client = new OriginClient(Origin.named("shop", url, false), LIMITS, HERE)) {
        assertThat(failure(client, "POST", null).kind()).isEqualTo(OriginFailure.Kind.NO_ANSWER);
      }
    }
  }

  @Test
  void halfAHeadIsNoAnswer() throws IOException {
    try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> answerAndCut(listener, "HTTP/1.1 200 x\r\nA: b\r\nX-C"));
      var url = URI.create("http://127.0.0.1:" + listener.getLocalPort());
      try (var client = new OriginClient(Origin.named("shop", url, false), LIMITS, HERE)) {
        assertThat(failure(client, "POST", null).kind()).isEqualTo(OriginFailure.Kind.NO_ANSWER);
      }
    }
  }

  private static void answerAndCut(ServerSocket listener, String answer) {
    try (var connection = listener.accept()) {
      var in = new BufferedReader(new InputStreamReader(connection.getInputStream(), US_ASCII));
      while (!in.readLine().isEmpty()) {
        // the head alone
      }
      connection.getOutputStream().write(answer.getBytes(US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nobodyListens() throws IOException {
    server.stop(0);
    try (var client = client("127.0.0.1", false)) {
      assertNotConnected(failure(client, "POST", null), "refused");
    }
  }
}
