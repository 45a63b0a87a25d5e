package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.edge.mailbox.Whereabouts.Whom;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Approach;
import com.softadastra.engine.envelope.MailFrame.Arrival;
import com.softadastra.engine.envelope.MailFrame.Comes;
import com.softadastra.engine.envelope.MailFrame.Fetched;
import com.softadastra.engine.envelope.MailFrame.Gone;
import com.softadastra.engine.envelope.MailFrame.Holds;
import com.softadastra.engine.envelope.MailFrame.Offer;
import com.softadastra.engine.envelope.MailFrame.Pass;
import com.softadastra.engine.envelope.MailFrame.Wanted;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;

/**
 * A connection of two relays, the same at both ends, for the spaces for which either has shown a
 * passage. Each tells who comes to it, has an {@link Offering} for the other and an {@link
 * Accepting} of what the other offers, and says what destinations have fetched. Nothing of that is
 * remembered: a connection that breaks is made good by the next one.
 *
 * <p>Any thread may tell it something; all else are steps of its wire.
 */
final class SiblingConnection implements Wire.Party {
  /** How long a relay that is called may take to be found and to answer. */
  private static final Duration CALL = Duration.ofSeconds(30);

  /** Offered or passed by either, and not answered. */
  static final int ENVELOPES = 32;

  /** Of those that are passed. */
  static final long BYTES = 4 << 20;

  private final Wire wire;
  private final NodeId sibling;
  private final MailboxService relay;
  private final Siblings siblings;
  private final boolean calling;
  private final long since;
  private final Offering offering;
  private final Accepting accepting;
  private volatile Set<Hash> spaces;

  // of the steps alone
  private Standing standing = Standing.CALLING;

  /** The spaces for which members have named the other, as of the last look. */
  private Set<Hash> named = Set.of();

  /** Of whom the other is to be told. */
  private final Set<Whom> untold = new LinkedHashSet<>();

  /** Envelopes that are being dropped as the other says. */
  private int leaving;

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
    this.spaces = Set.copyOf(spaces);
    this.calling = calling;
    this.since = relay.schedule().nanoTime();
    this.offering = new Offering(wire, relay, siblings.whereabouts(), copies);
    this.accepting = new Accepting(wire, relay, it -> this.spaces.contains(it));
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
    return offering.waiting();
  }

  Duration lasted() {
    return Duration.ofNanos(relay.schedule().nanoTime() - since);
  }

  // ---- the beginning

  /** The other has called, and shown passages for the spaces. Runs in a step. */
  void answer() {
    wire.become(this);
    standing = Standing.SERVED;
    begin(spaces);
    // it waits for one, which may say nothing
    wire.say(nextComes());
    showMore();
    wire.ask(MailConnection.FRAMES);
  }

  /** Calls the other. */
  void call(Approach approach, Siblings.Line line) {
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

  /** The other has answered. */
  private void answered() {
    if (!siblings.connected(this)) {
      wire.endNow("another connection is there");
      return;
    }
    standing = Standing.SERVED;
    begin(spaces);
    showMore();
    wire.ask(MailConnection.FRAMES);
  }

  /** Members may have named the other for other spaces than before. */
  void look() {
    wire.step(() -> {
      if (standing == Standing.SERVED) {
        showMore();
      }
    });
  }

  /** Shows the passages that the other doesn't know. */
  private void showMore() {
    var passages = siblings.passages(sibling);
    var unknown = passages.stream().filter(it -> !spaces.contains(it.pseudonym())).toList();
    if (!unknown.isEmpty()) {
      wire.say(new Approach(unknown));
    }
    var now = passages.stream().map(Arrival.Shown::pseudonym).collect(Collectors.toSet());
    var more = new HashSet<>(now);
    more.removeAll(named);
    named = now;
    // what is here of a space that it was not named for was perhaps offered in vain
    begin(more);
  }

  /** The other has shown more of its passages. */
  private void shown(Approach approach) {
    var more = siblings.admitted(sibling, approach);
    more.removeAll(spaces);
    begin(more);
  }

  /** Mail of these spaces goes by this connection. */
  private void begin(Set<Hash> pseudonyms) {
    if (pseudonyms.isEmpty()) {
      return;
    }
    var all = new HashSet<>(spaces);
    all.addAll(pseudonyms);
    spaces = Set.copyOf(all);
    siblings.whereabouts().all().stream()
        .filter(whom -> pseudonyms.contains(whom.pseudonym()))
        .forEach(untold::add);
    offering.begin(pseudonyms);
    wire.signal();
  }

  // ---- frames for the other

  @Override
  public Optional<MailFrame> next() {
    if (standing != Standing.SERVED) {
      return Optional.empty();
    }
    if (!untold.isEmpty()) {
      var comes = nextComes();
      if (!comes.comings().isEmpty()) {
        return Optional.of(comes);
      }
    }
    return offering.next();
  }

  /** Of those that the other is to be told of as many as go into one frame. */
  private Comes nextComes() {
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

  // ---- frames from the other

  @Override
  public void take(MailFrame frame) {
    switch (frame) {
      case MailFrame.Farewell(var reason) -> {
        siblings.ended(this, "the relay ended the connection: " + reason);
        wire.cutNow();
        return;
      }
      case Comes(var comings) -> {
        if (standing == Standing.CALLING) {
          answered();
        }
        if (standing == Standing.SERVED) {
          come(comings);
        }
      }
      case MailFrame other when standing == Standing.CALLING -> throw Wire.unexpected(other);
      case Approach approach -> shown(approach);
      case Offer offer -> accepting.offered(offer);
      case Pass pass -> accepting.passed(pass);
      case Wanted(var id) -> offering.wanted(EnvelopeIds.of(id));
      case Holds(var id) -> offering.holds(EnvelopeIds.of(id));
      case MailFrame.Refused refused -> offering.refused(refused);
      case Gone(var id) -> {
        offering.gone(EnvelopeIds.of(id));
        drop(EnvelopeIds.of(id));
        return;
      }
      case Fetched(var id) -> {
        drop(EnvelopeIds.of(id));
        return;
      }
      case MailFrame other -> throw Wire.unexpected(other);
    }
    wire.ask(1);
  }

  private void come(List<Comes.Coming> comings) {
    var ofItsSpaces = comings.stream().filter(it -> spaces.contains(it.pseudonym())).toList();
    siblings.told(sibling, ofItsSpaces);
    ofItsSpaces.forEach(it -> offering.mayBeDue(new Whom(it.pseudonym(), it.node())));
    wire.signal();
  }

  /**
   * An envelope's destination has it, as the other says. Whoever knows a space can show a passage:
   * what is dropped is said by a relay of it.
   */
  private void drop(UUID id) {
    // the next frame is asked for at once, unless many wait for their deletion
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
        offering.mayBeDue(whom);
        wire.signal();
      }
    });
  }

  /** A destination has its envelope. */
  void tellFetched(UUID id, Pile left) {
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
      wire.say(new Fetched(EnvelopeIds.bytes(id)));
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
