package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.link.Outgoing;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Serial;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.session.Session;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * A session on a live connection: carries frames between the transport's streams and the engine's
 * {@link Session}. Everything happens in steps, one after the other: one takes a frame that has
 * arrived, or sends one that the transport has asked for. So both directions get their turn, and
 * the session needs no lock.
 *
 * <p>Any thread may tell it something.
 */
final class Channel {
  private static final Logger LOG = LoggerFactory.getLogger(Channel.class);

  /** Frames asked of the transport ahead. */
  static final int WINDOW = 32;

  /** Received batches that may wait for the disk. */
  static final int STORING = 8;

  /** Why a channel ends whose peer has made another one with this node, or with a copy of it. */
  static final String REPLACED = "another connection took its place";

  /** Why a channel ends where the one before it counts. */
  static final String STANDS = "another connection stands";

  /** How long the peer may take to end its side of a channel that is closed here. */
  static final Duration FAREWELL = Duration.ofSeconds(2);

  /** How long the peer may take to say hello once it has called. */
  static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** The same where it is called, and first has to be found. */
  static final Duration CALL = Duration.ofSeconds(30);

  private final NodeId peer;
  private final boolean dialled;
  private final Schedule schedule;
  private final Serial steps;
  private final long openedNanos;
  private final Session session;
  private final CompletableFuture<End> end = new CompletableFuture<>();
  private final AtomicBoolean sendDue = new AtomicBoolean();

  // of the steps alone
  private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
  private @Nullable Subscription incoming;
  private @Nullable Outgoing outgoing;
  private BooleanSupplier admission = () -> true;
  private boolean greeted;
  private boolean understanding;
  private int storing;
  private @Nullable String lastFrameWas;

  /**
   * How a channel ended.
   *
   * @param onPurpose whether one of both sides ended it, and the link would still bear it
   */
  record End(String why, boolean onPurpose) {
    static End cut(String why) {
      return new End(why, false);
    }
  }

  /**
   * @param host makes the node as the session sees it, whose stages complete in {@link #step}s
   */
  Channel(NodeId peer, boolean dialled, Schedule schedule, Function<Channel, SessionHost> host) {
    this.peer = peer;
    this.dialled = dialled;
    this.schedule = schedule;
    this.steps = new Serial(schedule);
    this.openedNanos = schedule.nanoTime();
    this.session = new Session(peer, host.apply(this));
  }

  NodeId peer() {
    return peer;
  }

  boolean dialled() {
    return dialled;
  }

  long openedNanos() {
    return openedNanos;
  }

  /** Runs something when it is its turn, never beside another step. */
  void step(Runnable step) {
    steps.execute(() -> {
      try {
        step.run();
      } catch (RuntimeException e) {
        fail(e);
      }
    });
  }

  /** A peer that breaks the protocol is told; what else fails is for this node's log. */
  private void fail(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    var message = String.valueOf(cause.getMessage());
    if (cause instanceof StorageException) {
      LOG.warn("the session with {} ends: {}", peer, message);
    } else if (!(cause instanceof Malformed)) {
      LOG.warn("the session with {} ends", peer, cause);
    }
    session.end(cause instanceof Malformed ? message : "internal");
    close(new End(message, true));
  }

  // ---- frames for the peer

  /** What goes to the peer; ends when the session does. Has one subscriber. */
  Flux<byte[]> outgoing() {
    return Flux.from(subscriber -> {
      var only =
          new Outgoing(
              subscriber,
              this::signal,
              // after an error on the other stream, which says more
              () ->
                  step(() -> {
                    outgoing = null;
                    close(End.cut("the peer is gone"));
                  }));
      subscriber.onSubscribe(only);
      step(() -> {
        outgoing = only;
        send();
      });
    });
  }

  /** There may be something to send. */
  void signal() {
    if (sendDue.compareAndSet(false, true)) {
      step(this::send);
    }
  }

  private void send() {
    sendDue.set(false);
    var to = outgoing;
    if (to == null) {
      return;
    }
    // a session that has ended still tells why
    if (to.hasRoom() && (session.ended() || !isClosed())) {
      byte[] frame = session.poll();
      if (frame != null) {
        to.next(frame);
        signal();
        return;
      }
    }
    if (session.ended() || isClosed()) {
      outgoing = null;
      to.complete();
      close(new End("the session is over", true));
    }
  }

  // ---- frames from the peer

  /**
   * Takes in what comes from the peer.
   *
   * @param admission is asked when the first frame is there; where it says no, the channel closes
   */
  void incoming(Flux<byte[]> frames, BooleanSupplier admission) {
    step(() -> this.admission = admission);
    var patience =
        schedule.after(
            dialled ? CALL : HANDSHAKE,
            () ->
                step(() -> {
                  if (!session.greeted()) {
                    close(End.cut("the peer has not said hello"));
                  }
                }));
    onEnd(_ -> patience.cancel());
    frames.subscribe(
        new BaseSubscriber<byte[]>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            step(() -> incoming = subscription);
            subscription.request(WINDOW);
          }

          @Override
          protected void hookOnNext(byte[] frame) {
            step(() -> {
              arrived.add(frame);
              take();
            });
          }

          @Override
          protected void hookOnComplete() {
            step(() -> over("the peer ended the session"));
          }

          @Override
          protected void hookOnError(Throwable cause) {
            step(() -> over(String.valueOf(cause.getMessage())));
          }
        });
  }

  private void over(String why) {
    lastFrameWas = why;
    incoming = null;
    take();
  }

  /** Takes the next frame, where there is one and nothing has to be waited for. */
  private void take() {
    if (isClosed()) {
      discard();
      return;
    }
    if (understanding || storing == STORING) {
      return;
    }
    var frame = arrived.poll();
    if (frame == null) {
      if (lastFrameWas != null) {
        close(End.cut(lastFrameWas));
      }
      return;
    }
    if (!greeted) {
      greeted = true;
      if (!admission.getAsBoolean()) {
        // a peer that doesn't know of that one, as a copy doesn't, would call again at once
        end(STANDS);
        return;
      }
    }
    var received = session.receive(frame);
    understanding = true;
    storing++;
    var _ =
        received
            .next()
            .whenComplete((_, failure) -> {
              understanding = false;
              if (failure == null) {
                ask(1);
                step(this::take);
              } else {
                fail(failure);
              }
            });
    var _ =
        received
            .stored()
            .whenComplete((_, failure) -> {
              storing--;
              if (failure == null) {
                step(this::take);
                signal();
              } else {
                fail(failure);
              }
            });
    if (session.ended()) {
      close(new End(session.farewell().map(Channel::told).orElse("the session is over"), true));
    }
  }

  private static String told(String farewell) {
    return farewell.equals(REPLACED) ? REPLACED : "the peer ended the session: " + farewell;
  }

  private void ask(int frames) {
    if (incoming != null) {
      incoming.request(frames);
    }
  }

  /** What still comes is of no use, and must not hold up the end behind it. */
  private void discard() {
    int frames = arrived.size();
    arrived.clear();
    if (frames > 0) {
      ask(frames);
    }
  }

  // ---- what happens at this node

  /** A space's membership has changed. */
  void announce(SpaceId space) {
    step(() -> {
      session.announce(space);
      signal();
    });
  }

  /** The peer has said less than is known of it, and is told that. */
  void contradict(SpaceId space) {
    step(() -> {
      session.contradict(space);
      signal();
    });
  }

  /** There are later statements of members. */
  void gossip(SpaceId space, Set<NodeId> members) {
    step(() -> {
      session.gossip(space, members);
      signal();
    });
  }

  /** Says farewell, with a reason that the peer is told, and closes. */
  void end(String reason) {
    step(() -> session.end(reason));
    close(new End(reason, true));
  }

  /** Counts as closed from now on; what the session has to say at its end is still sent. */
  void close(End how) {
    if (end.complete(how)) {
      step(() -> {
        discard();
        send();
      });
      schedule.after(
          FAREWELL,
          () ->
              step(() -> {
                if (incoming != null) {
                  incoming.cancel();
                }
              }));
    }
  }

  boolean isClosed() {
    return end.isDone();
  }

  /** Tells when it is closed, and how; at once where it is already. */
  void onEnd(Consumer<End> listener) {
    var _ = end.thenAccept(listener);
  }
}
