package com.softadastra.contracts.suite;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.NonBlocking;

/**
 * What a caller of another layer may rely on, however it is reached: every method with every kind
 * of value, refusals, streams that are pulled and can be cancelled, channels both ways.
 */
public abstract class ContractSuite {
  /** How many elements may be on their way to a consumer that hasn't asked for them. */
  private static final int MOST_AHEAD = 64;

  /** The contract as a caller has it, so that its calls end at this implementation. */
  protected abstract <T> T reach(Class<T> contract, T implementation);

  @TestFactory
  Stream<DynamicTest> carriesDocuments() {
    return carries(Documents.class, DocumentsCases.all(), RecordingDocuments::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesPeering() {
    return carries(Peering.class, PeeringCases.peering(), RecordingPeering::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesBundles() {
    return carries(Bundles.class, PeeringCases.bundles(), RecordingBundles::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesMailboxes() {
    return carries(Mailboxes.class, PeeringCases.mailboxes(), RecordingMailboxes::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesRelayDuties() {
    return carries(RelayDuties.class, PeeringCases.relayDuties(), RecordingRelayDuties::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesBlobs() {
    return carries(Blobs.class, PeeringCases.blobs(), RecordingBlobs::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesBlobLinks() {
    return carries(BlobLinks.class, PeeringCases.blobLinks(), RecordingBlobLinks::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesMailLinks() {
    return carries(MailLinks.class, PeeringCases.mailLinks(), RecordingMailLinks::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesBlobPeers() {
    return carries(BlobPeers.class, PeeringCases.blobPeers(), RecordingBlobPeers::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesPeerLinks() {
    return carries(PeerLinks.class, PeeringCases.peerLinks(), RecordingPeerLinks::new);
  }

  @TestFactory
  Stream<DynamicTest> carriesWebReads() {
    return carries(WebReads.class, WebCases.all(), RecordingWebReads::new);
  }

  @Test
  void hasCaseForEveryMethod() {
    assertThat(methods(DocumentsCases.all())).isEqualTo(methods(Documents.class));
    assertThat(methods(PeeringCases.peering())).isEqualTo(methods(Peering.class));
    assertThat(methods(PeeringCases.bundles())).isEqualTo(methods(Bundles.class));
    assertThat(methods(PeeringCases.mailboxes())).isEqualTo(methods(Mailboxes.class));
    assertThat(methods(PeeringCases.relayDuties())).isEqualTo(methods(RelayDuties.class));
    assertThat(methods(PeeringCases.blobs())).isEqualTo(methods(Blobs.class));
    assertThat(methods(PeeringCases.blobLinks())).isEqualTo(methods(BlobLinks.class));
    assertThat(methods(PeeringCases.mailLinks())).isEqualTo(methods(MailLinks.class));
    assertThat(methods(PeeringCases.blobPeers())).isEqualTo(methods(BlobPeers.class));
    assertThat(methods(PeeringCases.peerLinks())).isEqualTo(methods(PeerLinks.class));
    assertThat(methods(WebCases.all())).isEqualTo(methods(WebReads.class));
  }

  @Test
  void pullsNoMoreOfStreamThanConsumerHasRoomFor() {
    var source = new Source<>(Samples::change);
    var probe = Probe.on(follow(source.flux()));
    for (int taken = 0; taken < 500; taken++) {
      assertThat(probe.take()).isEqualTo(Samples.change(taken));
      assertThat(source.produced()).isLessThanOrEqualTo(taken + 1 + MOST_AHEAD);
    }
    probe.cancel();
  }

  @Test
  void cancellingStreamCancelsItsSource() {
    var source = new Source<>(Samples::change);
    var probe = Probe.on(follow(source.flux()));
    probe.take();
    probe.cancel();
    source.awaitCancelled();
  }

  @Test
  void deliversWhatCameBeforeRefusal() {
    var refusal = new Refused(Samples.PROBLEM);
    var probe = Probe.on(follow(Flux.just(Samples.change(1)).concatWith(Flux.error(refusal))));
    assertThat(probe.take()).isEqualTo(Samples.change(1));
    assertThat(probe.awaitEnd())
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem()).isEqualTo(Samples.PROBLEM));
  }

  @Test
  void channelPullsBothWaysNoMoreThanThereIsRoomFor() {
    var sent = new Source<>(n -> Samples.bytes(1_000, (int) n));
    var answered = new Source<>(n -> Samples.bytes(2_000, (int) n));
    var channel = new OpenChannel(answered.flux());
    var caller = Probe.on(channel.open(sent.flux()));
    var callee = channel.callee();
    for (int taken = 0; taken < 200; taken++) {
      assertThat(callee.take()).isEqualTo(Samples.bytes(1_000, taken));
      assertThat(sent.produced()).isLessThanOrEqualTo(taken + 1 + MOST_AHEAD);
    }
    for (int taken = 0; taken < 200; taken++) {
      assertThat(caller.take()).isEqualTo(Samples.bytes(2_000, taken));
      assertThat(answered.produced()).isLessThanOrEqualTo(taken + 1 + MOST_AHEAD);
    }
    callee.cancel();
    caller.cancel();
  }

  @Test
  void callerEndsChannel() {
    var answered = new Source<>(n -> new byte[] {(byte) n});
    var channel = new OpenChannel(answered.flux());
    var caller = Probe.on(channel.open(Flux.never()));
    caller.take();
    caller.cancel();
    answered.awaitCancelled();
  }

  @Test
  void channelAnswersOnAfterCallerHasSentAll() {
    var channel = new OpenChannel(new Source<>(n -> new byte[] {(byte) n}).flux());
    var caller = Probe.on(channel.open(Flux.just(new byte[] {1})));
    var callee = channel.callee();
    assertThat(callee.take()).containsExactly(1);
    assertThat(callee.awaitEnd()).isNull();
    assertThat(caller.take()).containsExactly(0);
    assertThat(caller.take()).containsExactly(1);
    caller.cancel();
  }

  @Test
  void calleeStopsTakingAndAnswersOn() {
    var sent = new Source<>(n -> new byte[] {(byte) n});
    var channel = new OpenChannel(new Source<>(n -> new byte[] {(byte) n}).flux());
    var caller = Probe.on(channel.open(sent.flux()));
    var callee = channel.callee();
    callee.take();
    callee.cancel();
    sent.awaitCancelled();
    assertThat(caller.take()).containsExactly(0);
    caller.cancel();
  }

  @Test
  void calleeRefusesChannel() {
    var refusal = new Refused(Samples.PROBLEM);
    var caller = Probe.on(new OpenChannel(Flux.error(refusal)).open(Flux.never()));
    assertThat(caller.awaitEnd())
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem()).isEqualTo(Samples.PROBLEM));
  }

  @Test
  void failureOfWhatIsSentReachesCallee() {
    var channel = new OpenChannel(Flux.never());
    var failing = Sinks.<byte[]>one();
    var caller = Probe.on(channel.open(failing.asMono().flux()));
    var callee = channel.callee();
    failing.tryEmitError(new PeerUnreachable("gone", null));
    assertThat(callee.awaitEnd())
        .isInstanceOf(PeerUnreachable.class)
        .hasMessage("peer unreachable: gone");
    caller.cancel();
  }

  @Test
  void implementationNeverRunsOnEventLoop() {
    var source = new Source<>(Samples::change);
    var called = new AtomicReference<Thread>();
    var documents =
        reach(
            Documents.class,
            following(
                Flux.defer(() -> {
                  called.set(Thread.currentThread());
                  return source.flux();
                })));
    var probe = Probe.on(documents.follow("shop", 0));
    for (int i = 0; i < 100; i++) {
      probe.take();
    }
    assertThat(called.get()).isNotInstanceOf(NonBlocking.class);
    assertThat(source.producer()).isNotInstanceOf(NonBlocking.class);
    probe.cancel();
  }

  @Test
  void subscriberMayCallFromItsStream() {
    var recording = new RecordingDocuments();
    recording.willAnswer(Flux.just(Samples.change(1)));
    recording.willAnswer(List.of());
    var documents = reach(Documents.class, recording);
    var answers = documents.follow("shop", 0).map(_ -> documents.spaces()).collectList();
    assertThat(answers.block(Awaiting.DEADLINE)).containsExactly(List.of());
  }

  private <C> Stream<DynamicTest> carries(
      Class<C> contract,
      List<ContractCase<C>> cases,
      Supplier<? extends Recording> implementation) {
    return cases.stream()
        .map(one ->
            dynamicTest(
                one.toString(),
                () -> {
                  var recording = implementation.get();
                  recording.willAnswer(one.outcome());
                  check(one, reach(contract, contract.cast(recording)), recording);
                }));
  }

  private static <C> void check(ContractCase<C> one, C contract, Recording recording) {
    if (one.expected() instanceof RuntimeException expected) {
      assertThat(catchThrowable(() -> one.call().apply(contract)))
          .isExactlyInstanceOf(expected.getClass())
          .hasMessage(expected.getMessage())
          .satisfies(it -> {
            if (expected instanceof Refused refused) {
              assertThat(((Refused) it).problem()).isEqualTo(refused.problem());
            }
          });
    } else {
      assertSame(one.call().apply(contract), one.expected());
    }
    assertThat(recording.calls()).hasSize(1);
    var call = recording.calls().getFirst();
    assertThat(call.method()).isEqualTo(one.method());
    assertSame(call.arguments(), one.arguments());
  }

  private static void assertSame(Object actual, Object expected) {
    assertThat(comparable(actual)).isEqualTo(comparable(expected));
  }

  /** The same value with bytes that are equal by their content. */
  private static @Nullable Object comparable(@Nullable Object value) {
    return switch (value) {
      case byte[] bytes -> ByteBuffer.wrap(bytes);
      case RelayDuty(var pseudonym, var key) -> List.of(pseudonym, ByteBuffer.wrap(key));
      case ResponsePart(var head, byte[] content) when content != null ->
          Arrays.asList(head, ByteBuffer.wrap(content));
      case List<?> list -> list.stream().map(ContractSuite::comparable).toList();
      case null -> null;
      default -> value;
    };
  }

  private static <C> Set<String> methods(List<ContractCase<C>> cases) {
    return cases.stream().map(ContractCase::method).collect(Collectors.toSet());
  }

  private static Set<String> methods(Class<?> contract) {
    return Arrays.stream(contract.getMethods())
        .filter(it -> Modifier.isAbstract(it.getModifiers()))
        .map(Method::getName)
        .collect(Collectors.toSet());
  }

  private Flux<Change> follow(Flux<Change> changes) {
    return reach(Documents.class, following(changes)).follow("shop", 0);
  }

  private static Documents following(Flux<Change> changes) {
    var recording = new RecordingDocuments();
    recording.willAnswer(changes);
    return recording;
  }

  /** A channel whose callee takes frames one at a time and answers a stream of its own. */
  private final class OpenChannel {
    private final Probe<byte[]> callee = new Probe<>();
    private final CountDownLatch accepted = new CountDownLatch(1);
    private final Flux<byte[]> answers;

    OpenChannel(Flux<byte[]> answers) {
      this.answers = answers;
    }

    Flux<byte[]> open(Flux<byte[]> frames) {
      return reach(PeerLinks.class, new Callee()).connect(Samples.NODE, List.of("a"), frames);
    }

    Probe<byte[]> callee() {
      Awaiting.until(accepted, "the channel to be accepted");
      return callee;
    }

    private final class Callee implements PeerLinks {
      @Override
      public List<String> addresses() {
        return List.of();
      }

      @Override
      public Flux<byte[]> connect(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
        return Flux.defer(() -> {
          frames.subscribe(callee);
          accepted.countDown();
          return answers;
        });
      }

      @Override
      public byte[] pair(NodeId inviter, List<String> addresses, byte[] request) {
        throw new UnsupportedOperationException();
      }
    }
  }
}
