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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * One side of an exchange between two nodes that know each other's identity. Frames from the peer
 * go into {@link #receive}, in order and one at a time; frames for the peer come out of {@link
 * #poll}, whenever the transport has room. It keeps no thread and no clock; {@link #poll} may run
 * beside {@link #receive}.
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

  private boolean greeted;
  private boolean ended;

  /** What goes to the peer in one space. */
  private static final class Exchange {
    /** What the peer has, or was sent. */
    final Map<Replica, Long> has = new HashMap<>();

    final Set<Replica> excluded = new HashSet<>();
    long cursor;
    boolean acknowledgementDue;
  }

  public Session(NodeId peer, SessionHost host) {
    this.peer = peer;
    this.host = host;
    outgoing.add(host.hello(peer));
  }

  /**
   * Takes in a frame.
   *
   * @return completes when what it brought is forced; the caller bounds how many it leaves open
   * @throws Malformed where the peer doesn't keep to the protocol; the session is over
   */
  public CompletionStage<?> receive(byte[] bytes) {
    var frame = Frame.decode(bytes);
    if (!greeted && !(frame instanceof Frame.Hello || frame instanceof Frame.Bye)) {
      throw new Malformed("a session begins with hello");
    }
    switch (frame) {
      case Frame.Hello hello -> greet(hello);
      case Frame.MembershipKnown(var space, var records) -> {
        host.learn(space, records);
        announce(space);
      }
      case Frame.Summary summary -> summarised(summary);
      case Frame.Entries(var space, var batch) -> {
        return store(space, batch);
      }
      case Frame.Acknowledged(var space, var statements) -> acknowledged(space, statements);
      case Frame.Refusal(var space, var replica, var reason) -> {
        synchronized (this) {
          exchange(space).ifPresent(exchange -> exchange.excluded.add(replica));
        }
        host.refusedBy(peer, space, replica, reason);
      }
      case Frame.Bye _ -> end();
    }
    return CompletableFuture.completedStage(null);
  }

  /** The next frame for the peer; null where there is nothing to say now. */
  public synchronized byte @Nullable [] poll() {
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
    // entries of a new member come after the record that makes it one
    for (var space : announced.entrySet()) {
      var membership = host.membership(space.getKey(), peer);
      if (membership.isPresent() && membership.get().records().size() != space.getValue()) {
        var records = membership.get().records();
        space.setValue(records.size());
        return new Frame.MembershipKnown(space.getKey(), records).encode();
      }
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
    if (membership.isEmpty()) {
      return;
    }
    synchronized (this) {
      if (!greeted || ended) {
        return;
      }
      var records = membership.get().records();
      if (announced.putIfAbsent(space, records.size()) == null) {
        outgoing.add(new Frame.MembershipKnown(space, records));
        outgoing.add(summary(space));
      }
    }
  }

  /** Passes on what another member has said to have. */
  public synchronized void gossip(SpaceId space, List<Statement.Signed> statements) {
    if (announced.containsKey(space)) {
      outgoing.add(new Frame.Acknowledged(space, statements));
    }
  }

  public synchronized void end(String reason) {
    if (!ended) {
      outgoing.add(new Frame.Bye(reason));
      end();
    }
  }

  /** Whether it is over; what {@link #poll} still has may be sent. */
  public synchronized boolean ended() {
    return ended;
  }

  private synchronized void end() {
    ended = true;
  }

  private void greet(Frame.Hello hello) {
    if (!hello.sender().node().equals(peer)) {
      throw new Malformed("the peer calls itself another node");
    }
    if (hello.leastVersion() > Frame.VERSION || hello.greatestVersion() < Frame.VERSION) {
      throw new Malformed("no common protocol version");
    }
    synchronized (this) {
      greeted = true;
    }
    host.met(hello);
    hello.spaces().forEach(this::announce);
  }

  private Frame summary(SpaceId space) {
    var chains = new ArrayList<Frame.Summary.Known>();
    host.chains(space)
        .forEach((replica, head) ->
            chains.add(new Frame.Summary.Known(replica, head.sequence(), head.hash())));
    return new Frame.Summary(space, chains, host.statements(space));
  }

  private void summarised(Frame.Summary summary) {
    var space = summary.space();
    if (host.membership(space, peer).isEmpty()) {
      return;
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
        host.forked(space, known.replica());
        throw new Malformed(
            "this node's storage was restored or copied; it has taken a new incarnation");
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
    host.note(space, summary.statements(), peer);
    synchronized (this) {
      exchanges.put(space, exchange);
    }
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
    synchronized (this) {
      checked
          .genuine()
          .forEach(entry ->
              exchange
                  .get()
                  .has
                  .merge(entry.entry().author(), entry.entry().sequence(), Math::max));
    }
    return host.store(space, checked, peer)
        .thenAccept(refused -> {
          synchronized (this) {
            exchange.get().acknowledgementDue = true;
            refused.forEach(
                (replica, reason) -> outgoing.add(new Frame.Refusal(space, replica, reason)));
          }
        });
  }

  private void acknowledged(SpaceId space, List<Statement.Signed> statements) {
    host.note(space, statements, peer);
  }

  private synchronized Optional<Exchange> exchange(SpaceId space) {
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
