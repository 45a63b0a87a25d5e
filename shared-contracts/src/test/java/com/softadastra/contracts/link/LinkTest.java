package com.softadastra.contracts.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.INTEGER;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.DocumentView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.contracts.suite.Awaiting;
import com.softadastra.contracts.suite.CuttableProxy;
import com.softadastra.contracts.suite.Probe;
import com.softadastra.contracts.suite.RecordingDocuments;
import com.softadastra.contracts.suite.RecordingPeering;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.contracts.suite.Source;
import io.rsocket.core.RSocketConnector;
import io.rsocket.transport.netty.client.TcpClientTransport;
import io.rsocket.util.DefaultPayload;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

/** What a link does beyond the contracts: cuts, silence, time limits, who may call. */
class LinkTest {
  private static final LinkSecret NONE = LinkSecret.none();

  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final RecordingDocuments documents = new RecordingDocuments();

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }

  @Test
  void cutInMidStreamEndsItOnBothSidesAndNextCallConnectsAnew() {
    var proxy = proxied(serve(documents));
    var remote = client(LinkAddress.loopback(proxy.port())).proxy(Documents.class);
    var source = new Source<>(Samples::change);
    documents.willAnswer(source.flux());
    var probe = Probe.on(remote.follow("shop", 0));
    probe.take();

    proxy.cut();

    assertThat(probe.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    source.awaitCancelled();
    documents.willAnswer(List.of());
    assertThat(remote.spaces()).isEmpty();
    assertThat(proxy.connections()).isEqualTo(2);
  }

  @Test
  void cutInMidChannelEndsItOnBothSides() {
    var received = new Probe<byte[]>();
    var answers = new Source<>(n -> new byte[] {(byte) n});
    var accepting =
        stub(
            Peering.class,
            (_, _, arguments) -> {
              stream(arguments[1]).subscribe(received);
              return answers.flux();
            });
    var proxy =
        proxied(
            open(LinkServer.bind(LinkAddress.loopback(0), NONE)).serve(Peering.class, accepting));
    var sent = new Source<>(n -> new byte[] {(byte) n});
    var remote = client(LinkAddress.loopback(proxy.port())).proxy(Peering.class);
    var probe = Probe.on(remote.accept(Samples.NODE, sent.flux()));
    probe.take();
    received.take();

    proxy.cut();

    assertThat(probe.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    assertThat(received.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    answers.awaitCancelled();
    sent.awaitCancelled();
  }

  @Test
  void channelEndsBothWaysWhenCallerCancels() {
    var received = new Probe<byte[]>();
    var answers = new Source<>(n -> new byte[] {(byte) n});
    var sent = new Source<>(n -> new byte[] {(byte) n});
    var probe = Probe.on(accepting(received, answers.flux()).accept(Samples.NODE, sent.flux()));
    probe.take();
    received.take();

    probe.cancel();

    answers.awaitCancelled();
    sent.awaitCancelled();
    assertThat(received.awaitEnd()).isInstanceOf(LayerUnreachable.class);
  }

  @Test
  void channelEndsBothWaysWhenCalleeHasAnsweredAll() {
    var received = new Probe<byte[]>();
    var answers = Sinks.<byte[]>empty();
    var sent = new Source<>(n -> new byte[] {(byte) n});
    var remote = accepting(received, answers.asMono().flux());
    var probe = Probe.on(remote.accept(Samples.NODE, sent.flux()));
    received.take();

    answers.tryEmitEmpty();

    assertThat(probe.awaitEnd()).isNull();
    sent.awaitCancelled();
  }

  @Test
  void channelThatCalleeNeverReadsEndsBothWays() {
    var sent = new Source<>(n -> new byte[] {(byte) n});
    var answering = stub(Peering.class, (_, _, _) -> Flux.just(new byte[] {7}));
    var server =
        open(LinkServer.bind(LinkAddress.loopback(0), NONE)).serve(Peering.class, answering);
    var remote = client(server.address()).proxy(Peering.class);
    var probe = Probe.on(remote.accept(Samples.NODE, sent.flux()));
    assertThat(probe.take()).containsExactly(7);
    assertThat(probe.awaitEnd()).isNull();
    sent.awaitCancelled();
  }

  @Test
  void streamMayKeepThreadThatSubscribedToIt() {
    var room = new Semaphore(0);
    var blocking =
        Flux.<Change>create(sink -> {
          sink.onRequest(n -> room.release((int) n));
          for (int n = 0; n < 200; n++) {
            room.acquireUninterruptibly();
            sink.next(Samples.change(n));
          }
          sink.complete();
        });
    documents.willAnswer(blocking);
    var probe = Probe.on(client(serve(documents).address()).proxy(Documents.class).follow("s", 0));
    for (int n = 0; n < 200; n++) {
      assertThat(probe.take()).isEqualTo(Samples.change(n));
    }
    assertThat(probe.awaitEnd()).isNull();
  }

  private Peering accepting(Probe<byte[]> received, Flux<byte[]> answers) {
    var callee =
        stub(
            Peering.class,
            (_, _, arguments) -> {
              stream(arguments[1]).subscribe(received);
              return answers;
            });
    var server = open(LinkServer.bind(LinkAddress.loopback(0), NONE)).serve(Peering.class, callee);
    return client(server.address()).proxy(Peering.class);
  }

  @RepeatedTest(20)
  void callFromErrorSignalOfCutConnectsAnew() {
    var proxy = proxied(serve(documents));
    var remote = client(LinkAddress.loopback(proxy.port())).proxy(Documents.class);
    documents.willAnswer(new Source<>(Samples::change).flux());
    documents.willAnswer(List.of());
    var probe =
        Probe.on(
            remote
                .follow("shop", 0)
                .map(Object.class::cast)
                .onErrorResume(LayerUnreachable.class, _ -> Mono.fromCallable(remote::spaces)));
    probe.take();
    proxy.cut();
    Object last = probe.take();
    while (!(last instanceof List)) {
      last = probe.take();
    }
    assertThat(last).isEqualTo(List.of());
  }

  @Test
  void callInProgressFailsQuicklyWhenServerCloses() throws Exception {
    var called = new CountDownLatch(1);
    var never = new CountDownLatch(1);
    var server = serve(stub(Documents.class, (_, _, _) -> await(called, never)));
    var remote = client(server.address()).proxy(Documents.class);
    var call = CompletableFuture.supplyAsync(() -> remote.digest("shop"));
    Awaiting.until(called, "the call to arrive");

    server.close();

    assertThatThrownBy(() -> call.get(5, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(LayerUnreachable.class);
    never.countDown();
  }

  @Test
  void serverStartsAgainAtSameAddress() {
    var first = serve(documents);
    var remote = client(first.address()).proxy(Documents.class);
    documents.willAnswer(List.of());
    assertThat(remote.spaces()).isEmpty();
    first.close();
    assertThatThrownBy(remote::spaces).isInstanceOf(LayerUnreachable.class);

    open(LinkServer.bind(first.address(), NONE)).serve(Documents.class, documents);

    documents.willAnswer(List.of());
    assertThat(remote.spaces()).isEmpty();
  }

  @Test
  void noticesSilentPeer() {
    var proxy = proxied(serve(documents));
    var client =
        open(
            new LinkClient(
                LinkAddress.loopback(proxy.port()),
                NONE,
                LinkClient.CALL_TIMEOUT,
                Duration.ofSeconds(2)));
    var source = new Source<>(Samples::change);
    documents.willAnswer(source.flux());
    var probe = Probe.on(client.proxy(Documents.class).follow("shop", 0));
    probe.take();

    proxy.fallSilent();

    assertThat(probe.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    source.awaitCancelled();
  }

  @Test
  void namesLayerThatNobodyServes() {
    var server = serve(documents);
    server.close();
    assertThatThrownBy(() -> client(server.address()).proxy(Documents.class).spaces())
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("Documents at " + server.address())
        .hasMessageContaining("refused");
  }

  @Test
  void tellsWhichContractIsNotServed() {
    var remote = client(serve(documents).address()).proxy(PeerLinks.class);
    assertThatThrownBy(remote::addresses)
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("PeerLinks.addresses is not served here");
  }

  @Test
  void unexpectedFailureNamesLayerAndReason() {
    var remote = client(serve(documents).address()).proxy(Documents.class);
    documents.willAnswer(new IllegalStateException("broken " + Samples.TEXT));
    assertThatThrownBy(remote::spaces)
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("Documents at ")
        .hasMessageContaining("IllegalStateException: broken " + Samples.TEXT);
  }

  @Test
  void longFailureIsCutShortAndLinkGoesOn() {
    var remote = client(serve(documents).address()).proxy(Documents.class);
    documents.willAnswer(new IllegalStateException("x".repeat(20_000_000)));
    assertThatThrownBy(remote::spaces)
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("IllegalStateException: xxx")
        .extracting(failure -> failure.getMessage().length(), INTEGER)
        .isLessThan(5_000);
    documents.willAnswer(List.of());
    assertThat(remote.spaces()).isEmpty();
  }

  @Test
  void answerMayTakeAsLongAsPatienceAndTimeoutTogether() {
    var never = new CountDownLatch(1);
    var interrupted = new AtomicBoolean();
    var slow =
        stub(
            Documents.class,
            (_, method, _) -> {
              long millis = method.getName().equals("digest") ? 20_000 : 400;
              try {
                never.await(millis, TimeUnit.MILLISECONDS);
              } catch (InterruptedException _) {
                interrupted.set(true);
              }
              return Reply.refused(Samples.PROBLEM);
            });
    var remote =
        open(LinkClient.to(serve(slow).address(), NONE, Duration.ofMillis(100)))
            .proxy(Documents.class);
    assertThatThrownBy(() -> remote.digest("shop"))
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("no answer within PT0.1S");
    assertThat(remote.awaitReceipt("s", "i", ReceiptState.RECORDED, Duration.ofSeconds(10)))
        .isEqualTo(Reply.refused(Samples.PROBLEM));
    never.countDown();
    assertThat(interrupted).isFalse();
  }

  @Test
  void refusesToBlockEventLoop() {
    var remote = client(serve(documents).address()).proxy(Documents.class);
    var call = Mono.fromCallable(remote::spaces).subscribeOn(Schedulers.parallel());
    assertThatThrownBy(() -> call.block(Awaiting.DEADLINE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Documents.spaces blocks");
    assertThat(documents.calls()).isEmpty();
  }

  @Test
  void callsAtOnceShareOneConnection() throws Exception {
    var proxy = proxied(serve(documents));
    var remote = client(LinkAddress.loopback(proxy.port())).proxy(Documents.class);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var calls = new ArrayList<Future<?>>();
      for (int i = 0; i < 500; i++) {
        documents.willAnswer(List.of());
        calls.add(threads.submit(remote::spaces));
      }
      for (var call : calls) {
        assertThat(call.get()).isEqualTo(List.of());
      }
    }
    assertThat(proxy.connections()).isEqualTo(1);
  }

  @Test
  void carriesPayloadsBeyondOneFrameAndRefusesThoseBeyondLimit() {
    var remote = client(serve(documents).address()).proxy(Documents.class);
    assertThat(largeDocument(remote, 20 << 20)).isEqualTo(20 << 20);
    assertThatThrownBy(() -> largeDocument(remote, 65 << 20)).isInstanceOf(LayerUnreachable.class);
    assertThat(largeDocument(remote, 1)).isEqualTo(1);
  }

  private int largeDocument(Documents remote, int length) {
    documents.willAnswer(
        Reply.of(new DocumentView("a", "1-a", new JsonText("x".repeat(length)), false, 0)));
    return remote.document("shop", "orders", "a").orThrow().body().text().length();
  }

  @Test
  void closedClientCallsNoMore() {
    var client = client(serve(documents).address());
    var remote = client.proxy(Documents.class);
    var source = new Source<>(Samples::change);
    documents.willAnswer(source.flux());
    var probe = Probe.on(remote.follow("shop", 0));
    probe.take();

    client.close();

    assertThat(probe.awaitEnd()).isInstanceOf(LayerUnreachable.class);
    source.awaitCancelled();
    assertThatThrownBy(remote::spaces)
        .isInstanceOf(LayerUnreachable.class)
        .hasMessageContaining("closed");
  }

  @RepeatedTest(20)
  void rejectsOtherSecret(@TempDir Path folder) {
    var server =
        open(LinkServer.bind(LinkAddress.loopback(0), LinkSecret.inFile(folder.resolve("a"))))
            .serve(Documents.class, documents);
    for (var secret : List.of(NONE, LinkSecret.inFile(folder.resolve("b")))) {
      var remote = open(LinkClient.to(server.address(), secret)).proxy(Documents.class);
      assertThatThrownBy(remote::spaces)
          .isInstanceOf(LayerUnreachable.class)
          .hasMessageContaining("the link secret is not the one of this layer");
      assertThat(Probe.on(remote.follow("shop", 0)).awaitEnd())
          .isInstanceOf(LayerUnreachable.class);
    }
    assertThat(documents.calls()).isEmpty();
    documents.willAnswer(List.of());
    var trusted = open(LinkClient.to(server.address(), LinkSecret.inFile(folder.resolve("a"))));
    assertThat(trusted.proxy(Documents.class).spaces()).isEmpty();
  }

  @Test
  void rejectsOtherVersion() {
    var server = serve(documents);
    var connection =
        RSocketConnector.create()
            .setupPayload(DefaultPayload.create("softadastra-link/2"))
            .connect(TcpClientTransport.create("127.0.0.1", server.address().port()))
            .block(Awaiting.DEADLINE);
    open.push(connection::dispose);
    assertThatThrownBy(() -> connection.onClose().block(Awaiting.DEADLINE))
        .hasMessage("this layer speaks softadastra-link/1, not softadastra-link/2");
  }

  @Test
  void listensBeyondLoopbackOnlyWithSecret(@TempDir Path folder) {
    assertThatThrownBy(() -> LinkServer.bind(LinkAddress.parse("0.0.0.0:0"), NONE))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("needs a secret");
    var secret = LinkSecret.inFile(folder.resolve("secret"));
    assertThatCode(() -> open(LinkServer.bind(LinkAddress.parse("0.0.0.0:0"), secret)))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesAddressThatIsTaken() {
    var server = serve(documents);
    assertThatThrownBy(() -> LinkServer.bind(server.address(), NONE))
        .hasMessageContaining(server.address().toString());
  }

  @Test
  void carriesEverySignature() {
    var server =
        open(LinkServer.bind(LinkAddress.loopback(0), NONE))
            .serve(Oddities.class, new Oddities.Honest());
    var remote = client(server.address()).proxy(Oddities.class);
    assertThat(remote.bytes(null)).isNull();
    assertThat(remote.bytes(new byte[0])).isEmpty();
    assertThat(remote.text(null, null, null)).isNull();
    assertThat(remote.text("a", Instant.EPOCH, List.of("b"))).isEqualTo("a1970-01-01T00:00:00Z[b]");
    assertThatCode(remote::nothing).doesNotThrowAnyException();
    assertThat(remote.sum(1, Long.MAX_VALUE - 3, true, 0.5)).isEqualTo(-Long.MAX_VALUE);
    var nested = Map.of("a", List.of(Samples.CLOCK, Instant.MIN));
    assertThat(remote.nested(nested)).isEqualTo(nested);
    assertThat(remote.upload("ab", Flux.range(0, 1_000).map(n -> new byte[n]), null))
        .isEqualTo(499_502);
    assertThat(remote.echo(Flux.just("é", "")).collectList().block(Awaiting.DEADLINE))
        .containsExactly("é", "é", "", "");
    assertThat(remote.greeting()).isEqualTo("text is xnullnull");
    assertThat(remote).hasToString("Oddities at " + server.address()).isEqualTo(remote);
    assertThat(remote.hashCode()).isEqualTo(remote.hashCode());
  }

  private interface Overloaded {
    void a();

    void a(int b);
  }

  private interface TwoStreams {
    void a(Flux<String> b, Flux<String> c);
  }

  private interface OtherPublisher {
    Mono<String> a();
  }

  private interface RawStream {
    @SuppressWarnings("rawtypes")
    Flux a();
  }

  @Test
  void refusesContractsThatNoLinkCarries() {
    var client = client(LinkAddress.loopback(1));
    for (var contract :
        List.of(
            Overloaded.class,
            TwoStreams.class,
            OtherPublisher.class,
            RawStream.class,
            String.class)) {
      assertThatThrownBy(() -> client.proxy(contract)).isInstanceOf(IllegalArgumentException.class);
    }
    var server = serve(documents);
    assertThatThrownBy(() -> server.serve(Documents.class, documents))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is served already");
    assertThatCode(() -> server.serve(Peering.class, new RecordingPeering()))
        .doesNotThrowAnyException();
  }

  private LinkServer serve(Documents implementation) {
    return open(LinkServer.bind(LinkAddress.loopback(0), NONE))
        .serve(Documents.class, implementation);
  }

  private LinkClient client(LinkAddress address) {
    return open(LinkClient.to(address, NONE));
  }

  private CuttableProxy proxied(LinkServer server) {
    return open(new CuttableProxy(server.address().port()));
  }

  private <T extends AutoCloseable> T open(T resource) {
    open.push(resource);
    return resource;
  }

  private static @Nullable Object await(CountDownLatch called, CountDownLatch never)
      throws InterruptedException {
    called.countDown();
    never.await();
    return null;
  }

  private static <T> T stub(Class<T> contract, InvocationHandler handler) {
    return contract.cast(
        Proxy.newProxyInstance(contract.getClassLoader(), new Class<?>[] {contract}, handler));
  }

  @SuppressWarnings("unchecked")
  private static Flux<byte[]> stream(Object argument) {
    return (Flux<byte[]>) argument;
  }
}
