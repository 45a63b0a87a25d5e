package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.Whereabouts.Whom;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Offer;
import com.softadastra.engine.envelope.MailFrame.Pass;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this relay has for those that come to another one: it is offered, and passed where the other
 * wants it. What the other has brought is offered, too, once: where its destination has it
 * meanwhile, the answer says so.
 *
 * <p>Each offer is answered once, and so is each envelope that is passed. At most {@value
 * SiblingConnection#ENVELOPES} wait for an answer, and of those passed {@value
 * SiblingConnection#BYTES} bytes, or one. An envelope stays here when it is passed, until its
 * destination has it or it lapses: a signature that a member was given never hangs on another
 * relay.
 *
 * <p>A body goes with the first of its envelopes; the others are passed bare, until the other wants
 * one whole.
 *
 * <p>The steps of its connection alone use it, but for {@link #waiting}.
 */
final class Offering {
  private static final Logger LOG = LoggerFactory.getLogger(Offering.class);

  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  /** Envelopes that are looked up at once. */
  private static final int PAGE = 256;

  /** The same, of those that the other has brought. */
  private static final int BROUGHT_PAGE = 1024;

  /** Bodies that are known to have gone to the other, the last ones. */
  private static final int BODIES = 1024;

  /** An envelope on its way to the other. */
  private record Passed(int bytes, boolean bare) {}

  private final Wire wire;
  private final NodeId sibling;
  private final MailboxService relay;
  private final Whereabouts whereabouts;
  private final LongAdder copies;
  private final Set<Hash> spaces = new HashSet<>();

  /** For whom there may be something that was not offered. */
  private final Set<Whom> due = new LinkedHashSet<>();

  /** For whom something was refused, and nothing is offered for a while. */
  private final Set<Whom> paused = new HashSet<>();

  /** Up to which number it was offered. */
  private final Map<Whom, Long> offeredUpTo = new HashMap<>();

  /** Spaces of which the other may have brought something that it was not asked about. */
  private final Set<Hash> unasked = new HashSet<>();

  private long askedUpTo;

  private final ArrayDeque<Held> next = new ArrayDeque<>();

  /** Offered, and not done with. */
  private final Map<UUID, Held> open = new LinkedHashMap<>();

  /** Of those, what the other wants and was not passed. */
  private final ArrayDeque<Held> wanted = new ArrayDeque<>();

  /** Of those, what was passed. */
  private final Map<UUID, Passed> passed = new HashMap<>();

  /** Bodies that have gone to the other on this connection, by their hashes. */
  private final Set<Hash> given = new LinkedHashSet<>();

  private long passedBytes;
  private volatile int waiting;

  /**
   * @param copies is told how many were taken
   */
  Offering(Wire wire, MailboxService relay, Whereabouts whereabouts, LongAdder copies) {
    this.wire = wire;
    this.sibling = wire.other();
    this.relay = relay;
    this.whereabouts = whereabouts;
    this.copies = copies;
  }

  /** Envelopes that the other was offered and hasn't answered; any thread may ask. */
  int waiting() {
    return waiting;
  }

  /** What is here of these spaces is offered, from the beginning. */
  void begin(Set<Hash> pseudonyms) {
    spaces.addAll(pseudonyms);
    unasked.addAll(pseudonyms);
    askedUpTo = 0;
    offeredUpTo.keySet().removeIf(whom -> pseudonyms.contains(whom.pseudonym()));
    whereabouts.by(sibling, relay.now()).stream()
        .filter(whom -> pseudonyms.contains(whom.pseudonym()))
        .forEach(this::mayBeDue);
  }

  /**
   * There may be mail for a member. Who comes to the other is bounded where that is heard, and so
   * is what is due.
   */
  void mayBeDue(Whom whom) {
    if (!paused.contains(whom) && whereabouts.isBy(sibling, whom, relay.now())) {
      due.add(whom);
    }
  }

  // ---- frames for the other

  Optional<MailFrame> next() {
    var frame = pass();
    if (frame.isEmpty()) {
      frame = offer();
    }
    waiting = open.size();
    return frame;
  }

  private Optional<MailFrame> pass() {
    while (!wanted.isEmpty()) {
      var held = wanted.peek();
      int bytes = held.envelope().bytes();
      if (!passed.isEmpty() && passedBytes + bytes > SiblingConnection.BYTES) {
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
      open.remove(held.envelope().id());
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
    if (open.size() >= SiblingConnection.ENVELOPES) {
      return Optional.empty();
    }
    for (var found = nextHeld(); found.isPresent(); found = nextHeld()) {
      var held = found.get();
      if (open.putIfAbsent(held.envelope().id(), held) == null) {
        return Optional.of(
            new Offer(
                EnvelopeIds.bytes(held.envelope().id()),
                held.hash(),
                held.sender(),
                held.destination(),
                held.envelope().bytes()));
      }
    }
    return Optional.empty();
  }

  private Optional<Held> nextHeld() {
    while (next.isEmpty() && (!unasked.isEmpty() || !due.isEmpty())) {
      if (unasked.isEmpty()) {
        refill();
      } else {
        refillWithBrought();
      }
    }
    return Optional.ofNullable(next.poll());
  }

  private void refillWithBrought() {
    var page = readable(() -> relay.store().brought(sibling, askedUpTo, BROUGHT_PAGE));
    page.stream().filter(held -> unasked.contains(held.pseudonym())).forEach(next::add);
    if (page.size() < BROUGHT_PAGE) {
      unasked.clear();
    } else {
      askedUpTo = page.getLast().envelope().number();
    }
  }

  private void refill() {
    var whom = due.iterator().next();
    due.remove(whom);
    // who is here gets it here
    if (!spaces.contains(whom.pseudonym()) || relay.isConnected(whom.node())) {
      return;
    }
    long after = offeredUpTo.getOrDefault(whom, 0L);
    var page = readable(() -> relay.store().held(whom.pseudonym(), whom.node(), after, PAGE));
    if (page.isEmpty()) {
      return;
    }
    offeredUpTo.put(whom, page.getLast().envelope().number());
    // behind the others, so that all get their turn
    due.add(whom);
    page.stream().filter(held -> !held.by().equals(sibling)).forEach(next::add);
  }

  /** What can't even be listed stays where it is. */
  private List<Held> readable(Supplier<List<Held>> page) {
    try {
      return page.get();
    } catch (MailboxException e) {
      LOG.warn("some envelopes aren't offered to {}, as they can't be listed", sibling, e);
      return List.of();
    }
  }

  // ---- answers

  void wanted(UUID id) {
    var held = open.get(id);
    if (held != null && held.by().equals(sibling)) {
      // what it brought it has lost, and so has its sender's receipt
      done(id);
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

  void holds(UUID id) {
    if (passed.containsKey(id)) {
      copies.increment();
      relay.counts().copied.increment();
    }
    done(id);
  }

  void gone(UUID id) {
    done(id);
  }

  private void done(UUID id) {
    open.remove(id);
    waiting = open.size();
    var before = passed.remove(id);
    if (before != null) {
      passedBytes -= before.bytes();
    }
    wire.signal();
  }

  void refused(MailFrame.Refused frame) {
    var id = EnvelopeIds.of(frame.id());
    var held = open.get(id);
    done(id);
    if (held == null || held.by().equals(sibling)) {
      return;
    }
    LOG.debug("{} takes no copy of {}: {}", sibling, id, frame.reason());
    if (frame.retryMillis() > 0) {
      pause(held, Duration.ofMillis(frame.retryMillis()));
    }
  }

  /** What was refused is offered again later, with what came after it for the same node. */
  private void pause(Held held, Duration asked) {
    var whom = new Whom(held.pseudonym(), held.destination());
    due.remove(whom);
    next.removeIf(
        it -> it.pseudonym().equals(whom.pseudonym()) && it.destination().equals(whom.node()));
    offeredUpTo.merge(whom, held.envelope().number() - 1, Math::min);
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
}
