package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
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
import com.softadastra.engine.envelope.MailFrame.Deposits;
import com.softadastra.engine.envelope.MailFrame.Left;
import com.softadastra.engine.envelope.MailFrame.Mail;
import com.softadastra.engine.envelope.MailFrame.PassedOver;
import com.softadastra.engine.envelope.MailFrame.Siblings;
import com.softadastra.engine.envelope.MailFrame.Taken;
import com.softadastra.engine.envelope.MailFrame.Welcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member's connection with the relay, from its arrival on.
 *
 * <p>What waits is bounded. One frame is asked for, and {@value #FRAMES} ahead once the node is
 * served, and one more for each deposit whose answers the transport has taken, so the answers to as
 * many wait at most. What is left is told once for each thing that happens to an envelope which the
 * relay has, {@value #UNHEARD} at most: a node that doesn't listen is hung up on. Mail is bounded
 * by its {@link Window}.
 *
 * <p>Any thread may tell it something.
 */
final class MailConnection implements Wire.Party {
  private static final Logger LOG = LoggerFactory.getLogger(MailConnection.class);

  /** When to ask again for what is refused for want of room. */
  static final Duration RETRY = Duration.ofMinutes(1);

  static final int FRAMES = 4;
  static final int UNHEARD = 2 * MailboxStore.PILES;

  private final Wire wire;
  private final NodeId member;
  private final MailboxService relay;

  // of the steps alone
  private Standing standing = Standing.ARRIVING;
  private final Window window = new Window();

  private enum Standing {
    /** The node has shown its passages, and what is here of it is looked up. */
    ARRIVING,
    /** It has been welcomed. */
    SERVED,
    /** What is to be said is said still, and nothing is taken. */
    ENDED
  }

  MailConnection(Wire wire, MailboxService relay) {
    this.wire = wire;
    this.member = wire.other();
    this.relay = relay;
  }

  NodeId member() {
    return member;
  }

  // ---- frames for the node

  @Override
  public Optional<MailFrame> next() {
    if (standing != Standing.SERVED) {
      return Optional.empty();
    }
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

  /** What has lapsed is told once. */
  private void say(Left left) {
    wire.say(
        left,
        () -> {
          if (left.lapsed() > 0) {
            relay.store().told(pile(left));
          }
        });
  }

  private Pile pile(Left left) {
    return new Pile(member, left.pseudonym(), left.to(), member, left.envelopes(), left.lapsed());
  }

  // ---- frames from the node

  @Override
  public boolean isReady() {
    return standing != Standing.ARRIVING;
  }

  @Override
  public void take(MailFrame frame) {
    switch (frame) {
      case Deposit deposit -> deposit(deposit);
      case Deposits deposits -> deposit(deposits);
      case Taken taken -> taken(taken.id());
      case PassedOver passed -> passedOver(passed.id());
      case Siblings named -> {
        relay.otherRelays().named(named);
        wire.ask(1);
      }
      case MailFrame other -> throw Wire.unexpected(other);
    }
  }

  // ---- arrival

  void arrive(Arrival arrival) {
    wire.become(this);
    var shown =
        arrival.passages().stream()
            .filter(each -> relay.admission().lets(member, each.pseudonym(), each.passage()))
            .map(Arrival.Shown::pseudonym)
            .distinct()
            .toList();
    // before it is looked up what is here, so that it hears of all that happens since
    relay.connected(this);
    var account = new CompletableFuture<Account>();
    wire.whenForced(account, found -> welcome(found, shown));
    relay.store().account(member, account);
  }

  private void welcome(Account account, List<Hash> shown) {
    if (standing != Standing.ARRIVING) {
      return;
    }
    if (shown.isEmpty() && !account.mail()) {
      wire.endNow("no passage for a space of this relay, and no mail");
      return;
    }
    standing = Standing.SERVED;
    wire.ask(FRAMES);
    var left =
        account.piles().stream().filter(pile -> pile.envelopes() > 0).map(pile -> left(pile, 0));
    wire.say(new Welcome(relay.store().key().publicKey(), relay.certificate(), left.toList()));
    account.piles().stream()
        .filter(pile -> pile.lapsed() > 0)
        .forEach(pile -> say(left(pile, pile.lapsed())));
    relay.otherRelays().visited(member, shown);
    wire.take();
  }

  private static Left left(Pile pile, long lapsed) {
    return new Left(pile.pseudonym(), pile.destination(), pile.envelopes(), lapsed);
  }

  // ---- deposits

  private void deposit(Deposit deposit) {
    byte[] bytes = deposit.envelope();
    var envelope = Envelope.decode(bytes);
    if (envelope.isBare()) {
      refuse(envelope.outside().id(), "its body is not with it", Duration.ZERO, () -> wire.ask(1));
      return;
    }
    var body = envelope.body();
    deposit(List.of(envelope), List.of(body == null ? bytes : envelope.bare().encode()), body);
  }

  /** Those that have one body. */
  private void deposit(Deposits deposits) {
    var body = Envelope.Body.of(deposits.body());
    var envelopes = deposits.envelopes().stream().map(Envelope::decode).toList();
    for (var envelope : envelopes) {
      if (!envelope.isBare()) {
        throw new Malformed("an envelope that is whole among bare ones");
      }
      if (!body.equals(envelope.outside().body())) {
        throw new Malformed("an envelope with another body than it says");
      }
    }
    deposit(envelopes, deposits.envelopes(), deposits.body());
  }

  /**
   * @param bare their bytes, without the body
   * @param body that all have; null where it is one that has none
   */
  private void deposit(List<Envelope> envelopes, List<byte[]> bare, byte @Nullable [] body) {
    var unanswered = new AtomicInteger(envelopes.size());
    Runnable answered =
        () -> {
          if (unanswered.decrementAndGet() == 0) {
            wire.ask(1);
          }
        };
    var admitted = new ArrayList<Arrived>();
    for (int i = 0; i < envelopes.size(); i++) {
      var envelope = envelopes.get(i);
      var arrived = relay.arrived(envelope, bare.get(i), body, member, relay.rules().retention());
      var refusal =
          arrived.sender().equals(member)
              ? relay.refusal(envelope, arrived.size())
              : Optional.of("who brings it has not made it");
      refusal.ifPresentOrElse(
          why -> refuse(envelope.outside().id(), why, Duration.ZERO, answered),
          () -> admitted.add(arrived));
    }
    if (admitted.isEmpty()) {
      return;
    }
    var forced = new CompletableFuture<List<Put>>();
    wire.whenForced(
        forced,
        puts -> {
          for (int i = 0; i < puts.size(); i++) {
            answer(admitted.get(i), puts.get(i), answered);
          }
        });
    relay.store().put(admitted, forced);
  }

  /**
   * @param answered is run when the transport has taken the answer
   */
  private void answer(Arrived envelope, Put put, Runnable answered) {
    byte[] id = EnvelopeIds.bytes(envelope.id());
    switch (put) {
      case Kept(var at) -> {
        relay.counts().kept.increment();
        var to = envelope.destination();
        var custody = new Custody(id, to, envelope.hash(), at.toEpochMilli());
        wire.say(
            new MailFrame.Kept(custody.sign(relay.store().key()), relay.isConnected(to)), answered);
        relay.arrived(envelope.pseudonym(), to);
      }
      case Refused(var why) ->
          refuse(id, why.reason(), why.isPassing() ? RETRY : Duration.ZERO, answered);
      case MailboxStore.Gone _, MailboxStore.Bodiless _ ->
          throw new IllegalStateException("gone or bare, though a member brings it whole");
    }
  }

  private void refuse(byte[] id, String reason, Duration retry, Runnable answered) {
    relay.counts().refused.increment();
    wire.say(new MailFrame.Refused(id, reason, retry.toMillis()), answered);
  }

  // ---- mail

  /** There is mail for the node. */
  void mailArrived() {
    wire.step(() -> {
      window.mailArrived();
      wire.signal();
    });
  }

  private void taken(byte[] bytes) {
    var id = EnvelopeIds.of(bytes);
    if (!window.taken(id)) {
      wire.ask(1);
      return;
    }
    // the next frame is asked for at once, unless many wait for their deletion
    boolean held = window.leaving() > Window.ENVELOPES;
    if (!held) {
      wire.ask(1);
    }
    var forced = new CompletableFuture<Optional<Pile>>();
    // on the store's thread, so that the sender hears of it in the order in which it happened
    var _ =
        forced.thenAccept(left ->
            left.ifPresent(pile -> {
              relay.counts().taken.increment();
              relay.taken(id, pile);
            }));
    wire.whenForced(
        forced,
        _ -> {
          window.deleted(id);
          if (held) {
            wire.ask(1);
          }
        });
    relay.store().taken(member, id, forced);
    wire.signal();
  }

  /** It stays, and must not hold up those behind it. */
  private void passedOver(byte[] bytes) {
    if (!window.passedOver(EnvelopeIds.of(bytes))) {
      throw new Malformed("an envelope is passed over that was not sent, or is one of too many");
    }
    relay.counts().passedOver.increment();
    wire.ask(1);
    wire.signal();
  }

  /** Something has become of the node's own envelopes. */
  void tell(Left left) {
    wire.step(() -> {
      // till it is welcomed, what is looked up of it has that already
      if (standing != Standing.SERVED) {
        return;
      }
      if (wire.unsaid() >= UNHEARD) {
        wire.cutNow();
        return;
      }
      say(left);
    });
  }

  // ---- the end

  void end(String reason) {
    wire.end(reason);
  }

  @Override
  public void over() {
    standing = Standing.ENDED;
    relay.gone(this);
  }
}
