package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.edge.mailbox.Whereabouts.Whom;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Comes;
import com.softadastra.engine.envelope.MailFrame.Gone;
import com.softadastra.engine.envelope.MailFrame.Holds;
import com.softadastra.engine.envelope.MailFrame.Offer;
import com.softadastra.engine.envelope.MailFrame.Pass;
import com.softadastra.engine.envelope.MailFrame.Wanted;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection of two relays, the same at both ends. Each tells who comes to it, and offers what it
 * has for those that come to the other; what the other wants is passed. What the other has brought
 * is offered, too, on each connection once: where its destination has it meanwhile, the answer says
 * so. Nothing of that is remembered: a connection that breaks is made good by the next one.
 *
 * <p>An envelope stays here when it is passed, until its destination has it or it lapses. So a
 * signature that a member was given never hangs on another relay.
 *
 * <p>A body goes with the first of its envelopes; the others are passed bare, until the other wants
 * one whole.
 *
 * <p>At most {@value #ENVELOPES} envelopes are offered or passed and unanswered, and of those
 * passed {@value #BYTES} bytes, or one. A relay that offers more is hung up on.
 *
 * <p>Any thread may tell it something; all else are steps of its wire.
 */
final class SiblingConnection implements Wire.Party {
  private static final Logger LOG = LoggerFactory.getLogger(SiblingConnection.class);

  /** How long a relay that is called may take to be found and to answer. */
  private static final Duration CALL = Duration.ofSeconds(30);

  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  static final int ENVELOPES = 32;
  static final long BYTES = 4 << 20;

  /** Envelopes that are looked up at once. */
  private static final int PAGE = 256;

  /** The same, of those that the other has brought. */
  private static final int BROUGHT_PAGE = 1024;

  /** Bodies that are known to have gone to the other, the last ones. */
  private static final int BODIES = 1024;

  private final Wire wire;
  private final NodeId sibling;
  private final MailboxService relay;
  private final Siblings siblings;
  private final Set<Hash> spaces;
  private final boolean calling;
  private final LongAdder copies;
  private final long since;

  // of the steps alone
  private Standing standing = Standing.CALLING;

  /** Of whom the other is to be told. */
  private final Set<Whom> untold = new LinkedHashSet<>();

  /** For whom there may be something that was not offered. */
  private final Set<Whom> due = new LinkedHashSet<>();

  /** For whom something was refused, and nothing is offered for a while. */
  private final Set<Whom> paused = new HashSet<>();

  /** Up to which number it was offered. */
  private final Map<Whom, Long> offered = new HashMap<>();

  private final ArrayDeque<Held> next = new ArrayDeque<>();
  private final Map<UUID, Held> unanswered = new LinkedHashMap<>();
  private final ArrayDeque<Held> wanted = new ArrayDeque<>();
  private final Map<UUID, Passed> passed = new HashMap<>();

  /** Bodies that have gone to the other on this connection, by their hashes. */
  private final Set<Hash> given = new LinkedHashSet<>();

  private long passedBytes;

  /** Whether there may be something that the other has brought, and was not asked about. */
  private boolean asking = true;

  private long asked;

  /** What the other offers or passes and has no answer to. */
  private int unansweredHere;

  private long unansweredBytesHere;

  /** Envelopes that are being dropped as the other says. */
  private int leaving;

  private volatile int waiting;

  /** An envelope on its way to the other. */
  private record Passed(int bytes, boolean bare) {}

  private enum Standing {
    /** The other was called, and has not answered. */
    CALLING,
    SERVED,
    ENDED
  }

  /**
   * @param spaces by their pseudonyms: what is passed is of these
   * @param calling whether this relay calls
   * @param copies is told how many were taken
   */
  SiblingConnection(
      Wire wire,
      MailboxService relay,
      Siblings siblings,
      Set<Hash> spaces,
      boolean calling,
      LongAdder copies) {
    this.wire = wire;
    this.sibling = wire.other();
    this.relay = relay;
    this.siblings = siblings;
    this.spaces = Collections.unmodifiableSortedSet(new TreeSet<>(spaces));
    this.calling = calling;
    this.copies = copies;
    this.since = relay.schedule().nanoTime();
  }

  NodeId sibling() {
    return sibling;
  }

  Set<Hash> spaces() {
    return spaces;
  }

  boolean isCalling() {
    return calling;
  }

  /** Envelopes that the other was offered and hasn't answered. */
  int waiting() {
    return waiting;
  }

  Duration lasted() {
    return Duration.ofNanos(relay.schedule().nanoTime() - since);
  }

  // ---- the beginning

  /** The other has called, and shown passages for the spaces. Runs in a step. */
  void answer() {
    wire.become(this);
    serve();
    // it waits for one, which may say nothing
    wire.say(comes());
  }

  /** Calls the other. */
  void call(MailFrame.Approach approach, Siblings.Line line) {
    wire.become(this);
    wire.step(() -> {
      wire.say(approach);
      wire.call(line::open);
    });
    wire.after(
        CALL,
        () -> {
          if (standing == Standing.CALLING) {
            wire.endNow("the relay has not answered");
          }
        });
  }

  private void serve() {
    standing = Standing.SERVED;
    untold.addAll(siblings.whereabouts().all());
    due.addAll(siblings.whereabouts().by(sibling, relay.now()));
    wire.ask(MailConnection.FRAMES);
    wire.signal();
  }

  // ---- frames for the other

  @Override
  public Optional<MailFrame> next() {
    if (standing != Standing.SERVED) {
      return Optional.empty();
    }
    if (!untold.isEmpty()) {
      var comes = comes();
      if (!comes.comings().isEmpty()) {
        return Optional.of(comes);
      }
    }
    var frame = pass();
    if (frame.isEmpty()) {
      frame = offer();
    }
    waiting = unanswered.size();
    return frame;
  }

  private Comes comes() {
    var comings = new ArrayList<Comes.Coming>();
    var now = relay.now();
    var each = untold.iterator();
    while (each.hasNext() && comings.size() < MailFrame.COMINGS) {
      var whom = each.next();
      each.remove();
      if (spaces.contains(whom.pseudonym())) {
        siblings.whereabouts().toTell(sibling, whom, now).ifPresent(comings::add);
      }
    }
    return new Comes(comings);
  }

  private Optional<MailFrame> pass() {
    while (!wanted.isEmpty()) {
      var held = wanted.peek();
      int bytes = held.envelope().bytes();
      if (!passed.isEmpty() && passedBytes + bytes > BYTES) {
        return Optional.empty();
      }
      wanted.remove();
      var life = Duration.between(relay.now(), held.expires());
      boolean bare = held.body() != null && given.contains(held.body());
      var read = life.isPositive() ? read(held, bare) : Optional.<byte[]>empty();
      if (read.isPresent()) {
        passed.put(held.envelope().id(), new Passed(read.get().length, bare));
        passedBytes += read.get().length;
        if (held.body() != null) {
          give(held.body());
        }
        return Optional.of(new Pass(read.get(), life.toMillis()));
      }
      // it has lapsed, or its destination has it
      unanswered.remove(held.envelope().id());
    }
    return Optional.empty();
  }

  private void give(Hash body) {
    given.remove(body);
    given.add(body);
    if (given.size() > BODIES) {
      given.remove(given.iterator().next());
    }
  }

  /** One that can't be read stays where it is. */
  private Optional<byte[]> read(Held held, boolean bare) {
    var store = relay.store();
    try {
      return bare ? store.readBare(held.envelope()) : store.read(held.envelope());
    } catch (MailboxException e) {
      LOG.warn("an envelope for {} isn't passed on, as it can't be read", held.destination(), e);
      return Optional.empty();
    }
  }

  private Optional<MailFrame> offer() {
    if (unanswered.size() >= ENVELOPES) {
      return Optional.empty();
    }
    for (var held = nextHeld(); held.isPresent(); held = nextHeld()) {
      var it = held.get();
      if (unanswered.putIfAbsent(it.envelope().id(), it) == null) {
        return Optional.of(
            new Offer(
                EnvelopeIds.bytes(it.envelope().id()),
                it.hash(),
                it.sender(),
                it.destination(),
                it.envelope().bytes()));
      }
    }
    return Optional.empty();
  }

  private Optional<Held> nextHeld() {
    while (next.isEmpty() && (asking || !due.isEmpty())) {
      refill();
    }
    return Optional.ofNullable(next.poll());
  }

  private void refill() {
    if (asking) {
      var page = relay.store().brought(sibling, asked, BROUGHT_PAGE);
      asking = page.size() == BROUGHT_PAGE;
      if (!page.isEmpty()) {
        asked = page.getLast().envelope().number();
      }
      page.stream().filter(held -> spaces.contains(held.pseudonym())).forEach(next::add);
      return;
    }
    var whom = due.iterator().next();
    due.remove(whom);
    // who is here gets it here
    if (!spaces.contains(whom.pseudonym()) || relay.isConnected(whom.node())) {
      return;
    }
    var page =
        relay.store().held(whom.pseudonym(), whom.node(), offered.getOrDefault(whom, 0L), PAGE);
    if (page.isEmpty()) {
      return;
    }
    offered.put(whom, page.getLast().envelope().number());
    // behind the others, so that all get their turn
    due.add(whom);
    page.stream().filter(held -> !held.by().equals(sibling)).forEach(next::add);
  }

  // ---- frames from the other

  @Override
  public void take(MailFrame frame) {
    if (standing == Standing.CALLING && !(frame instanceof Comes)) {
      if (frame instanceof MailFrame.Farewell(var reason)) {
        farewell(reason);
        return;
      }
      throw Wire.unexpected(frame);
    }
    switch (frame) {
      case Comes(var comings) -> comes(comings);
      case Offer offer -> offered(offer);
      case Pass(var envelope, var life) -> passed(envelope, life);
      case Wanted(var id) -> wanted(EnvelopeIds.of(id));
      case Holds(var id) -> holds(EnvelopeIds.of(id));
      case Gone(var id) -> gone(EnvelopeIds.of(id));
      case MailFrame.Refused refused -> refused(refused);
      case MailFrame.Farewell(var reason) -> farewell(reason);
      case MailFrame other -> throw Wire.unexpected(other);
    }
  }

  private void farewell(String reason) {
    siblings.ended(this, "the relay ended the connection: " + reason);
    wire.cutNow();
  }

  private void comes(List<Comes.Coming> comings) {
    if (standing == Standing.CALLING) {
      if (!siblings.connected(this)) {
        wire.endNow("another connection is there");
        return;
      }
      serve();
    }
    wire.ask(1);
    var of = comings.stream().filter(it -> spaces.contains(it.pseudonym())).toList();
    siblings.told(sibling, of);
    of.forEach(it -> mayBeDue(new Whom(it.pseudonym(), it.node())));
    wire.signal();
  }

  private void offered(Offer offer) {
    wire.ask(1);
    took(0);
    if (offer.bytes() > relay.rules().largestBytes()) {
      refuse(offer.id(), "too large", Duration.ZERO, 0);
      return;
    }
    var looked = new CompletableFuture<Optional<Put>>();
    wire.whenForced(
        looked,
        put ->
            put.ifPresentOrElse(
                it -> answer(offer.id(), it, 0), () -> answer(new Wanted(offer.id()), 0)));
    relay
        .store()
        .look(
            new Offered(
                EnvelopeIds.of(offer.id()),
                offer.envelope(),
                offer.from(),
                offer.to(),
                (int) offer.bytes()),
            looked);
  }

  private void passed(byte[] bytes, long lifeMillis) {
    wire.ask(1);
    took(bytes.length);
    var envelope = Envelope.decode(bytes);
    var outside = envelope.outside();
    var refusal =
        spaces.contains(outside.pseudonym())
            ? relay.refusal(envelope, size(envelope, bytes))
            : Optional.of("no passage of this relay for its space");
    if (refusal.isPresent() || lifeMillis <= 0) {
      refuse(outside.id(), refusal.orElse("it is expired"), Duration.ZERO, bytes.length);
      return;
    }
    long most = Math.min(lifeMillis, relay.rules().retention().toMillis());
    var body = envelope.body();
    var arrived =
        relay.arrived(
            envelope,
            body == null ? bytes : envelope.bare().encode(),
            body,
            sibling,
            Duration.ofMillis(most));
    var forced = new CompletableFuture<Put>();
    wire.whenForced(
        forced,
        put -> {
          answer(outside.id(), put, bytes.length);
          if (put instanceof Kept) {
            relay.counts().brought.increment();
            relay.arrived(outside.pseudonym(), outside.to());
          }
        });
    relay.store().put(arrived, forced);
  }

  /** With its body. */
  private static int size(Envelope envelope, byte[] bytes) {
    var body = envelope.outside().body();
    return envelope.isBare() && body != null ? body.with(bytes.length) : bytes.length;
  }

  private void took(int bytes) {
    if (++unansweredHere > ENVELOPES
        || (unansweredBytesHere > 0 && unansweredBytesHere + bytes > BYTES)) {
      throw new Malformed("more envelopes than may be without an answer");
    }
    unansweredBytesHere += bytes;
  }

  private void answer(byte[] id, Put put, int bytes) {
    switch (put) {
      case Kept _ -> answer(new Holds(id), bytes);
      case MailboxStore.Gone _ -> answer(new Gone(id), bytes);
      case MailboxStore.Bodiless _ -> answer(new Wanted(id), bytes);
      case Refused(var why) ->
          refuse(id, why.reason(), why.isPassing() ? MailConnection.RETRY : Duration.ZERO, bytes);
    }
  }

  private void refuse(byte[] id, String reason, Duration retry, int bytes) {
    relay.counts().refused.increment();
    answer(new MailFrame.Refused(id, reason, retry.toMillis()), bytes);
  }

  private void answer(MailFrame frame, int bytes) {
    wire.say(
        frame,
        () -> {
          unansweredHere--;
          unansweredBytesHere -= bytes;
        });
  }

  // ---- answers

  private void wanted(UUID id) {
    wire.ask(1);
    var held = unanswered.get(id);
    if (held != null && held.by().equals(sibling)) {
      // what it brought it has lost, and so has its sender's receipt
      answered(id);
    } else if (held != null && mayPass(held) && !wanted.contains(held)) {
      wanted.add(held);
    }
    wire.signal();
  }

  /** Once, and once more where it went bare, and the other hasn't its body any more. */
  private boolean mayPass(Held held) {
    var before = passed.get(held.envelope().id());
    if (before == null || !before.bare()) {
      return before == null;
    }
    passed.remove(held.envelope().id());
    passedBytes -= before.bytes();
    given.remove(held.body());
    return true;
  }

  private void holds(UUID id) {
    wire.ask(1);
    if (passed.containsKey(id)) {
      copies.increment();
      relay.counts().copied.increment();
    }
    answered(id);
  }

  private void answered(UUID id) {
    unanswered.remove(id);
    waiting = unanswered.size();
    var before = passed.remove(id);
    if (before != null) {
      passedBytes -= before.bytes();
    }
    wire.signal();
  }

  private void refused(MailFrame.Refused frame) {
    wire.ask(1);
    var id = EnvelopeIds.of(frame.id());
    var held = unanswered.get(id);
    answered(id);
    if (held == null || held.by().equals(sibling)) {
      return;
    }
    LOG.debug("{} takes no copy of {}: {}", sibling, id, frame.reason());
    if (frame.retryMillis() > 0) {
      pause(held, Duration.ofMillis(frame.retryMillis()));
    }
  }

  /** What the other says is bounded where it is heard, and so is what is due. */
  private void mayBeDue(Whom whom) {
    if (!paused.contains(whom) && siblings.whereabouts().isBy(sibling, whom, relay.now())) {
      due.add(whom);
    }
  }

  /** What was refused is offered again later, with what came after it for the same node. */
  private void pause(Held held, Duration asked) {
    var whom = new Whom(held.pseudonym(), held.destination());
    due.remove(whom);
    next.removeIf(
        it -> it.pseudonym().equals(whom.pseudonym()) && it.destination().equals(whom.node()));
    offered.merge(whom, held.envelope().number() - 1, Math::min);
    if (!paused.add(whom)) {
      return;
    }
    var most = asked.compareTo(LONGEST_PAUSE) < 0 ? asked : LONGEST_PAUSE;
    wire.after(
        most.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : most,
        () -> {
          paused.remove(whom);
          mayBeDue(whom);
          wire.signal();
        });
  }

  /** Whoever knows a space can show a passage: what is dropped is said by a relay of it. */
  private void gone(UUID id) {
    answered(id);
    boolean held = ++leaving > ENVELOPES;
    if (!held) {
      wire.ask(1);
    }
    var forced = new CompletableFuture<Optional<Pile>>();
    // on the store's thread, so that the sender hears of it in the order in which it happened
    var _ = forced.thenAccept(left -> left.ifPresent(pile -> relay.taken(id, pile, sibling)));
    wire.whenForced(
        forced,
        _ -> {
          leaving--;
          if (held) {
            wire.ask(1);
          }
        });
    relay.store().gone(id, siblings.believed(this), forced);
  }

  // ---- what happens here

  /** Of members there is news. */
  void tell(Collection<Coming> news) {
    wire.step(() -> {
      news.forEach(it -> untold.add(new Whom(it.pseudonym(), it.node())));
      wire.signal();
    });
  }

  /** There is mail for a member, or it has left. */
  void mailFor(Whom whom) {
    wire.step(() -> {
      if (standing == Standing.SERVED) {
        mayBeDue(whom);
        wire.signal();
      }
    });
  }

  /** A destination has its envelope. */
  void tellGone(UUID id, Pile left) {
    wire.step(() -> {
      var whom = new Whom(left.pseudonym(), left.destination());
      if (standing != Standing.SERVED
          || !spaces.contains(left.pseudonym())
          || !(left.by().equals(sibling)
              || siblings.whereabouts().isBy(sibling, whom, relay.now()))) {
        return;
      }
      if (wire.unsaid() >= MailConnection.UNHEARD) {
        wire.cutNow();
        return;
      }
      wire.say(new Gone(EnvelopeIds.bytes(id)));
    });
  }

  void end(String reason) {
    wire.end(reason);
  }

  @Override
  public void over() {
    standing = Standing.ENDED;
    siblings.ended(this, wire.why());
  }
}
