package com.softadastra.sync.envelope;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.peer.MeetingNode;
import com.softadastra.sync.peer.MemoryNetwork;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

@Timeout(60)
class BundleServiceTest {
  private static final NodeKey ONE = key(1);
  private static final NodeKey TWO = key(2);
  private static final Executor THREADS = Thread::startVirtualThread;

  private final EventQueue queue = new EventQueue();
  private final Medium medium = new Medium();
  private final Membership membership = membership();
  private final SpaceId space = membership.space();
  private final MeetingNode one =
      new MeetingNode(ONE, membership, medium, queue, new MemoryNetwork(queue));
  private final BundleService bundles =
      new BundleService(new Envelopes(one.recording, one.exchanges, one.key, one.surroundings));

  private static NodeKey key(int n) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  private static Membership membership() {
    var create = new MembershipRecord.Create(ONE.publicKey(), "1", "space", 0, new byte[16]);
    var founded = new Membership(List.of(SpaceNames.sign(create, ONE)));
    var grant = founded.grant(ONE.nodeId(), TWO.publicKey(), "2", Role.WRITER, 2);
    return founded.with(List.of(SpaceNames.sign(grant, ONE)));
  }

  /** Asks for the first piece and for no more. */
  private static final class Slow extends BaseSubscriber<byte[]> {
    private int pieces;
    private Throwable failure;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      request(1);
    }

    @Override
    protected void hookOnNext(byte[] piece) {
      pieces++;
    }

    @Override
    protected void hookOnError(Throwable cause) {
      failure = cause;
    }
  }

  private Slow slow() {
    var slow = new Slow();
    bundles.export(TWO.nodeId(), false).subscribe(slow);
    return slow;
  }

  private byte[] exported() {
    var all = new ByteArrayOutputStream();
    bundles.export(TWO.nodeId(), false).toIterable().forEach(all::writeBytes);
    return all.toByteArray();
  }

  private static int end(byte[] bundle) {
    return ByteBuffer.wrap(bundle).getInt(bundle.length - 4);
  }

  private static ProblemCode code(Throwable failure) {
    return ((Refused) failure).problem().code();
  }

  @Test
  void onlySoManyAreMadeOrTakenInAtOnce() {
    var making = new ArrayList<Slow>();
    for (int i = 0; i < 4; i++) {
      making.add(slow());
    }
    assertThat(making).allSatisfy(slow -> assertThat(slow.pieces).isEqualTo(1));
    assertThat(code(slow().failure)).isEqualTo(ProblemCode.BUSY);
    var refused = new ArrayList<Throwable>();
    bundles.take(Flux.never()).subscribe(_ -> {}, refused::add);
    assertThat(code(refused.getFirst())).isEqualTo(ProblemCode.BUSY);
    making.getFirst().cancel();
    assertThat(slow().pieces).isEqualTo(1);
    assertThat(code(slow().failure)).isEqualTo(ProblemCode.BUSY);
    making.get(1).requestUnbounded();
    assertThat(slow().pieces).isEqualTo(1);
  }

  @Test
  void whatFailsTakesNoPlace() {
    for (int i = 0; i < 9; i++) {
      var failures = new ArrayList<Throwable>();
      bundles.export(key(9).nodeId(), false).subscribe(_ -> {}, failures::add);
      bundles.take(Flux.just(new byte[99])).subscribe(_ -> {}, failures::add);
      assertThat(failures)
          .extracting(BundleServiceTest::code)
          .containsExactly(ProblemCode.PEER_UNKNOWN, ProblemCode.BUNDLE_INVALID);
    }
  }

  @Test
  void whoSendsAFileThatIsNoneIsNotAskedForTheRest() {
    var cancelled = new AtomicBoolean();
    var failures = new ArrayList<Throwable>();
    var sent = Flux.concat(Flux.just(new byte[99]), Flux.<byte[]>never());
    bundles.take(sent.doOnCancel(() -> cancelled.set(true))).subscribe(_ -> {}, failures::add);
    assertThat(failures).hasSize(1);
    assertThat(cancelled).isTrue();
  }

  @Test
  void whatIsWholeSaysSo() {
    one.write(3);
    assertThat(end(exported())).isEqualTo(Bundles.END);
  }

  @Test
  void whatCantBeReadIsPassedOverAndSaid() {
    one.write(3);
    int whole = exported().length;
    for (long position = 2; position <= 3; position++) {
      assertThat(medium.turnEntry(position, 5)).isTrue();
    }
    var made = CompletableFuture.supplyAsync(this::exported, THREADS);
    while (!made.isDone()) {
      queue.advance(Duration.ofMillis(10));
      Thread.onSpinWait();
    }
    assertThat(made.join()).hasSizeLessThan(whole);
    assertThat(end(made.join())).isEqualTo(Bundles.END_LACKING);
  }
}
