package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.link.Outgoing;
import com.softadastra.contracts.time.Serial;
import com.softadastra.edge.mailbox.MailboxService.Rules;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Arrival;
import com.softadastra.engine.envelope.MailFrame.Deposit;
import com.softadastra.engine.envelope.MailFrame.Farewell;
import com.softadastra.engine.envelope.MailFrame.Left;
import com.softadastra.engine.envelope.MailFrame.Mail;
import com.softadastra.engine.envelope.MailFrame.PassedOver;
import com.softadastra.engine.envelope.MailFrame.Taken;
import com.softadastra.engine.envelope.MailFrame.Welcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * A node's connection with the relay. Everything happens in steps, one after the other, each of
 * which takes one frame, sends one, or hears from the store.
 *
 * <p>What waits is bounded. One frame is asked for, and {@value #FRAMES} ahead once the node is
 * served, and one more for each deposit whose answer the transport has taken, so as many answers
 * wait at most. What is left is told once for each thing that happens to an envelope which the
 * relay has, {@value #UNHEARD} at most: a node that doesn't listen is hung up on. Mail is bounded
 * by its {@link Window}.
 *
 * <p>Any thread may tell it something.
 */
final class MailConnection {
  private static final Logger LOG = LoggerFactory.getLogger(MailConnection.class);

  /** How long a node may take to arrive once it has called. */
  static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** How long the node may take to end its side of a connection that is ended here. */
  static final Duration FAREWELL = Duration.ofSeconds(2);

  /** When to ask again for what is refused for want of room. */
  static final Duration RETRY = Duration.ofMinutes(1);

  static final int FRAMES = 4;
  static final int UNHEARD = 2 * MailboxStore.PILES;

  private final NodeId member;
  private final MailboxService relay;
  private final Serial steps;
  private final AtomicBoolean sendDue = new AtomicBoolean();

  // of the steps alone
  private Standing standing = Standing.CALLED;
  private final ArrayDeque<byte[]> arrived = new ArrayDeque<>();
  private final ArrayDeque<Answer> answers = new ArrayDeque<>();
  private final Window window = new Window();
  private @Nullable Subscription incoming;
  private @Nullable Outgoing outgoing;

  private enum Standing {
    /** Nothing has come. */
    CALLED,
    /** The node has shown its passages, and what is here of it is looked up. */
    ARRIVING,
    /** It has been welcomed. */
    SERVED,
    /** What is to be said is said still, and nothing is taken. */
    ENDING
  }

  /**
   * @param deposit whether it answers one, so that the next may come when it is sent
   */
  private record Answer(MailFrame frame, boolean deposit) {}

  MailConnection(NodeId member, MailboxService relay) {
    this.member = member;
    this.relay = relay;
    this.steps = new Serial(relay.schedule());
  }

  NodeId member() {
    return member;
  }

  /** Runs something when it is its turn, never beside another step. */
  private void step(Runnable step) {
    steps.execute(() -> {
      try {
        step.run();
      } catch (RuntimeException e) {
        fail(e);
      }
    });
  }

  /** A node that breaks the protocol is told; what else fails is for this node's log. */
  private void fail(Throwable failure) {
    switch (failure) {
      case Malformed malformed -> endNow(String.valueOf(malformed.getMessage()));
      case LayerUnreachable unreachable -> {
        LOG.warn("the mail of {} has to wait: {}", member, unreachable.getMessage());
        endNow("the relay's sync engine does not answer");
      }
      default -> {
        LOG.warn("the connection for the mail of {} ends", member, failure);
        endNow("internal");
      }
    }
  }

  // ---- frames for the node

  void open(Subscriber<? super byte[]> subscriber, Flux<byte[]> frames) {
    var only = new Outgoing(subscriber, this::signal, () -> step(this::cut));
    step(() -> outgoing = only);
    subscriber.onSubscribe(only);
    relay
        .schedule()
        .after(
            HANDSHAKE,
            () ->
                step(() -> {
                  if (standing == Standing.CALLED) {
                    endNow("nobody has arrived");
                  }
                }));
    listen(frames);
  }

  /** There may be something to send. */
  private void signal() {
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
    if (standing == Standing.ENDING && answers.isEmpty()) {
      outgoing = null;
      to.complete();
    }
  }

  private Optional<MailFrame> next() {
    var answer = answers.poll();
    if (answer != null) {
      if (answer.deposit()) {
        ask(1);
      }
      if (answer.frame() instanceof Left left && left.lapsed() > 0) {
        relay
            .store()
            .told(new Pile(member, left.pseudonym(), left.to(), left.envelopes(), left.lapsed()));
      }
      return Optional.of(answer.frame());
    }
    return standing == Standing.SERVED ? mail() : Optional.empty();
  }

  private Optional<MailFrame> mail() {
    var store = relay.store();
    for (var next = window.next(most -> store.waiting(member, most));
        next.isPresent();
        next = window.next(most -> store.waiting(member, most))) {
      // it may have lapsed, or been taken by way of an earlier connection
      var bytes = read(next.get());
      if (bytes.isPresent()) {
        window.sent(next.get());
        return Optional.of(new Mail(bytes.get()));
      }
    }
    return Optional.empty();
  }

  /** One that can't be read stays, and must not hold up those behind it. */
  private Optional<byte[]> read(Waiting envelope) {
    try {
      return relay.store().read(envelope);
    } catch (MailboxException e) {
      if (!window.leaveOut(envelope.id())) {
        throw e;
      }
      LOG.warn("an envelope for {} stays, as it can't be read", member, e);
      return Optional.empty();
    }
  }

  /** What comes when the connection ends is not said any more. */
  private void answer(MailFrame frame, boolean deposit) {
    if (standing == Standing.ENDING) {
      return;
    }
    answers.add(new Answer(frame, deposit));
    signal();
  }

  // ---- frames from the node

  private void listen(Flux<byte[]> frames) {
    frames.subscribe(
        new BaseSubscriber<byte[]>() {
          @Override
          protected void hookOnSubscribe(Subscription subscription) {
            step(() -> incoming = subscription);
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
            step(MailConnection.this::over);
          }

          @Override
          protected void hookOnError(Throwable cause) {
            step(MailConnection.this::over);
          }
        });
  }

  /** The node says nothing more, and waits for no answer. */
  private void over() {
    incoming = null;
    finish();
  }

  private void take() {
    if (standing == Standing.ARRIVING) {
      return;
    }
    var bytes = arrived.poll();
    if (bytes == null) {
      return;
    }
    if (standing == Standing.ENDING) {
      // it must not hold up the end behind it
      ask(1);
    } else {
      switch (MailFrame.decode(bytes)) {
        case Arrival arrival when standing == Standing.CALLED -> arrive(arrival);
        case Deposit deposit when standing == Standing.SERVED -> deposit(deposit.envelope());
        case Taken taken when standing == Standing.SERVED -> taken(taken.id());
        case PassedOver passed when standing == Standing.SERVED -> passedOver(passed.id());
        case MailFrame other ->
            throw new Malformed(
                "no "
                    + other.getClass().getSimpleName().toLowerCase(Locale.ROOT)
                    + " is expected now");
      }
    }
    step(this::take);
  }

  private void ask(int frames) {
    if (incoming != null) {
      incoming.request(frames);
    }
  }

  // ---- arrival

  private void arrive(Arrival arrival) {
    standing = Standing.ARRIVING;
    boolean shown =
        arrival.passages().stream()
            .anyMatch(each -> relay.admission().lets(member, each.pseudonym(), each.passage()));
    // before it is looked up what is here, so that it hears of all that happens since
    relay.connected(this);
    var account = new CompletableFuture<Account>();
    whenForced(account, found -> welcome(found, shown));
    relay.store().account(member, account);
  }

  private void welcome(Account account, boolean shown) {
    if (standing != Standing.ARRIVING) {
      return;
    }
    if (!shown && !account.mail()) {
      endNow("no passage for a space of this relay, and no mail");
      return;
    }
    standing = Standing.SERVED;
    ask(FRAMES);
    var left =
        account.piles().stream().filter(pile -> pile.envelopes() > 0).map(pile -> left(pile, 0));
    answer(new Welcome(relay.store().key().publicKey(), relay.certificate(), left.toList()), false);
    account.piles().stream()
        .filter(pile -> pile.lapsed() > 0)
        .forEach(pile -> answer(left(pile, pile.lapsed()), false));
    take();
  }

  private static Left left(Pile pile, long lapsed) {
    return new Left(pile.pseudonym(), pile.destination(), pile.envelopes(), lapsed);
  }

  // ---- deposits

  private void deposit(byte[] bytes) {
    var envelope = Envelope.decode(bytes);
    var now = relay.now();
    var refusal = refusal(envelope, bytes.length);
    if (refusal.isPresent()) {
      refuse(envelope, refusal.get(), Duration.ZERO);
      return;
    }
    var forced = new CompletableFuture<Put>();
    var arrived = arrived(envelope, bytes, now, relay.rules());
    whenForced(forced, put -> answer(envelope, arrived.hash(), put));
    relay.store().put(arrived, forced);
  }

  private Optional<String> refusal(Envelope envelope, int bytes) {
    var outside = envelope.outside();
    byte[] passage = outside.passage();
    if (!outside.sender().equals(member)) {
      return Optional.of("who brings it has not made it");
    }
    if (bytes > relay.rules().largestBytes()) {
      return Optional.of("an envelope has at most " + relay.rules().largestBytes() + " bytes here");
    }
    if (passage == null
        || !relay.admission().lets(outside.sender(), outside.pseudonym(), passage)) {
      return Optional.of("no passage for a space of this relay");
    }
    if (!envelope.isGenuine()) {
      return Optional.of("its sender has not signed it");
    }
    return outside.expires() != 0 && outside.expires() <= outside.made()
        ? Optional.of("it is expired")
        : Optional.empty();
  }

  private static Arrived arrived(Envelope envelope, byte[] bytes, Instant now, Rules rules) {
    var outside = envelope.outside();
    // the sender's clock may go any way; how long it asks for doesn't depend on that
    var asked =
        outside.expires() == 0
            ? rules.retention()
            : Duration.ofMillis(outside.expires() - outside.made());
    var life = asked.compareTo(rules.retention()) < 0 ? asked : rules.retention();
    return new Arrived(
        EnvelopeIds.of(outside.id()),
        outside.sender(),
        outside.pseudonym(),
        outside.to(),
        outside.priority(),
        now,
        now.plus(life),
        Hash.sha256(bytes),
        bytes);
  }

  private void answer(Envelope envelope, Hash hash, Put put) {
    var outside = envelope.outside();
    switch (put) {
      case Kept(var at) -> {
        relay.counts().kept.increment();
        var custody = new Custody(outside.id(), outside.to(), hash, at.toEpochMilli());
        answer(
            new MailFrame.Kept(custody.sign(relay.store().key()), relay.isConnected(outside.to())),
            true);
        relay.arrived(outside.to());
      }
      case Refused(var why) ->
          refuse(envelope, why.reason(), why.isPassing() ? RETRY : Duration.ZERO);
    }
  }

  private void refuse(Envelope envelope, String reason, Duration retry) {
    relay.counts().refused.increment();
    answer(new MailFrame.Refused(envelope.outside().id(), reason, retry.toMillis()), true);
  }

  // ---- mail

  /** There is mail for the node. */
  void mailArrived() {
    step(() -> {
      window.mailArrived();
      signal();
    });
  }

  private void taken(byte[] bytes) {
    var id = EnvelopeIds.of(bytes);
    if (!window.taken(id)) {
      ask(1);
      return;
    }
    // the next frame is asked for at once, unless many wait for their deletion
    boolean held = window.leaving() > Window.ENVELOPES;
    if (!held) {
      ask(1);
    }
    var forced = new CompletableFuture<Optional<Pile>>();
    var _ = forced.thenAccept(left -> left.ifPresent(this::tellOf));
    whenForced(
        forced,
        _ -> {
          window.deleted(id);
          if (held) {
            ask(1);
          }
        });
    relay.store().taken(member, id, forced);
    signal();
  }

  /** It stays, and must not hold up those behind it. */
  private void passedOver(byte[] bytes) {
    if (!window.passedOver(EnvelopeIds.of(bytes))) {
      throw new Malformed("an envelope is passed over that was not sent, or is one of too many");
    }
    relay.counts().passedOver.increment();
    ask(1);
    signal();
  }

  /** On the store's thread, so that the sender hears of it in the order in which it happened. */
  private void tellOf(Pile left) {
    relay.counts().taken.increment();
    if (left.envelopes() == 0) {
      relay.tell(new Pile(left.sender(), left.pseudonym(), left.destination(), 0, 0));
    }
  }

  /** Something has become of the node's own envelopes. */
  void tell(Left left) {
    step(() -> {
      // till it is welcomed, what is looked up of it has that already
      if (standing != Standing.SERVED) {
        return;
      }
      if (answers.size() >= UNHEARD) {
        cut();
        return;
      }
      answer(left, false);
    });
  }

  // ---- the end

  /** Says farewell, with a reason. */
  void end(String reason) {
    step(() -> endNow(reason));
  }

  private void endNow(String reason) {
    if (standing != Standing.ENDING) {
      answer(new Farewell(reason), false);
      finish();
    }
  }

  private void finish() {
    if (standing == Standing.ENDING) {
      return;
    }
    standing = Standing.ENDING;
    relay.gone(this);
    step(this::take);
    signal();
    relay.schedule().after(FAREWELL, () -> step(this::cut));
  }

  /** Nothing more is sent or taken. */
  private void cut() {
    finish();
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

  /** Goes on with what the store answers, in a step of this. */
  private <T> void whenForced(CompletableFuture<T> forced, Consumer<T> then) {
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
}
