package com.softadastra.edge.mailbox;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.link.Outgoing;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Serial;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Farewell;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * Frames to another node and from it, on one connection that either has opened. Everything happens
 * in steps, one after the other, each of which takes one frame, sends one, or hears from the store.
 * What the frames mean is its {@link Party}'s.
 *
 * <p>Any thread may tell it something.
 */
final class Wire {
  private static final Logger LOG = LoggerFactory.getLogger(Wire.class);

  /** How long the node may take to end its side of a connection that is ended here. */
  static final Duration FAREWELL = Duration.ofSeconds(2);

  private static final Runnable NOTHING = () -> {};

  private final NodeId other;
  private final Schedule schedule;
  private final Serial steps;
  private final AtomicBoolean sendDue = new AtomicBoolean();

  // of the steps alone
  private @Nullable Party party;
  private boolean ending;
  private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
  private final ArrayDeque<Answer> answers = new ArrayDeque<>();
  private @Nullable Subscription incoming;
  private @Nullable Outgoing outgoing;
  private boolean cut;
  private String why = "the connection has ended";

  /** Who speaks with the node. It is asked and told in steps. */
  interface Party {
    /** Whether it takes frames now; where not, they wait until {@link Wire#take}. */
    default boolean isReady() {
      return true;
    }

    /**
     * @throws Malformed where the node may not say that now
     */
    void take(MailFrame frame);

    /** What is to be sent when nothing else is, once for each frame that the transport takes. */
    Optional<MailFrame> next();

    /** The connection counts as ended from now on. */
    void over();
  }

  /**
   * @param sent is run when the transport has taken it
   */
  private record Answer(MailFrame frame, Runnable sent) {}

  Wire(NodeId other, Schedule schedule) {
    this.other = other;
    this.schedule = schedule;
    this.steps = new Serial(schedule);
  }

  NodeId other() {
    return other;
  }

  /** Who speaks from now on. Before there is a connection, or in a step. */
  void become(Party next) {
    party = next;
  }

  private Party party() {
    if (party == null) {
      throw new IllegalStateException("nobody speaks on this connection");
    }
    return party;
  }

  static Malformed unexpected(MailFrame frame) {
    return new Malformed(
        "no " + frame.getClass().getSimpleName().toLowerCase(Locale.ROOT) + " is expected now");
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

  void after(Duration time, Runnable step) {
    schedule.after(time, () -> step(step));
  }

  /** A node that breaks the protocol is told; what else fails is for this node's log. */
  private void fail(Throwable failure) {
    switch (failure) {
      case Malformed malformed -> endNow(String.valueOf(malformed.getMessage()));
      case LayerUnreachable unreachable -> {
        LOG.warn("the mail of {} has to wait: {}", other, unreachable.getMessage());
        endNow("the relay's sync engine does not answer");
      }
      default -> {
        LOG.warn("the connection for the mail of {} ends", other, failure);
        endNow("internal");
      }
    }
  }

  /** Goes on with what the store answers, in a step of this. */
  <T> void whenForced(CompletableFuture<T> forced, Consumer<T> then) {
    var _ =
        forced.whenComplete((value, failure) ->
            step(() -> {
              if (failure != null) {
                fail(failure);
              } else {
                then.accept(value);
              }
            }));
  }

  // ---- frames for the node

  /** The node has called. */
  void open(Subscriber<? super byte[]> subscriber, Flux<byte[]> frames) {
    attach(subscriber);
    listen(frames);
  }

  /** Calls the node. */
  void call(UnaryOperator<Flux<byte[]>> call) {
    Publisher<byte[]> frames = this::attach;
    listen(call.apply(Flux.from(frames)));
  }

  private void attach(Subscriber<? super byte[]> subscriber) {
    var only = new Outgoing(subscriber, this::signal, () -> step(this::cutNow));
    subscriber.onSubscribe(only);
    step(() -> {
      if (cut) {
        only.complete();
      } else {
        outgoing = only;
        signal();
      }
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
    if (to.hasRoom()) {
      var frame = next();
      if (frame.isPresent()) {
        to.next(frame.get().encode());
        signal();
        return;
      }
    }
    if (ending && answers.isEmpty()) {
      outgoing = null;
      to.complete();
    }
  }

  private Optional<MailFrame> next() {
    var answer = answers.poll();
    if (answer != null) {
      answer.sent().run();
      return Optional.of(answer.frame());
    }
    return ending ? Optional.empty() : party().next();
  }

  void say(MailFrame frame) {
    say(frame, NOTHING);
  }

  /** Before what is sent when nothing else is. What comes when the connection ends isn't said. */
  void say(MailFrame frame, Runnable sent) {
    if (ending) {
      return;
    }
    answers.add(new Answer(frame, sent));
    signal();
  }

  /** How many frames wait for the transport. */
  int unsaid() {
    return answers.size();
  }

  // ---- frames from the node

  private void listen(Flux<byte[]> frames) {
    frames.subscribe(
        new BaseSubscriber<byte[]>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            step(() -> {
              incoming = subscription;
              if (cut) {
                subscription.cancel();
              }
            });
            subscription.request(1);
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
            step(Wire.this::ended);
          }

          @Override
          protected void hookOnError(Throwable cause) {
            step(() -> {
              why = String.valueOf(cause.getMessage());
              ended();
            });
          }
        });
  }

  /** The node says nothing more, and waits for no answer. */
  private void ended() {
    incoming = null;
    finish();
  }

  /** Takes what has come, where the party is ready. Runs in a step. */
  void take() {
    if (!ending && !party().isReady()) {
      return;
    }
    var bytes = arrived.poll();
    if (bytes == null) {
      return;
    }
    if (ending) {
      // it must not hold up the end behind it
      ask(1);
    } else {
      party().take(MailFrame.decode(bytes));
    }
    step(this::take);
  }

  /** Asks for so many frames more. Runs in a step. */
  void ask(int frames) {
    if (incoming != null) {
      incoming.request(frames);
    }
  }

  // ---- the end

  /** Says farewell, with a reason. */
  void end(String reason) {
    step(() -> endNow(reason));
  }

  void endNow(String reason) {
    if (!ending) {
      why = reason;
      say(new Farewell(reason));
      finish();
    }
  }

  /** Why it ends, as far as that is known. Runs in a step. */
  String why() {
    return why;
  }

  private void finish() {
    if (ending) {
      return;
    }
    ending = true;
    party().over();
    step(this::take);
    signal();
    after(FAREWELL, this::cutNow);
  }

  /** Nothing more is sent or taken. Runs in a step. */
  void cutNow() {
    finish();
    cut = true;
    answers.clear();
    var to = outgoing;
    outgoing = null;
    if (to != null) {
      to.complete();
    }
    if (incoming != null) {
      incoming.cancel();
      incoming = null;
    }
  }
}
