package com.softadastra.engine.session;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.ReceivedEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One side of an exchange between two nodes that know each other's identity. Frames from the peer
 * go into {@link #receive}, in order and one at a time; frames for the peer come out of {@link
 * #poll}, whenever the transport has room. It keeps no thread and no clock; whoever drives it makes
 * one call after the other.
 *
 * <p>Hello, then for each space that both belong to its membership and a summary of what is known,
 * then entries as they are forced, and how much of what was received is. Signed statements of what
 * members have go beside them, to whoever has not the latest. A session keeps nothing that matters:
 * a later one starts from the summaries.
 */
public final class Session {
  /** Batches that the peer has not said to have: what it asks for and doesn't read is not sent. */
  static final int CREDIT = 32;

  /** Bytes of entries that the peer has not said to have, from which on it is sent no more. */
  static final int CREDIT_BYTES = CREDIT * Frame.BATCH_BYTES;

  /** The same where all is bulk, behind which something urgent should not have to wait long. */
  static final int BULK_CREDIT = 2;

  /** Bytes of statements in one frame, beyond which no further one is begun. */
  private static final int STATEMENT_BYTES = 64 << 10;

  /** Entries that a peer is asked for again in one frame. */
  private static final int WANTED = 64;

  /** Of so many batches of entries one goes to the space that has waited longest. */
  private static final int FAIR_EVERY = 8;

  private final NodeId peer;
  private final SessionHost host;
  private final ArrayDeque<Frame> outgoing = new ArrayDeque<>();
  private final Map<SpaceId, Exchange> exchanges = new LinkedHashMap<>();

  /** The spaces offered, each with how many membership records the peer was told. */
  private final Map<SpaceId, Integer> announced = new LinkedHashMap<>();

  /** Batches of entries that were sent, of all spaces. */
  private long turns;

  /** Entries and statements take turns where there are both. */
  private boolean statementsNext;

  /** What the peer has said of a summary that is to come. */
  private final Map<SpaceId, Map<Replica, Frame.Summary.Known>> parts = new HashMap<>();

  private boolean greeted;
  private boolean peerSendsAgain;
  private boolean peerTakesParts;
  private boolean ended;
  private @Nullable String farewell;

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
    final PeerChains peer;

    /** Authors of whom the peer takes nothing, until its next summary. */
    final Set<Replica> excluded = new HashSet<>();

    /** Authors whose entries the peer was told not to send, until the next summary. */
    final Set<Replica> refused = new HashSet<>();

    /** Authors of whom the peer was told how far they are known, until the next summary. */
    final Set<Replica> traced = new HashSet<>();

    /**
     * Authors who were traced in this session: by a later summary the peer forgets what it heard.
     */
    final Set<Replica> everTraced = new LinkedHashSet<>();

    /** How much was known when the first came of what is refused. */
    long knownThen;

    /** Batches that are not stored yet. */
    int storing;

    /** Batches of the peer that are stored or refused, and how many it was told of. */
    long taken;

    long toldTaken;

    /** Batches that went to the peer, and how many it has said to have taken. */
    long sent;

    long sentAndTaken;

    /** The sizes of the batches that the peer has not said to have taken, in their order. */
    final ArrayDeque<Integer> underway = new ArrayDeque<>();

    long underwayBytes;

    long cursor;

    /** Counts over all exchanges when this one sent entries last. */
    long lastTurn;

    /** Which statement of each member the peer has; it is sent none before it has told. */
    final Map<NodeId, Statement.Age> heard = new HashMap<>();

    /** Members of whom the peer may not have the latest statement. */
    final Set<NodeId> news = new LinkedHashSet<>();

    boolean hasTold;

    /** Where the log has entries that can't be read and that the peer lacks, when last looked. */
    Set<Long> withheld = Set.of();

    /** The entries that the peer was asked for again, since its last summary. */
    final Set<Hash> asked = new HashSet<>();

    boolean hasAsked;

    /** The entries that the peer can't read any more. */
    final ArrayDeque<Frame.Summary.Known> wanted = new ArrayDeque<>();

    Exchange(PeerChains peer) {
      this.peer = peer;
    }

    boolean refusing() {
      return !refused.isEmpty() || !traced.isEmpty();
    }
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
    return take(Frame.decode(bytes));
  }

  /** As {@link #receive}, of a frame that is read already. */
  public Received take(Frame frame) {
    if (greeted == frame instanceof Frame.Hello && !(frame instanceof Frame.Bye)) {
      throw new Malformed("a session begins with hello, and says it once");
    }
    return switch (frame) {
      case Frame.Hello hello -> {
        greet(hello);
        yield Received.AT_ONCE;
      }
      case Frame.MembershipKnown(var space, var records) ->
          Received.after(host.learn(space, records).thenRun(() -> announce(space)));
      case Frame.Summary summary -> Received.after(summarised(summary));
      case Frame.SummaryPart(var space, var chains) -> {
        part(space, chains);
        yield Received.AT_ONCE;
      }
      case Frame.Entries(var space, var batch) ->
          new Received(CompletableFuture.completedStage(null), store(space, batch));
      case Frame.Acknowledged(var space, var statements) -> {
        exchange(space).ifPresent(exchange -> heard(exchange, statements));
        host.note(space, statements, peer);
        yield Received.AT_ONCE;
      }
      case Frame.Refusal(var space, var replica, var reason) -> {
        exchange(space)
            .filter(_ -> host.chains(space).containsKey(replica))
            .ifPresent(exchange -> exchange.excluded.add(replica));
        host.refusedBy(peer, space, replica, reason);
        yield Received.AT_ONCE;
      }
      case Frame.Bye(var reason) -> {
        ended = true;
        farewell = reason;
        yield Received.AT_ONCE;
      }
      case Frame.Trace(var space, var chain, var points) -> {
        exchange(space)
            .ifPresent(exchange -> {
              exchange.excluded.removeIf(author -> author.node().equals(chain.node()));
              exchange.peer.traced(chain, points);
            });
        yield Received.AT_ONCE;
      }
      case Frame.Taken(var space, var batches) -> {
        exchange(space)
            .ifPresent(exchange -> {
              exchange.sentAndTaken =
                  Math.max(exchange.sentAndTaken, Math.min(batches, exchange.sent));
              while (exchange.underway.size() > exchange.sent - exchange.sentAndTaken) {
                exchange.underwayBytes -= exchange.underway.remove();
              }
            });
        yield Received.AT_ONCE;
      }
      case Frame.Wanted(var space, var entries) -> {
        exchange(space).ifPresent(exchange -> wanted(exchange, entries));
        yield Received.AT_ONCE;
      }
      case Frame.Again(var space, var entries) ->
          new Received(CompletableFuture.completedStage(null), mend(space, entries));
      case Frame.Heard(var space, var statements) -> {
        exchange(space)
            .ifPresent(exchange -> {
              statements.forEach(latest -> heard(exchange, latest.member(), latest.age()));
              exchange.hasTold = true;
              var known = host.heard(space);
              gossip(space, known.keySet());
              if (known.containsKey(peer)) {
                // another life of it may have spoken for it
                exchange.news.add(peer);
              }
            });
        yield Received.AT_ONCE;
      }
    };
  }

  /** The next frame for the peer; null where there is nothing to say now. */
  public byte @Nullable [] poll() {
    var frame = next();
    return frame == null ? null : frame.encode();
  }

  /** As {@link #poll}, not written yet. */
  public @Nullable Frame next() {
    var frame = outgoing.poll();
    if (frame != null) {
      return frame;
    }
    if (ended) {
      return null;
    }
    for (var exchange : exchanges.entrySet()) {
      if (resumable(exchange.getKey(), exchange.getValue())) {
        outgoing.addAll(summaryAgain(exchange.getKey(), exchange.getValue()));
        return outgoing.remove();
      }
    }
    for (var exchange : exchanges.entrySet()) {
      long taken = exchange.getValue().taken;
      if (taken > exchange.getValue().toldTaken) {
        exchange.getValue().toldTaken = taken;
        return new Frame.Taken(exchange.getKey(), taken);
      }
    }
    // entries and statements of a new member come after the record that makes it one
    for (var space : announced.entrySet()) {
      var membership = host.membership(space.getKey(), peer);
      if (membership.isPresent() && membership.get().records().size() != space.getValue()) {
        var records = membership.get().records();
        space.setValue(records.size());
        return new Frame.MembershipKnown(space.getKey(), records);
      }
    }
    frame = again();
    if (frame != null) {
      return frame;
    }
    frame = statementsNext ? statements() : entries();
    if (frame == null) {
      frame = statementsNext ? entries() : statements();
    }
    statementsNext = frame instanceof Frame.Entries;
    return frame;
  }

  /**
   * What is most urgent, of spaces in turn; now and then what has waited longest, or a space of
   * nothing urgent would wait as long as others have something to say.
   */
  private @Nullable Frame entries() {
    exchanges.forEach(this::review);
    Comparator<Map.Entry<SpaceId, Exchange>> turn =
        Comparator.comparingLong(exchange -> exchange.getValue().lastTurn);
    var order =
        turns % FAIR_EVERY == FAIR_EVERY - 1
            ? turn
            : Comparator.<Map.Entry<SpaceId, Exchange>, Priority>comparing(this::priority)
                .reversed()
                .thenComparing(turn);
    for (var exchange : exchanges.entrySet().stream().sorted(order).toList()) {
      var batch = batch(exchange.getKey(), exchange.getValue());
      if (!batch.isEmpty()) {
        exchange.getValue().lastTurn = ++turns;
        return new Frame.Entries(exchange.getKey(), batch);
      }
    }
    return null;
  }

  /** What can't be read is asked for once in a session; what the peer can't read is sent. */
  private @Nullable Frame again() {
    for (var agreed : exchanges.entrySet()) {
      var exchange = agreed.getValue();
      if (peerSendsAgain) {
        var wanted = wanted(agreed.getKey(), exchange);
        if (!wanted.isEmpty()) {
          exchange.hasAsked = true;
          return new Frame.Wanted(agreed.getKey(), wanted);
        }
      }
      var again = again(agreed.getKey(), exchange);
      if (!again.isEmpty()) {
        return new Frame.Again(agreed.getKey(), again);
      }
    }
    return null;
  }

  private List<Frame.Summary.Known> wanted(SpaceId space, Exchange exchange) {
    var wanted = new ArrayList<Frame.Summary.Known>();
    var unreadable = host.unreadable(space);
    // what is mended may be damaged once more
    exchange.asked.retainAll(
        unreadable.stream().map(SessionHost.Unreadable::hash).collect(Collectors.toSet()));
    for (var entry : unreadable) {
      var hash = entry.hash();
      if (wanted.size() < WANTED && hash != null && exchange.asked.add(hash)) {
        wanted.add(new Frame.Summary.Known(entry.chain(), entry.sequence(), hash));
      }
    }
    return wanted;
  }

  private static void wanted(Exchange exchange, List<Frame.Summary.Known> entries) {
    if (exchange.wanted.size() + entries.size() > Frame.MANY) {
      throw new Malformed("it asks and doesn't read the answers");
    }
    exchange.wanted.addAll(entries);
  }

  private List<Offered> again(SpaceId space, Exchange exchange) {
    var again = new ArrayList<Offered>();
    int bytes = 0;
    while (!exchange.wanted.isEmpty() && bytes < Frame.BATCH_BYTES) {
      var known = exchange.wanted.remove();
      var chain =
          exchange.peer.locate(
              new PeerChains.Point(known.replica(), known.sequence(), known.hash()));
      var entry =
          chain == null
              ? Optional.<LoggedEntry>empty()
              : host.entry(space, chain, known.sequence());
      if (entry.isPresent()) {
        again.add(new Offered(entry.get().bytes(), entry.get().signature()));
        bytes += entry.get().bytes().length;
      }
    }
    return again;
  }

  private CompletionStage<?> mend(SpaceId space, List<Offered> entries) {
    if (exchange(space).filter(exchange -> exchange.hasAsked).isEmpty()) {
      throw new Malformed("entries again that nobody asked for");
    }
    return host.mend(space, entries, peer);
  }

  /** Looks from where on the peer lacks something, as far as is known by now. */
  private void review(SpaceId space, Exchange exchange) {
    var positions =
        host.unreadable(space).stream()
            .map(SessionHost.Unreadable::position)
            .collect(Collectors.toSet());
    if (!positions.containsAll(exchange.withheld)) {
      // one is mended: from there on more can be sent
      exchange.peer.lookAgain();
    }
    exchange.cursor = exchange.peer.review(exchange.cursor);
  }

  private Priority priority(Map.Entry<SpaceId, Exchange> exchange) {
    return host.urgency(exchange.getKey()).beyond(exchange.getValue().cursor);
  }

  /** Statements that the peer has not: as they are now, however often they changed meanwhile. */
  private @Nullable Frame statements() {
    for (var exchange : exchanges.entrySet()) {
      var statements = new ArrayList<Statement.Signed>();
      int bytes = 0;
      var news = exchange.getValue().news.iterator();
      while (news.hasNext() && bytes < STATEMENT_BYTES && statements.size() < Frame.MANY) {
        var latest = host.statement(exchange.getKey(), news.next());
        news.remove();
        if (latest.filter(this::isReadByPeer).isPresent()
            && heard(exchange.getValue(), latest.get().header())) {
          statements.add(latest.get());
          bytes += latest.get().bytes().length;
        }
      }
      if (!statements.isEmpty()) {
        return new Frame.Acknowledged(exchange.getKey(), statements);
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
      say(new Frame.MembershipKnown(space, records));
      summary(space).forEach(this::say);
      var heard = new ArrayList<Frame.Heard.Latest>();
      new TreeMap<>(host.heard(space))
          .forEach((member, age) -> heard.add(new Frame.Heard.Latest(member, age)));
      say(new Frame.Heard(space, heard));
    }
  }

  /** What the peer makes this node say is bounded by what it reads. */
  private void say(Frame frame) {
    if (outgoing.size() >= Frame.MANY) {
      throw new Malformed("it asks and doesn't read the answers");
    }
    outgoing.add(frame);
  }

  /** There are later statements of some members, which the peer is sent where it has them not. */
  public void gossip(SpaceId space, Collection<NodeId> members) {
    exchange(space)
        .filter(exchange -> exchange.hasTold)
        .ifPresent(exchange ->
            members.stream().filter(member -> !member.equals(peer)).forEach(exchange.news::add));
  }

  /** The peer is sent what is known that it said, though it says otherwise now. */
  public void contradict(SpaceId space) {
    exchange(space)
        .ifPresent(exchange -> {
          exchange.heard.remove(peer);
          exchange.news.add(peer);
        });
  }

  /** Ends it; what {@link #poll} then still has tells the peer why. */
  public void end(String reason) {
    if (!ended) {
      outgoing.add(new Frame.Bye(reason));
      ended = true;
    }
  }

  /**
   * Whether the log goes on beyond what the peer was sent, has or is not meant to have: where
   * {@link #next} has nothing and waits for nothing, because something can't be read.
   */
  public boolean isBehind(SpaceId space) {
    return exchange(space).filter(exchange -> exchange.cursor < host.durable()).isPresent();
  }

  /** The position up to which the peer was sent what it lacks, leaving out what can't be read. */
  public long reached(SpaceId space) {
    return exchange(space).map(exchange -> exchange.cursor).orElse(0L);
  }

  /** The log positions of what the peer lacks and can't be read here, as far as was looked. */
  public Set<Long> withheld(SpaceId space) {
    return exchange(space).map(exchange -> Set.copyOf(exchange.withheld)).orElse(Set.of());
  }

  /** Whether the peer has said hello. */
  public boolean greeted() {
    return greeted;
  }

  /** Whether it is over; what {@link #poll} still has may be sent. */
  public boolean ended() {
    return ended;
  }

  /** Why the peer has ended it; empty where it has not. */
  public Optional<String> farewell() {
    return Optional.ofNullable(farewell);
  }

  private void greet(Frame.Hello hello) {
    if (!hello.sender().node().equals(peer)) {
      throw new Malformed("the peer calls itself another node");
    }
    if (hello.leastVersion() > Frame.VERSION || hello.greatestVersion() < Frame.LEAST_VERSION) {
      throw new Malformed("no common protocol version");
    }
    greeted = true;
    peerSendsAgain = hello.greatestVersion() >= Frame.WANTED_VERSION;
    peerTakesParts = hello.greatestVersion() >= Frame.PARTS_VERSION;
    host.met(hello);
    hello.spaces().forEach(this::announce);
    host.hello(peer).spaces().stream()
        .filter(space -> !hello.spaces().contains(space))
        .forEach(this::introduce);
  }

  /**
   * The peer doesn't know this node as a member of a space of its own: it may have forgotten, or
   * have never heard of it. It is told what makes this node one.
   */
  private void introduce(SpaceId space) {
    host.membership(space, peer)
        .ifPresent(m -> outgoing.add(new Frame.MembershipKnown(space, m.records())));
  }

  /** How far all chains are known, in as many frames as that takes; the last is the summary. */
  private List<Frame> summary(SpaceId space) {
    var chains = new ArrayList<Frame.Summary.Known>();
    new TreeMap<>(host.chains(space))
        .forEach((replica, head) ->
            chains.add(new Frame.Summary.Known(replica, head.sequence(), head.hash())));
    var frames = new ArrayList<Frame>();
    int from = 0;
    for (; peerTakesParts && chains.size() - from > Frame.MANY; from += Frame.MANY) {
      frames.add(new Frame.SummaryPart(space, chains.subList(from, from + Frame.MANY)));
    }
    // an earlier version takes no more than that: it sends what it isn't told of once more
    int end = Math.min(chains.size(), from + Frame.MANY);
    frames.add(new Frame.Summary(space, chains.subList(from, end), List.of()));
    return frames;
  }

  /** A later summary, with the traces again that were said: the peer forgets them by it. */
  private List<Frame> summaryAgain(SpaceId space, Exchange exchange) {
    var chains = new LinkedHashSet<>(exchange.peer.divided());
    exchange.everTraced.forEach(author -> chains.addAll(exchange.peer.ends(author)));
    exchange.refused.clear();
    exchange.traced.clear();
    var frames = summary(space);
    chains.forEach(chain -> frames.add(exchange.peer.trace(chain)));
    return frames;
  }

  /** What the peer has of chains that are not known here need not be kept without bound. */
  private void part(SpaceId space, List<Frame.Summary.Known> chains) {
    if (host.membership(space, peer).isEmpty()) {
      return;
    }
    var mine = host.chains(space);
    var told = parts.computeIfAbsent(space, _ -> new LinkedHashMap<>());
    for (var known : chains) {
      if (mine.containsKey(known.replica()) || told.size() < mine.size() + Frame.MANY) {
        told.put(known.replica(), known);
      }
    }
  }

  /** An earlier version breaks off where a statement names more chains than it takes. */
  private boolean isReadByPeer(Statement.Signed statement) {
    return peerTakesParts || statement.bytes().length <= Frame.MANY * Statement.LEAST_BYTES_EACH;
  }

  private CompletionStage<?> summarised(Frame.Summary summary) {
    var space = summary.space();
    if (host.membership(space, peer).isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    announce(space);
    // what is forced after this point comes by the cursor, whatever the chains show
    long cursor = host.durable();
    var exchange = exchanges.computeIfAbsent(space, _ -> new Exchange(new PeerChains(space, host)));
    var chains = new ArrayList<>(parts.getOrDefault(space, Map.of()).values());
    parts.remove(space);
    chains.addAll(summary.chains());
    exchange.peer.summarised(chains);
    exchange.excluded.clear();
    exchange.asked.clear();
    exchange.cursor = cursor;
    exchange.peer.divided().forEach(chain -> say(exchange.peer.trace(chain)));
    host.note(space, summary.statements(), peer);
    host.summarised(space, chains);
    var self = host.hello(peer).sender();
    return exchange.peer.knowsMore(self)
        ? host.forked(space, self)
        : CompletableFuture.completedStage(null);
  }

  private CompletionStage<?> store(SpaceId space, List<Offered> batch) {
    var membership = host.membership(space, peer);
    var agreed = exchange(space);
    if (membership.isEmpty() || agreed.isEmpty()) {
      throw new Malformed("entries of a space that was not agreed on");
    }
    var exchange = agreed.get();
    var checked =
        BatchCheck.check(
            space,
            batch,
            node -> membership.get().member(node).map(m -> m.key()).orElse(null),
            exchange.peer::isStored);
    exchange.peer.received(checked.genuine());
    exchange.storing++;
    long known = known(space);
    return host.store(space, checked, peer)
        .thenAccept(refused -> {
          if (--exchange.storing == 0) {
            exchange.peer.settled();
          }
          exchange.taken++;
          refused.forEach((author, reason) ->
              refuse(space, exchange, author, reason, checked.genuine(), known));
        });
  }

  /**
   * What hangs on nothing known makes this node tell what it knows, once; else it says that it
   * refuses, once for each author, however much of it the peer still sends.
   */
  private void refuse(
      SpaceId space,
      Exchange exchange,
      Replica author,
      String reason,
      List<ReceivedEntry> batch,
      long known) {
    // beyond so many the peer isn't told, and sends what is not taken
    if (exchange.refused.contains(author)
        || exchange.refused.size() + exchange.traced.size() >= Frame.MANY) {
      return;
    }
    // what it lacked may have been stored in the same commit
    exchange.knownThen = exchange.refusing() ? Math.min(exchange.knownThen, known) : known;
    if (detached(exchange, author, batch) && exchange.traced.add(author)) {
      if (exchange.everTraced.size() < Frame.MANY
          && exchange.peer.ends(author).stream().anyMatch(host.chains(space)::containsKey)) {
        exchange.everTraced.add(author);
      }
      exchange.peer.ends(author).forEach(chain -> say(exchange.peer.trace(chain)));
      // the peer takes it for a wish to hear all of that node again
      exchange.refused.removeIf(other -> other.node().equals(author.node()));
    } else {
      exchange.refused.add(author);
      say(new Frame.Refusal(space, author, reason));
    }
  }

  private static boolean detached(Exchange exchange, Replica author, List<ReceivedEntry> batch) {
    var hashes = batch.stream().map(ReceivedEntry::hash).collect(Collectors.toSet());
    return batch.stream()
        .filter(received ->
            received.entry().author().equals(author)
                && received.entry().sequence() > 1
                && !hashes.contains(received.entry().previous()))
        .anyMatch(received ->
            !exchange.peer.known(
                new PeerChains.Point(
                    author, received.entry().sequence() - 1, received.entry().previous())));
  }

  /** Whether what was refused may now be taken: more is known than then. */
  private boolean resumable(SpaceId space, Exchange exchange) {
    return exchange.refusing() && exchange.storing == 0 && known(space) != exchange.knownThen;
  }

  /** How many entries and membership records are known, those counted again that were mended. */
  private long known(SpaceId space) {
    long entries = host.chains(space).values().stream().mapToLong(ChainHead::entries).sum();
    entries += host.mended();
    return entries + host.membership(space, peer).map(m -> m.records().size()).orElse(0);
  }

  private static void heard(Exchange exchange, List<Statement.Signed> statements) {
    statements.forEach(signed -> heard(exchange, signed.header()));
  }

  private static boolean heard(Exchange exchange, Statement.Header header) {
    return heard(exchange, header.by().node(), header.age());
  }

  /**
   * The peer has a statement.
   *
   * @return whether it was not known to have it, or a later one
   */
  private static boolean heard(Exchange exchange, NodeId member, Statement.Age age) {
    var before = exchange.heard.get(member);
    boolean news = before == null || age.laterThan(before);
    if (news && (before != null || exchange.heard.size() < Frame.MANY)) {
      exchange.heard.put(member, age);
    }
    return news;
  }

  private Optional<Exchange> exchange(SpaceId space) {
    return Optional.ofNullable(exchanges.get(space));
  }

  private List<Offered> batch(SpaceId space, Exchange exchange) {
    // as it is now: what is found damaged from here on makes the log unreadable this time
    var leftOut = new HashSet<Long>();
    var ends = new HashMap<Replica, Long>();
    exchange.withheld = new HashSet<>();
    for (var entry : host.unreadable(space)) {
      leftOut.add(entry.position());
      if (!exchange.peer.has(entry.chain(), entry.sequence())) {
        ends.merge(entry.chain(), entry.sequence(), Math::min);
        exchange.withheld.add(entry.position());
      }
    }
    var batch = new ArrayList<Offered>();
    boolean bulk = host.urgency(space).beyond(exchange.cursor) == Priority.BULK;
    if (exchange.sent - exchange.sentAndTaken >= (bulk ? BULK_CREDIT : CREDIT)
        || exchange.underwayBytes >= CREDIT_BYTES) {
      return batch;
    }
    while (batch.isEmpty() && exchange.cursor < host.durable()) {
      long end = host.durable();
      if (exchange.peer.hasAll()) {
        exchange.cursor = end;
        break;
      }
      var readable = host.entries(space, exchange.cursor, Frame.BATCH_BYTES, leftOut);
      if (readable.isEmpty()) {
        break;
      }
      var entries = readable.get();
      var vouched = vouched(entries);
      for (var logged : entries) {
        if (vouched.contains(logged.hash())
            && !exchange.peer.has(logged)
            && logged.entry().sequence() <= ends.getOrDefault(logged.chain(), Long.MAX_VALUE)
            && !exchange.excluded.contains(logged.entry().author())) {
          batch.add(new Offered(logged.bytes(), logged.signature()));
          exchange.peer.sent(logged);
        }
      }
      exchange.cursor = entries.isEmpty() ? end : entries.getLast().position();
    }
    if (!batch.isEmpty()) {
      int bytes = batch.stream().mapToInt(offered -> offered.bytes().length).sum();
      exchange.underway.add(bytes);
      exchange.underwayBytes += bytes;
      exchange.sent++;
    }
    return batch;
  }

  /** The entries that are signed, or followed by what is. */
  private static Set<Hash> vouched(List<LoggedEntry> entries) {
    var vouched = new HashSet<Hash>();
    for (var logged : entries.reversed()) {
      if (logged.signature() != null || vouched.contains(logged.hash())) {
        vouched.add(logged.hash());
        vouched.add(logged.entry().previous());
      }
    }
    return vouched;
  }
}
