package com.softadastra.engine.session;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Offered;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One side of an exchange between two nodes that know each other's identity. Frames from the peer
 * go into {@link #receive}, in order and one at a time; frames for the peer come out of {@link
 * #poll}, whenever the transport has room. It keeps no thread and no clock; whoever drives it makes
 * one call after the other.
 *
 * <p>Hello, then for each space that both belong to its membership and a summary of what is known,
 * then entries as they are forced, and acknowledgements of what was received, as signed statements.
 * A session keeps nothing that matters: a later one starts from the summaries.
 */
public final class Session {
  private final NodeId peer;
  private final SessionHost host;
  private final ArrayDeque<Frame> outgoing = new ArrayDeque<>();
  private final Map<SpaceId, Exchange> exchanges = new LinkedHashMap<>();

  /** The spaces offered, each with how many membership records the peer was told. */
  private final Map<SpaceId, Integer> announced = new LinkedHashMap<>();

  /** Statements to pass on, of each member the latest: a slow peer misses those in between. */
  private final Map<Member, News> news = new LinkedHashMap<>();

  private boolean greeted;
  private boolean ended;

  private record Member(SpaceId space, NodeId node) {}

  private record News(Statement statement, Statement.Signed signed) {}

  /**
   * A frame that was taken in.
   *
   * @param next completes when the next frame may be handed in
   * @param stored completes when what the frame brought is forced; the caller bounds how many it
   *     leaves open
   */
  public record Received(CompletionStage<?> next, CompletionStage<?> stored) {
    private static final Received AT_ONCE = after(CompletableFuture.completedStage(null));

    private static Received after(CompletionStage<?> done) {
      return new Received(done, done);
    }
  }

  /** What goes to the peer in one space. */
  private static final class Exchange {
    /** What the peer has, or was sent. */
    final Map<Replica, Long> has = new HashMap<>();

    final Set<Replica> excluded = new HashSet<>();

    /** What the peer was told not to send. */
    final Set<Replica> refused = new HashSet<>();

    long cursor;
    boolean acknowledgementDue;
  }

  public Session(NodeId peer, SessionHost host) {
    this.peer = peer;
    this.host = host;
    outgoing.add(host.hello(peer));
  }

  /**
   * Takes in a frame. Its stages fail, as this method does, where the session is over.
   *
   * @throws Malformed where the peer doesn't keep to the protocol
   */
  public Received receive(byte[] bytes) {
    var frame = Frame.decode(bytes);
    if (!greeted && !(frame instanceof Frame.Hello || frame instanceof Frame.Bye)) {
      throw new Malformed("a session begins with hello");
    }
    return switch (frame) {
      case Frame.Hello hello -> {
        greet(hello);
        yield Received.AT_ONCE;
      }
      case Frame.MembershipKnown(var space, var records) ->
          Received.after(host.learn(space, records).thenRun(() -> announce(space)));
      case Frame.Summary summary -> Received.after(summarised(summary));
      case Frame.Entries(var space, var batch) ->
          new Received(CompletableFuture.completedStage(null), store(space, batch));
      case Frame.Acknowledged(var space, var statements) -> {
        host.note(space, statements, peer);
        yield Received.AT_ONCE;
      }
      case Frame.Refusal(var space, var replica, var reason) -> {
        exchange(space).ifPresent(exchange -> exchange.excluded.add(replica));
        host.refusedBy(peer, space, replica, reason);
        yield Received.AT_ONCE;
      }
      case Frame.Bye _ -> {
        ended = true;
        yield Received.AT_ONCE;
      }
    };
  }

  /** The next frame for the peer; null where there is nothing to say now. */
  public byte @Nullable [] poll() {
    var frame = outgoing.poll();
    if (frame != null) {
      return frame.encode();
    }
    if (ended) {
      return null;
    }
    for (var exchange : exchanges.entrySet()) {
      if (exchange.getValue().acknowledgementDue) {
        exchange.getValue().acknowledgementDue = false;
        return new Frame.Acknowledged(exchange.getKey(), List.of(host.statement(exchange.getKey())))
            .encode();
      }
    }
    // entries and statements of a new member come after the record that makes it one
    for (var space : announced.entrySet()) {
      var membership = host.membership(space.getKey(), peer);
      if (membership.isPresent() && membership.get().records().size() != space.getValue()) {
        var records = membership.get().records();
        space.setValue(records.size());
        return new Frame.MembershipKnown(space.getKey(), records).encode();
      }
    }
    var passedOn = news.keySet().iterator();
    if (passedOn.hasNext()) {
      var member = passedOn.next();
      var newest = Objects.requireNonNull(news.remove(member));
      return new Frame.Acknowledged(member.space(), List.of(newest.signed())).encode();
    }
    for (var exchange : exchanges.entrySet()) {
      var batch = batch(exchange.getKey(), exchange.getValue());
      if (!batch.isEmpty()) {
        return new Frame.Entries(exchange.getKey(), batch).encode();
      }
    }
    return null;
  }

  /**
   * Offers a space that both belong to, as soon as they do, and its membership whenever it has
   * changed.
   */
  public void announce(SpaceId space) {
    var membership = host.membership(space, peer);
    if (membership.isEmpty() || !greeted || ended) {
      return;
    }
    var records = membership.get().records();
    if (announced.putIfAbsent(space, records.size()) == null) {
      outgoing.add(new Frame.MembershipKnown(space, records));
      outgoing.add(summary(space));
    }
  }

  /** Entries came from elsewhere: the peer is told what this node now has. */
  public void acknowledge(SpaceId space) {
    exchange(space).ifPresent(exchange -> exchange.acknowledgementDue = true);
  }

  /** Passes on what another member has said to have. */
  public void gossip(Statement statement, Statement.Signed signed) {
    if (announced.containsKey(statement.space())) {
      news.merge(
          new Member(statement.space(), statement.by().node()),
          new News(statement, signed),
          (known, other) -> other.statement().laterThan(known.statement()) ? other : known);
    }
  }

  /** Ends it; what {@link #poll} then still has tells the peer why. */
  public void end(String reason) {
    if (!ended) {
      outgoing.add(new Frame.Bye(reason));
      ended = true;
    }
  }

  /** Whether it is over; what {@link #poll} still has may be sent. */
  public boolean ended() {
    return ended;
  }

  private void greet(Frame.Hello hello) {
    if (!hello.sender().node().equals(peer)) {
      throw new Malformed("the peer calls itself another node");
    }
    if (hello.leastVersion() > Frame.VERSION || hello.greatestVersion() < Frame.VERSION) {
      throw new Malformed("no common protocol version");
    }
    greeted = true;
    host.met(hello);
    hello.spaces().forEach(this::announce);
  }

  private Frame summary(SpaceId space) {
    var chains = new ArrayList<Frame.Summary.Known>();
    new TreeMap<>(host.chains(space))
        .forEach((replica, head) ->
            chains.add(new Frame.Summary.Known(replica, head.sequence(), head.hash())));
    return new Frame.Summary(space, chains, host.statements(space));
  }

  private CompletionStage<?> summarised(Frame.Summary summary) {
    var space = summary.space();
    if (host.membership(space, peer).isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    announce(space);
    // what is forced after this point comes by the cursor, whatever the chains show
    long cursor = host.durable();
    var mine = host.chains(space);
    var exchange = new Exchange();
    var self = host.hello(peer).sender();
    for (var known : summary.chains()) {
      var head = mine.get(known.replica());
      long sequence = head == null ? 0 : head.sequence();
      boolean own = known.replica().equals(self);
      boolean same =
          known.sequence() > sequence
              || known.sequence() == 0
              || host.hash(space, known.replica(), known.sequence()).equals(known.hash());
      if (own && (known.sequence() > sequence || !same)) {
        return host.forked(space, known.replica())
            .thenRun(() -> {
              throw new Malformed(
                  "this node's storage was restored or copied; it has taken a new incarnation");
            });
      }
      if (!same) {
        exchange.excluded.add(known.replica());
        host.refusedBy(
            peer, space, known.replica(), "forked: the peer has another entry " + known.sequence());
      }
      exchange.has.put(known.replica(), known.sequence());
    }
    for (var chain : mine.entrySet()) {
      long has = exchange.has.getOrDefault(chain.getKey(), 0L);
      if (has < chain.getValue().sequence()) {
        cursor = Math.min(cursor, host.position(space, chain.getKey(), has + 1) - 1);
      }
    }
    exchange.cursor = cursor;
    // more may have been stored since this node's own summary was made
    exchange.acknowledgementDue = true;
    host.note(space, summary.statements(), peer);
    exchanges.put(space, exchange);
    return CompletableFuture.completedStage(null);
  }

  private CompletionStage<?> store(SpaceId space, List<Offered> batch) {
    var membership = host.membership(space, peer);
    var exchange = exchange(space);
    if (membership.isEmpty() || exchange.isEmpty()) {
      throw new Malformed("entries of a space that was not agreed on");
    }
    var checked =
        BatchCheck.check(
            space, batch, node -> membership.get().member(node).map(m -> m.key()).orElse(null));
    checked
        .genuine()
        .forEach(entry ->
            exchange.get().has.merge(entry.entry().author(), entry.entry().sequence(), Math::max));
    return host.store(space, checked, peer)
        .thenAccept(refused -> {
          exchange.get().acknowledgementDue = true;
          refused.forEach((replica, reason) -> refuse(space, exchange.get(), replica, reason));
        });
  }

  /** Says so once for each replica, however much of it the peer still sends. */
  private void refuse(SpaceId space, Exchange exchange, Replica replica, String reason) {
    if (exchange.refused.add(replica)) {
      if (outgoing.size() >= Frame.MANY) {
        throw new Malformed("it sends what is refused and doesn't read why");
      }
      outgoing.add(new Frame.Refusal(space, replica, reason));
    }
  }

  private Optional<Exchange> exchange(SpaceId space) {
    return Optional.ofNullable(exchanges.get(space));
  }

  private List<Offered> batch(SpaceId space, Exchange exchange) {
    var batch = new ArrayList<Offered>();
    while (batch.isEmpty() && exchange.cursor < host.durable()) {
      long end = host.durable();
      var entries = host.entries(space, exchange.cursor, Frame.BATCH_BYTES);
      for (var logged : entries) {
        var author = logged.entry().author();
        long sequence = logged.entry().sequence();
        if (exchange.has.getOrDefault(author, 0L) < sequence
            && !exchange.excluded.contains(author)) {
          batch.add(new Offered(logged.bytes(), logged.signature()));
          exchange.has.put(author, sequence);
        }
      }
      exchange.cursor = entries.isEmpty() ? end : entries.getLast().position();
    }
    return batch;
  }
}
