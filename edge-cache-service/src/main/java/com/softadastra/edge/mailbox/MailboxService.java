package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.MailboxView;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.SiblingView;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.InCustody;
import com.softadastra.edge.mailbox.MailboxStore.Mailbox;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * The relay: keeps envelopes for nodes that aren't there, hands them over when they are, and gives
 * its signature for what it has forced. Each node has one connection with it, each with steps of
 * its own on the schedule; what concerns another connection is a step there.
 */
public final class MailboxService implements Mailboxes, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MailboxService.class);

  /** How long a node may take to arrive once it has called. */
  static final Duration HANDSHAKE = Duration.ofSeconds(10);

  /** How often what is expired is looked for. */
  static final Duration LAPSE_EVERY = Duration.ofMinutes(1);

  /** Envelopes that lapse in one transaction. */
  static final int LAPSE_MOST = 256;

  /** Mailboxes that are listed at once. */
  public static final int LISTED = 1000;

  private final MailboxStore store;
  private final RelayDuties duties;
  private final Rules rules;
  private final Surroundings surroundings;
  private final Admission admission;
  private final Map<NodeId, MailConnection> connected = new ConcurrentHashMap<>();
  private final Counts counts = new Counts();
  private final Siblings siblings;
  private volatile byte @Nullable [] certificate;
  private volatile Schedule.@Nullable Due lapsing;
  private volatile boolean closed;

  /**
   * What the relay takes.
   *
   * @param retention how long an envelope is kept at most, also where it says longer or nothing
   * @param largestBytes of an envelope
   */
  public record Rules(Duration retention, int largestBytes) {}

  /** What has happened since the start. */
  public static final class Counts {
    final LongAdder kept = new LongAdder();
    final LongAdder taken = new LongAdder();
    final LongAdder lapsed = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder passedOver = new LongAdder();
    final LongAdder copied = new LongAdder();
    final LongAdder brought = new LongAdder();

    private Counts() {}

    public long kept() {
      return kept.sum();
    }

    public long taken() {
      return taken.sum();
    }

    public long lapsed() {
      return lapsed.sum();
    }

    public long refused() {
      return refused.sum();
    }

    /** Envelopes that stay, as their destination could not take them in. */
    public long passedOver() {
      return passedOver.sum();
    }

    /** Envelopes of which another relay has a copy by this one. */
    public long copied() {
      return copied.sum();
    }

    /** Envelopes that other relays brought. */
    public long brought() {
      return brought.sum();
    }
  }

  /**
   * @param links how other relays are reached
   */
  public MailboxService(
      MailboxStore store,
      RelayDuties duties,
      MailLinks links,
      Rules rules,
      Surroundings surroundings) {
    this.store = store;
    this.duties = duties;
    this.rules = rules;
    this.surroundings = surroundings;
    this.admission = new Admission(duties, surroundings.schedule());
    this.siblings = new Siblings(this, duties, links, surroundings.random());
  }

  /** Looks for what is expired, and calls other relays, from now on. */
  public void start() {
    siblings.start();
    surroundings.schedule().execute(this::lapse);
  }

  @Override
  public Flux<byte[]> accept(NodeId member, Flux<byte[]> frames) {
    return Flux.from(subscriber -> {
      var wire = new Wire(member, schedule());
      var called = new Called(wire);
      wire.become(called);
      wire.open(subscriber, frames);
      wire.after(HANDSHAKE, called::patienceIsOver);
    });
  }

  /** A node that has called, and said nothing. */
  private final class Called implements Wire.Party {
    private final Wire wire;
    private boolean arrived;

    Called(Wire wire) {
      this.wire = wire;
    }

    @Override
    public void take(MailFrame frame) {
      switch (frame) {
        case MailFrame.Arrival arrival ->
            new MailConnection(wire, MailboxService.this).arrive(arrival);
        case MailFrame.Approach approach -> siblings.approached(wire, approach);
        case MailFrame other -> throw Wire.unexpected(other);
      }
      arrived = true;
    }

    @Override
    public Optional<MailFrame> next() {
      return Optional.empty();
    }

    @Override
    public void over() {}

    void patienceIsOver() {
      if (!arrived) {
        wire.endNow("nobody has arrived");
      }
    }
  }

  /**
   * What is kept for whom, in the order of the nodes' ids, {@value LISTED} at most.
   *
   * @param after the node after which to begin
   */
  public List<MailboxView> mailboxes(@Nullable NodeId after) {
    return store.mailboxes(after, LISTED).stream().map(this::view).toList();
  }

  public MailboxStore.Totals totals() {
    return store.totals();
  }

  public Counts counts() {
    return counts;
  }

  /** Nodes that are connected now. */
  public int connections() {
    return connected.size();
  }

  /** The other relays that this one was told of, in the order of their ids. */
  public List<SiblingView> siblings() {
    return siblings.views();
  }

  /** Other relays that are connected now. */
  public int siblingConnections() {
    return siblings.connections();
  }

  private MailboxView view(Mailbox mailbox) {
    return new MailboxView(
        mailbox.node(),
        mailbox.envelopes(),
        mailbox.bytes(),
        mailbox.oldest(),
        isConnected(mailbox.node()),
        mailbox.last().stream().map(each -> receipt(each, mailbox.node())).toList());
  }

  private MailboxView.CustodyReceipt receipt(InCustody envelope, NodeId destination) {
    var hex = HexFormat.of();
    byte[] id = EnvelopeIds.bytes(envelope.id());
    var signed =
        new Custody(id, destination, envelope.hash(), envelope.at().toEpochMilli())
            .sign(store.key());
    return new MailboxView.CustodyReceipt(
        hex.formatHex(id),
        envelope.sender(),
        envelope.at(),
        envelope.expires(),
        hex.formatHex(signed.bytes()),
        hex.formatHex(signed.signature()));
  }

  // ---- for its connections

  MailboxStore store() {
    return store;
  }

  Rules rules() {
    return rules;
  }

  Schedule schedule() {
    return surroundings.schedule();
  }

  Instant now() {
    return surroundings.clock().instant();
  }

  Admission admission() {
    return admission;
  }

  /** That these are this node's mailboxes, by its own key; asked of the sync engine once. */
  byte[] certificate() {
    byte[] known = certificate;
    if (known == null) {
      known = duties.certifyMailboxes(store.key().publicKey());
      certificate = known;
    }
    return known;
  }

  boolean isConnected(NodeId node) {
    return connected.containsKey(node);
  }

  /** From now on this connection is the node's; one before it ends. */
  void connected(MailConnection connection) {
    var before = connected.put(connection.member(), connection);
    if (before != null) {
      before.end("another connection took its place");
    }
    if (closed) {
      connection.end("the relay stops");
    }
  }

  void gone(MailConnection connection) {
    if (connected.remove(connection.member(), connection)) {
      siblings.left(connection.member());
    }
  }

  Siblings otherRelays() {
    return siblings;
  }

  /**
   * Why an envelope is not for this relay, whoever brings it.
   *
   * @param bytes with its body
   */
  Optional<String> refusal(Envelope envelope, int bytes) {
    var outside = envelope.outside();
    byte[] passage = outside.passage();
    if (bytes > rules.largestBytes()) {
      return Optional.of("an envelope has at most " + rules.largestBytes() + " bytes here");
    }
    if (passage == null || !admission.lets(outside.sender(), outside.pseudonym(), passage)) {
      return Optional.of("no passage for a space of this relay");
    }
    if (!envelope.isGenuine()) {
      return Optional.of("its sender has not signed it");
    }
    return outside.expires() != 0 && outside.expires() <= outside.made()
        ? Optional.of("it is expired")
        : Optional.empty();
  }

  /**
   * An envelope as it is kept.
   *
   * @param bytes without its body
   * @param content its body; null where it has none, or is bare
   * @param by who brought it
   * @param most how long it is kept at most
   */
  Arrived arrived(
      Envelope envelope, byte[] bytes, byte @Nullable [] content, NodeId by, Duration most) {
    var outside = envelope.outside();
    // the sender's clock may go any way; how long it asks for doesn't depend on that
    var asked =
        outside.expires() == 0 ? most : Duration.ofMillis(outside.expires() - outside.made());
    var now = now();
    return new Arrived(
        EnvelopeIds.of(outside.id()),
        outside.sender(),
        outside.pseudonym(),
        outside.to(),
        by,
        outside.priority(),
        now,
        now.plus(asked.compareTo(most) < 0 ? asked : most),
        Hash.sha256(bytes),
        bytes,
        outside.body(),
        content);
  }

  /** There is mail of a space for a node. */
  void arrived(Hash pseudonym, NodeId destination) {
    var there = connected.get(destination);
    if (there != null) {
      there.mailArrived();
    }
    siblings.arrived(pseudonym, destination);
  }

  /** An envelope's destination has it. */
  void taken(UUID id, Pile left) {
    taken(id, left, null);
  }

  /**
   * The same.
   *
   * @param relay that says so
   */
  void taken(UUID id, Pile left, @Nullable NodeId relay) {
    if (left.envelopes() == 0) {
      tell(new Pile(left.sender(), left.pseudonym(), left.destination(), left.by(), 0, 0));
    }
    siblings.gone(id, left, relay);
  }

  /** Tells a sender what is left of the envelopes that it brought, where it is connected. */
  void tell(Pile pile) {
    var there = pile.isOfSender() ? connected.get(pile.sender()) : null;
    if (there != null) {
      there.tell(
          new MailFrame.Left(
              pile.pseudonym(), pile.destination(), pile.envelopes(), pile.lapsed()));
    }
  }

  // ---- what is expired

  private void lapse() {
    var lapsed = new CompletableFuture<List<Pile>>();
    var _ =
        lapsed.whenComplete((piles, failure) -> {
          if (failure != null) {
            LOG.warn("what is expired stays for now", failure);
          }
          lapsed(piles == null ? List.of() : piles);
        });
    if (!closed) {
      siblings.lapse();
      store.lapse(now(), LAPSE_MOST, lapsed);
    }
  }

  private void lapsed(List<Pile> piles) {
    piles.forEach(this::tell);
    long envelopes = piles.stream().mapToLong(Pile::lapsed).sum();
    counts.lapsed.add(envelopes);
    if (envelopes == LAPSE_MOST) {
      schedule().execute(this::lapse);
    } else if (!closed) {
      lapsing = schedule().after(LAPSE_EVERY, this::lapse);
    }
  }

  /** Ends all connections; the store stays open. */
  @Override
  public void close() {
    closed = true;
    var due = lapsing;
    if (due != null) {
      due.cancel();
    }
    siblings.close();
    List.copyOf(connected.values()).forEach(each -> each.end("the relay stops"));
  }
}
