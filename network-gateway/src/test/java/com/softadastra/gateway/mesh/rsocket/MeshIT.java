package com.softadastra.gateway.mesh.rsocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.gateway.identity.TransportTls;
import com.softadastra.gateway.mesh.MeshLimits;
import com.softadastra.gateway.mesh.MeshProperties;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.ssl.SslContext;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.exceptions.RejectedSetupException;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.util.DefaultPayload;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;

/** Two gateways on loopback. */
@Timeout(90)
class MeshIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<MeshNode> nodes = new ArrayList<>();
  private MeshNode caller = node(MeshLimits.DEFAULTS);
  private MeshNode callee = node(MeshLimits.DEFAULTS);

  private MeshNode node(MeshLimits limits) {
    var node = new MeshNode(limits);
    nodes.add(node);
    return node;
  }

  @AfterEach
  void stop() {
    nodes.forEach(MeshNode::close);
  }

  private Flux<byte[]> connect(Flux<byte[]> frames) {
    return caller.links.connect(callee.id(), List.of(callee.address()), frames);
  }

  @Test
  void carriesFramesBothWaysInOrder() {
    callee.peering.onSession =
        (peer, frames) -> {
          assertThat(peer).isEqualTo(caller.id());
          return frames.map(frame -> bytes("echo " + text(frame)));
        };
    var sent = IntStream.range(0, 5_000).mapToObj(Integer::toString).toList();

    var echoed =
        connect(Flux.fromIterable(sent).map(MeshIT::bytes))
            .map(MeshIT::text)
            .collectList()
            .block(PATIENCE);

    assertThat(echoed).isEqualTo(sent.stream().map("echo "::concat).toList());
    assertThat(caller.meter("softadastra.mesh.frames", "direction", "out")).isEqualTo(5_000);
    assertThat(callee.meter("softadastra.mesh.frames", "direction", "in")).isEqualTo(5_000);
  }

  @Test
  void opensBeforeEitherSideHasAnythingToSay() {
    var opened = new CompletableFuture<Void>();
    callee.peering.onSession =
        (_, _) -> {
          opened.complete(null);
          return Flux.never();
        };

    var channel = connect(Flux.never()).subscribe();

    assertThat(opened).succeedsWithin(PATIENCE);
    channel.dispose();
  }

  @Test
  void carriesLargeAndEmptyFramesWhole() {
    var large = new byte[8 << 20];
    new Random(7).nextBytes(large);

    var back =
        connect(Flux.just(large, new byte[0], bytes("small"), large)).collectList().block(PATIENCE);

    assertThat(back).containsExactly(large, new byte[0], bytes("small"), large);
  }

  @Test
  void slowReaderBoundsWhatIsOnItsWay() {
    int total = 2_000;
    var taken = new AtomicLong();
    var asked = new AtomicLong();
    var furthestAhead = new AtomicLong();
    var wentAhead = new CountDownLatch(MeshProtocol.CREDIT / 2);
    var allTaken = new CompletableFuture<Void>();
    callee.peering.onSession =
        (_, frames) -> {
          frames.subscribe(
              new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                  request(1);
                }

                @Override
                protected void hookOnNext(byte[] frame) {
                  waitFor(wentAhead);
                  if (taken.incrementAndGet() == total) {
                    allTaken.complete(null);
                  }
                  request(1);
                }
              });
          return Flux.never();
        };
    var frames =
        Flux.range(0, total)
            .map(_ -> new byte[1024])
            .doOnNext(_ -> wentAhead.countDown())
            .doOnRequest(n -> {
              long ahead = asked.addAndGet(n) - taken.get();
              furthestAhead.accumulateAndGet(ahead, Math::max);
            });

    var channel = connect(frames).subscribe();

    assertThat(allTaken).succeedsWithin(PATIENCE);
    channel.dispose();
    assertThat(furthestAhead.get()).isBetween(MeshProtocol.CREDIT / 2L, MeshProtocol.CREDIT + 1L);
  }

  @Test
  void slowCallerBoundsWhatIsOnItsWay() {
    var asked = new AtomicLong();
    var most = new AtomicLong();
    var taken = new AtomicLong();
    callee.peering.onSession =
        (_, _) ->
            Flux.range(0, 2_000)
                .map(_ -> new byte[1024])
                .doOnRequest(
                    n -> most.accumulateAndGet(asked.addAndGet(n) - taken.get(), Math::max));

    var received =
        connect(Flux.never()).doOnNext(_ -> taken.incrementAndGet()).count().block(PATIENCE);

    assertThat(received).isEqualTo(2_000);
    assertThat(most.get()).isBetween(1L, MeshProtocol.CREDIT + 1L);
  }

  @Test
  void syncEngineMayWaitWhereFramesArriveAndWhereTheyAreAskedFor() {
    var held = new CountDownLatch(1);
    callee.peering.onSession =
        (_, frames) ->
            frames.concatMap(frame -> {
              waitFor(held);
              return Mono.just(frame);
            });
    var answers = new LinkedBlockingQueue<String>();
    var waiting =
        connect(
                Flux.generate(sink -> {
                  sink.next(bytes("held"));
                  sink.complete();
                }))
            .map(MeshIT::text)
            .subscribe(answers::add);

    // while one channel waits, more than there are event loops, pairing goes on
    for (int i = 0; i < 8; i++) {
      assertThat(caller.links.pair(callee.id(), List.of(callee.address()), bytes("p" + i)))
          .isEqualTo(bytes("p" + i));
    }
    held.countDown();

    await().atMost(PATIENCE).until(() -> answers.contains("held"));
    waiting.dispose();
  }

  @Test
  void cancelClosesTheChannelAndTheConnection() {
    var lost = new CompletableFuture<Throwable>();
    callee.peering.onSession =
        (_, frames) -> {
          frames.subscribe(_ -> {}, lost::complete);
          return Flux.just(bytes("hello")).concatWith(Flux.never());
        };
    var cancelled = new CompletableFuture<Void>();
    var greeted = new CompletableFuture<Void>();

    var channel =
        connect(Flux.<byte[]>never().doOnCancel(() -> cancelled.complete(null)))
            .subscribe(_ -> greeted.complete(null));
    assertThat(greeted).succeedsWithin(PATIENCE);
    channel.dispose();

    assertThat(cancelled).succeedsWithin(PATIENCE);
    assertThat(lost)
        .succeedsWithin(PATIENCE)
        .isInstanceOfSatisfying(
            PeerUnreachable.class,
            failure -> assertThat(failure).hasMessageContaining(caller.id().toString()));
    awaitConnections(callee, 0);
    await()
        .atMost(PATIENCE)
        .until(() -> caller.meter("softadastra.mesh.connections", "opened", "self") == 0);
  }

  @Test
  void refusalOfTheOtherSyncEngineIsToldInItsWords() {
    callee.peering.onSession =
        (_, _) -> Flux.error(new Refused(ProblemCode.NOT_ALLOWED, "this node is not paired"));

    assertThatThrownBy(() -> connect(Flux.never()).blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessage(
            "peer unreachable: "
                + callee.address()
                + ": refused: not-allowed: this node is not paired");
    awaitConnections(callee, 0);
  }

  @Test
  void failureOfTheOtherSyncEngineEndsTheChannelWithoutItsInnards() {
    callee.peering.onSession =
        (_, frames) ->
            frames.map(_ -> {
              throw new IllegalStateException("secret path");
            });

    assertThatThrownBy(() -> connect(Flux.just(bytes("x"))).blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining("the node failed")
        .hasMessageNotContaining("secret");
  }

  @Test
  void anotherKeyIsRefusedAndNamed() {
    var other = new MeshNode();
    nodes.add(other);

    assertThatThrownBy(() ->
            caller
                .links
                .connect(other.id(), List.of(callee.address()), Flux.never())
                .blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessage(
            "peer unreachable: %s: answers with another key: expected %s, found %s",
            callee.address(), other.id(), callee.id());
  }

  @Test
  void addressesAreTriedInOrderUntilTheNodeAnswers() throws IOException {
    var other = new MeshNode();
    nodes.add(other);
    String nobody;
    try (var free = new ServerSocket(0)) {
      nobody = "127.0.0.1:" + free.getLocalPort();
    }

    assertThat(
            caller.links.pair(
                callee.id(),
                List.of(nobody, "not an address:x", other.address(), callee.address()),
                bytes("hello")))
        .isEqualTo(bytes("hello"));
    assertThatThrownBy(
            () -> caller.links.pair(callee.id(), List.of(nobody, other.address()), bytes("hello")))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining(nobody + ": connection refused; ")
        .hasMessageContaining(other.address() + ": answers with another key");
    assertThatThrownBy(() -> caller.links.pair(callee.id(), List.of(), bytes("hello")))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining("no address is known");
  }

  @Test
  void pairingReachesTheSyncEngineWithTheNodeThatTlsProved() {
    callee.peering.onPairing = (joiner, request) -> bytes(joiner + " " + text(request));

    assertThat(text(caller.links.pair(callee.id(), List.of(callee.address()), bytes("please"))))
        .isEqualTo(caller.id() + " please");
  }

  @Test
  void pairingIsForTheSyncEngineToRefuse() {
    callee.peering.onPairing =
        (_, _) -> {
          throw new Refused(ProblemCode.INVITATION_INVALID, "used up");
        };

    assertThatThrownBy(
            () -> caller.links.pair(callee.id(), List.of(callee.address()), bytes("please")))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining("refused: invitation-invalid: used up");
  }

  @Test
  void pairingIsGivenUpInTime() {
    caller = node(limits(256, 4, Duration.ofSeconds(5), Duration.ofMillis(300)));
    var never = new CountDownLatch(1);
    callee.peering.onPairing =
        (_, request) -> {
          waitFor(never);
          return request;
        };

    assertThatThrownBy(
            () -> caller.links.pair(callee.id(), List.of(callee.address()), bytes("please")))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining("no answer in time");
    awaitConnections(callee, 0);
    never.countDown();
  }

  @Test
  void stoppedServerIsAnErrorAtTheCaller() {
    callee.peering.onSession = (_, _) -> Flux.just(bytes("first")).concatWith(Flux.never());
    var first = new CompletableFuture<Void>();
    var failed = new CompletableFuture<Throwable>();

    connect(Flux.never()).subscribe(_ -> first.complete(null), failed::complete);
    assertThat(first).succeedsWithin(PATIENCE);
    callee.server.stop();

    assertThat(failed).succeedsWithin(PATIENCE).isInstanceOf(PeerUnreachable.class);
  }

  @Test
  void silentPeerIsNoticedOnBothSides() throws IOException {
    caller = node(restless());
    callee = node(restless());
    var calleeLost = new CompletableFuture<Throwable>();
    callee.peering.onSession =
        (_, frames) -> {
          frames.subscribe(_ -> {}, calleeLost::complete);
          return Flux.just(bytes("first")).concatWith(Flux.never());
        };
    var first = new CompletableFuture<Void>();
    var callerLost = new CompletableFuture<Throwable>();
    try (var wire = new CuttableWire(callee.port())) {
      caller
          .links
          .connect(callee.id(), List.of("127.0.0.1:" + wire.port()), Flux.never())
          .subscribe(_ -> first.complete(null), callerLost::complete);
      assertThat(first).succeedsWithin(PATIENCE);

      wire.cut();

      assertThat(callerLost).succeedsWithin(PATIENCE).isInstanceOf(PeerUnreachable.class);
      assertThat(calleeLost).succeedsWithin(PATIENCE).isInstanceOf(PeerUnreachable.class);
    }
  }

  @Test
  void aNodeHasItsShareOfConnectionsAndNoMore() {
    callee = node(limits(8, 2, Duration.ofSeconds(5), Duration.ofSeconds(15)));
    var opened = new AtomicInteger();
    callee.peering.onSession =
        (_, _) -> {
          opened.incrementAndGet();
          return Flux.never();
        };
    var first = connect(Flux.never()).subscribe();
    var second = connect(Flux.never()).subscribe();
    await().atMost(PATIENCE).until(() -> opened.get() == 2);

    assertThatThrownBy(() -> connect(Flux.never()).blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining("refused the connection: too many connections of this node");

    // another node still gets in, and so does this one once it has let go
    var other = new MeshNode();
    nodes.add(other);
    assertThat(other.links.pair(callee.id(), List.of(callee.address()), bytes("x")))
        .isEqualTo(bytes("x"));
    first.dispose();
    awaitConnections(callee, 1);
    assertThat(caller.links.pair(callee.id(), List.of(callee.address()), bytes("x")))
        .isEqualTo(bytes("x"));
    second.dispose();
  }

  @Test
  void allPlacesTakenHangsUpBeforeTls() throws IOException {
    callee = node(limits(2, 2, Duration.ofSeconds(5), Duration.ofSeconds(15)));
    var held = new ArrayList<Socket>();
    for (int i = 0; i < 2; i++) {
      held.add(new Socket("127.0.0.1", callee.port()));
    }
    awaitConnections(callee, 2);

    try (var third = new Socket("127.0.0.1", callee.port())) {
      assertHungUp(third);
    }
    for (var socket : held) {
      socket.close();
    }
    awaitConnections(callee, 0);
    assertStillServes();
  }

  @Test
  void whatIsNotTlsIsHungUpOn() throws IOException {
    try (var socket = new Socket("127.0.0.1", callee.port())) {
      var garbage = new byte[4096];
      new Random(11).nextBytes(garbage);
      socket.getOutputStream().write(garbage);
      assertHungUp(socket);
    }
    assertStillServes();
  }

  @Test
  void handshakeThatDoesNotGoOnIsHungUpOn() throws IOException {
    callee =
        node(
            new MeshLimits(
                8,
                4,
                Duration.ofSeconds(3),
                Duration.ofMillis(200),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15)));
    try (var socket = new Socket("127.0.0.1", callee.port())) {
      assertHungUp(socket);
    }
    assertStillServes();
  }

  @Test
  void olderTlsIsRefused() throws Exception {
    try (var socket = strangerWithoutCertificate("TLSv1.2")) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    assertStillServes();
  }

  @Test
  void callerWithoutCertificateIsRefused() throws Exception {
    var reached = new AtomicInteger();
    callee.peering.onPairing =
        (_, request) -> {
          reached.incrementAndGet();
          return request;
        };
    try (var socket = strangerWithoutCertificate("TLSv1.3")) {
      assertThatThrownBy(
              () -> {
                socket.startHandshake();
                socket.getInputStream().read();
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(reached).hasValue(0);
    assertStillServes();
  }

  @Test
  void otherProtocolIsRefusedWithTheReason() {
    var socket = rsocket("softadastra-mesh/2", Duration.ofSeconds(5), Duration.ofSeconds(15));

    assertThatThrownBy(
            () -> socket.requestResponse(DefaultPayload.create("x", "pair")).block(PATIENCE))
        .isInstanceOf(RejectedSetupException.class)
        .hasMessageContaining("this node speaks softadastra-mesh/1");
    awaitConnections(callee, 0);
  }

  @Test
  void callerCannotChooseToBeBelievedAliveForLonger() {
    var socket = rsocket(MeshProtocol.NAME, Duration.ofHours(1), Duration.ofHours(2));

    assertThatThrownBy(
            () -> socket.requestResponse(DefaultPayload.create("x", "pair")).block(PATIENCE))
        .isInstanceOf(RejectedSetupException.class)
        .hasMessageContaining("a sign of life is due every 5000 ms");
  }

  @Test
  void mailGoesToTheMailboxes() {
    var from = new CompletableFuture<NodeId>();
    callee.mailboxes =
        (member, frames) -> {
          from.complete(member);
          return frames.map(frame -> bytes("kept " + new String(frame, UTF_8)));
        };
    assertThat(
            caller
                .links
                .mail(callee.id(), List.of(callee.address()), Flux.just(bytes("a"), bytes("b")))
                .map(frame -> new String(frame, UTF_8))
                .collectList()
                .block(PATIENCE))
        .containsExactly("kept a", "kept b");
    assertThat(from).isCompletedWithValue(caller.id());
  }

  @Test
  void questionsForBlobsGoToTheBlobs() {
    var from = new CompletableFuture<NodeId>();
    callee.blobs =
        (peer, frames) -> {
          from.complete(peer);
          return frames.next().flatMapMany(frame -> Flux.just(frame, new byte[300_000]));
        };
    assertThat(
            caller
                .links
                .fetch(callee.id(), List.of(callee.address()), Flux.just(bytes("a")))
                .map(frame -> frame.length)
                .collectList()
                .block(PATIENCE))
        .containsExactly(1, 300_000);
    assertThat(from).isCompletedWithValue(caller.id());
  }

  @Test
  void unknownRouteIsRefused() {
    assertThatThrownBy(() ->
            rsocket(MeshProtocol.NAME, Duration.ofSeconds(5), Duration.ofSeconds(15))
                .requestResponse(DefaultPayload.create("x", "admin"))
                .block(PATIENCE))
        .hasMessageContaining("pair, session, mail or blob");
    assertThatThrownBy(() ->
            rsocket(MeshProtocol.NAME, Duration.ofSeconds(5), Duration.ofSeconds(15))
                .requestChannel(Flux.just(DefaultPayload.create("x")))
                .blockLast(PATIENCE))
        .hasMessageContaining("pair, session, mail or blob");
  }

  @Test
  void secondRequestEndsTheConnection() {
    callee.peering.onSession = (_, _) -> Flux.never();
    var socket = rsocket(MeshProtocol.NAME, Duration.ofSeconds(5), Duration.ofSeconds(15));
    var first = new CompletableFuture<Throwable>();
    socket
        .requestChannel(Flux.concat(Mono.just(DefaultPayload.create("", "session")), Flux.never()))
        .subscribe(_ -> {}, first::complete);

    assertThatThrownBy(
            () -> socket.requestResponse(DefaultPayload.create("x", "pair")).block(PATIENCE))
        .hasMessageContaining("a mesh connection carries one request");
    assertThat(first).succeedsWithin(PATIENCE);
    awaitConnections(callee, 0);
  }

  @Test
  void openingThatIsTooLongEndsTheConnection() {
    var reached = new AtomicInteger();
    callee.peering.onPairing =
        (_, request) -> {
          reached.incrementAndGet();
          return request;
        };

    assertThat(caller.links.pair(callee.id(), List.of(callee.address()), new byte[200 << 10]))
        .hasSize(200 << 10);
    assertThatThrownBy(
            () -> caller.links.pair(callee.id(), List.of(callee.address()), new byte[1 << 20]))
        .isInstanceOf(PeerUnreachable.class);
    assertThat(reached).hasValue(1);
    awaitConnections(callee, 0);
  }

  @Test
  void calleeThatIsThroughEndsTheChannel() {
    callee.peering.onSession = (_, _) -> Flux.just(bytes("all there is"));
    var cancelled = new CompletableFuture<Void>();

    var received =
        connect(Flux.<byte[]>never().doOnCancel(() -> cancelled.complete(null)))
            .map(MeshIT::text)
            .collectList()
            .block(PATIENCE);

    assertThat(received).containsExactly("all there is");
    assertThat(cancelled).succeedsWithin(PATIENCE);
    awaitConnections(callee, 0);
  }

  @Test
  void failureOfTheCallersFramesFailsBothEnds() {
    var lost = new CompletableFuture<Throwable>();
    callee.peering.onSession =
        (_, frames) -> {
          frames.subscribe(_ -> {}, lost::complete);
          return Flux.just(bytes("hello")).concatWith(Flux.never());
        };
    var failing = new CompletableFuture<byte[]>();

    assertThatThrownBy(() ->
            connect(Mono.fromFuture(failing).flux())
                .doOnNext(_ -> failing.completeExceptionally(new IllegalStateException("disk")))
                .blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class);
    assertThat(lost).succeedsWithin(PATIENCE).isInstanceOf(PeerUnreachable.class);
    awaitConnections(callee, 0);
  }

  @Test
  void framesThatAreLookedAtTooLateSayThatThePeerIsGone() {
    var untouched = new CompletableFuture<Flux<byte[]>>();
    callee.peering.onSession =
        (_, frames) -> {
          untouched.complete(frames);
          return Flux.never();
        };
    var channel = connect(Flux.never()).subscribe();
    assertThat(untouched).succeedsWithin(PATIENCE);
    channel.dispose();
    awaitConnections(callee, 0);

    assertThatThrownBy(() -> untouched.join().blockLast(PATIENCE))
        .isInstanceOf(PeerUnreachable.class)
        .hasMessageContaining(caller.id().toString());
  }

  @Test
  void connectionThatAsksForNothingIsHungUpOn() {
    callee = node(limits(8, 4, Duration.ofMillis(200), Duration.ofSeconds(15)));

    var silentAfterSetup =
        rsocket(MeshProtocol.NAME, Duration.ofSeconds(5), Duration.ofSeconds(15));
    silentAfterSetup.onClose().onErrorComplete().block(PATIENCE);
    var silentAfterTls =
        TcpClient.newConnection()
            .host("127.0.0.1")
            .port(callee.port())
            .secure(spec -> spec.sslContext(tls()))
            .connectNow();
    silentAfterTls.onDispose().block(PATIENCE);

    awaitConnections(callee, 0);
  }

  @Test
  void takenPortIsToldInOneSentence() {
    var second =
        new MeshServer(
            new MeshProperties("127.0.0.1", callee.port(), List.of()),
            MeshLimits.DEFAULTS,
            Optional::empty,
            new PeerRequests.Layers(
                () -> callee.peering, () -> callee.mailboxes, () -> callee.blobs),
            new MeshThreads(),
            new MeshMetrics(new SimpleMeterRegistry()));

    assertThatThrownBy(second::start)
        .isInstanceOf(MeshNotBound.class)
        .hasMessageStartingWith("can't listen for peers on " + callee.address());
  }

  private void assertStillServes() {
    assertThat(caller.links.pair(callee.id(), List.of(callee.address()), bytes("still there?")))
        .isEqualTo(bytes("still there?"));
  }

  private static void assertHungUp(Socket socket) throws IOException {
    socket.setSoTimeout((int) PATIENCE.toMillis());
    try {
      // TLS may say why before it hangs up
      while (socket.getInputStream().read() >= 0) {}
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  private static void awaitConnections(MeshNode node, int standing) {
    await()
        .atMost(PATIENCE)
        .until(() -> node.meter("softadastra.mesh.connections", "opened", "peer") == standing);
  }

  private SslContext tls() {
    return TransportTls.calling(callee.id(), caller.identity);
  }

  private RSocket rsocket(String protocol, Duration keepAlive, Duration silence) {
    return RSocketConnector.create()
        .setupPayload(DefaultPayload.create(protocol))
        .keepAlive(keepAlive, silence)
        .connect(
            TcpClientTransport.create(
                TcpClient.newConnection()
                    .host("127.0.0.1")
                    .port(callee.port())
                    .secure(spec -> spec.sslContext(tls()))))
        .block(PATIENCE);
  }

  private SSLSocket strangerWithoutCertificate(String protocol) throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    var socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", callee.port());
    socket.setEnabledProtocols(new String[] {protocol});
    socket.setSoTimeout((int) PATIENCE.toMillis());
    return socket;
  }

  private record TrustAll() implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private static MeshLimits limits(int all, int perNode, Duration request, Duration pair) {
    return new MeshLimits(
        all,
        perNode,
        Duration.ofSeconds(3),
        Duration.ofSeconds(10),
        request,
        pair,
        Duration.ofSeconds(5),
        Duration.ofSeconds(15));
  }

  private static MeshLimits restless() {
    return new MeshLimits(
        8,
        4,
        Duration.ofSeconds(3),
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(15),
        Duration.ofMillis(200),
        Duration.ofMillis(800));
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new AssertionError("waited in vain");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
