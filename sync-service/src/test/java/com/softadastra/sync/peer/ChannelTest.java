package com.softadastra.sync.peer;

import static com.softadastra.sync.peer.ScriptedHost.MEMBERSHIP;
import static com.softadastra.sync.peer.ScriptedHost.PEER;
import static com.softadastra.sync.peer.ScriptedHost.hello;
import static com.softadastra.sync.peer.ScriptedHost.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.session.Frame;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.SignalType;

class ChannelTest {
  private static final byte[] ENTRIES = new Frame.Entries(MEMBERSHIP.space(), List.of()).encode();
  private static final byte[] SUMMARY =
      new Frame.Summary(MEMBERSHIP.space(), List.of(), List.of()).encode();
  private static final byte[] RECORDS =
      new Frame.MembershipKnown(MEMBERSHIP.space(), MEMBERSHIP.records()).encode();

  private final EventQueue queue = new EventQueue();
  private final List<String> ends = new ArrayList<>();
  private ScriptedHost host;
  private final Channel channel =
      new Channel(
          PEER.nodeId(),
          true,
          queue,
          own -> {
            host = new ScriptedHost(own::step);
            return host;
          });
  private final Transport transport = new Transport();
  private final Reader reader = new Reader();

  /** Where frames come from; never more than were asked for. */
  private static final class Transport {
    final AtomicLong asked = new AtomicLong();
    boolean cancelled;
    private FluxSink<byte[]> sink;

    Flux<byte[]> frames() {
      return Flux.create(it -> {
        sink = it;
        it.onRequest(asked::addAndGet);
        it.onCancel(() -> cancelled = true);
      });
    }

    void send(byte[] frame) {
      assertThat(asked.getAndDecrement()).as("room").isPositive();
      sink.next(frame);
    }
  }

  /** Where frames go; reads what it asks for. */
  private static final class Reader extends BaseSubscriber<byte[]> {
    final List<Frame> read = new ArrayList<>();
    boolean over;

    @Override
    protected void hookOnSubscribe(Subscription subscription) {}

    @Override
    protected void hookOnNext(byte[] frame) {
      read.add(Frame.decode(frame));
    }

    @Override
    protected void hookFinally(SignalType type) {
      over = true;
    }
  }

  private void ended(Channel.End end) {
    ends.add((end.onPurpose() ? "" : "cut: ") + end.why());
  }

  private void open() {
    channel.onEnd(this::ended);
    channel.outgoing().subscribe(reader);
    channel.incoming(transport.frames(), () -> true);
    queue.run();
  }

  private void agree() {
    open();
    send(hello(PEER).encode());
    send(SUMMARY);
  }

  private void send(byte[] frame) {
    transport.send(frame);
    queue.run();
  }

  private List<Class<?>> read() {
    return reader.read.stream().<Class<?>>map(Frame::getClass).toList();
  }

  @Test
  void sendsNoMoreThanIsAskedFor() {
    agree();
    assertThat(reader.read).isEmpty();
    reader.request(2);
    queue.run();
    assertThat(read()).containsExactly(Frame.Hello.class, Frame.MembershipKnown.class);
    reader.request(Long.MAX_VALUE);
    reader.request(Long.MAX_VALUE);
    queue.run();
    assertThat(read())
        .containsExactly(
            Frame.Hello.class, Frame.MembershipKnown.class, Frame.Summary.class, Frame.Heard.class);
  }

  @Test
  void sendsWhatComesUpWhereTheTransportHasRoom() {
    agree();
    reader.request(100);
    queue.run();
    reader.read.clear();
    send(ENTRIES);
    assertThat(reader.read).isEmpty();
    host.storing.getFirst().complete(Map.of());
    queue.run();
    assertThat(read()).containsExactly(Frame.Taken.class);
  }

  @Test
  void asksForAWindowAndThenForEachThatIsUnderstood() {
    open();
    assertThat(transport.asked).hasValue(Channel.WINDOW);
    send(hello(PEER).encode());
    assertThat(transport.asked).hasValue(Channel.WINDOW);
    send(RECORDS);
    assertThat(transport.asked).hasValue(Channel.WINDOW - 1);
    host.learning.getFirst().complete(null);
    queue.run();
    assertThat(transport.asked).hasValue(Channel.WINDOW);
  }

  @Test
  void leavesABoundedNumberOfBatchesToTheDisk() {
    agree();
    for (int i = 0; i < Channel.WINDOW; i++) {
      send(ENTRIES);
    }
    assertThat(host.storing).hasSize(Channel.STORING);
    assertThat(transport.asked).hasValue(Channel.STORING);
    host.storing.get(3).complete(Map.of());
    queue.run();
    assertThat(host.storing).hasSize(Channel.STORING + 1);
  }

  @Test
  void nextFrameWaitsForMembershipToBeRecorded() {
    agree();
    send(RECORDS);
    send(ENTRIES);
    send(RECORDS);
    assertThat(host.learning).hasSize(1);
    assertThat(host.storing).isEmpty();
    host.learning.getFirst().complete(null);
    queue.run();
    assertThat(host.storing).hasSize(1);
    assertThat(host.learning).hasSize(2);
  }

  @Test
  void whatWasSentBeforeTheEndIsStillTakenIn() {
    agree();
    send(RECORDS);
    send(ENTRIES);
    transport.sink.complete();
    queue.run();
    assertThat(ends).isEmpty();
    host.learning.getFirst().complete(null);
    queue.run();
    assertThat(host.storing).hasSize(1);
    assertThat(ends).containsExactly("cut: the peer ended the session");
    assertThat(reader.over).isTrue();
  }

  @Test
  void peerThatBreaksTheProtocolIsToldAndLeft() {
    open();
    reader.request(100);
    send(hello(key(3)).encode());
    assertThat(ends).containsExactly("the peer calls itself another node");
    assertThat(read()).containsExactly(Frame.Hello.class, Frame.Bye.class);
    assertThat(reader.over).isTrue();
    assertThat(transport.cancelled).isFalse();
    queue.advance(Channel.FAREWELL);
    assertThat(transport.cancelled).isTrue();
  }

  @Test
  void membershipThatDoesNotHoldEndsIt() {
    agree();
    send(RECORDS);
    host.learning
        .getFirst()
        .completeExceptionally(
            new com.softadastra.engine.cbor.CborReader.Malformed("a record of nobody"));
    queue.run();
    assertThat(ends).containsExactly("a record of nobody");
  }

  @Test
  void whatCannotBeStoredEndsIt() {
    agree();
    send(ENTRIES);
    host.storing.getFirst().completeExceptionally(new IllegalStateException("the disk is gone"));
    queue.run();
    assertThat(ends).containsExactly("the disk is gone");
  }

  @Test
  void saysFarewellToAPeerThatListens() {
    agree();
    reader.request(100);
    queue.run();
    reader.read.clear();
    channel.end("stopping");
    assertThat(channel.isClosed()).isTrue();
    queue.run();
    assertThat(reader.read).containsExactly(new Frame.Bye("stopping"));
    assertThat(reader.over).isTrue();
  }

  @Test
  void endsAtOnceForAPeerThatDoesNotRead() {
    agree();
    channel.end("stopping");
    queue.run();
    assertThat(reader.read).isEmpty();
    assertThat(reader.over).isTrue();
  }

  @Test
  void channelThatIsNotWantedTakesNothingIn() {
    channel.outgoing().subscribe(reader);
    channel.incoming(transport.frames(), () -> false);
    queue.run();
    send(hello(PEER).encode());
    send(SUMMARY);
    send(RECORDS);
    assertThat(channel.isClosed()).isTrue();
    assertThat(host.learning).isEmpty();
    assertThat(transport.asked).as("what comes is passed over").hasPositiveValue();
  }

  @Test
  void peerWhoseChannelIsNotWantedIsToldSo() {
    channel.onEnd(this::ended);
    channel.outgoing().subscribe(reader);
    reader.request(100);
    channel.incoming(transport.frames(), () -> false);
    queue.run();
    send(hello(PEER).encode());
    assertThat(reader.read).endsWith(new Frame.Bye(Channel.STANDS));
    assertThat(reader.over).isTrue();
    assertThat(ends).as("on purpose").containsExactly(Channel.STANDS);
  }

  @Test
  void peerThatIsGoneEndsIt() {
    agree();
    reader.cancel();
    queue.run();
    assertThat(ends).containsExactly("cut: the peer is gone");
  }

  @Test
  void whoeverNeverSaysHelloIsLeft() {
    open();
    queue.advance(Channel.CALL.minusMillis(1));
    assertThat(ends).isEmpty();
    queue.advance(Duration.ofMillis(1));
    assertThat(ends).containsExactly("cut: the peer has not said hello");
    assertThat(reader.over).isTrue();
  }

  @Test
  void whoeverCalledHasLessTime() {
    var called = new Channel(PEER.nodeId(), false, queue, own -> new ScriptedHost(own::step));
    called.onEnd(this::ended);
    called.incoming(transport.frames(), () -> true);
    queue.advance(Channel.HANDSHAKE);
    assertThat(ends).containsExactly("cut: the peer has not said hello");
  }

  @Test
  void whoeverHasSaidHelloMayBeSilent() {
    agree();
    queue.advance(Duration.ofHours(1));
    assertThat(ends).isEmpty();
  }

  @Test
  void slowPeerGetsTheLatestStatementOfEachMember() {
    agree();
    send(new Frame.Heard(MEMBERSHIP.space(), List.of()).encode());
    reader.request(4);
    queue.run();
    reader.read.clear();
    for (long position : new long[] {1, 5}) {
      for (int member : new int[] {3, 4}) {
        var by = new Replica(key(member).nodeId(), Incarnation.of(new byte[16]));
        var statement = new Statement(MEMBERSHIP.space(), by, position, 0, Map.of());
        host.statements.put(by.node(), statement.sign(key(member)));
        channel.gossip(MEMBERSHIP.space(), Set.of(by.node()));
        queue.run();
      }
    }
    reader.request(100);
    queue.run();
    assertThat(reader.read).hasSize(1);
    assertThat(((Frame.Acknowledged) reader.read.getFirst()).statements())
        .hasSize(2)
        .allSatisfy(signed -> assertThat(signed.header().age().position()).isEqualTo(5));
  }
}
