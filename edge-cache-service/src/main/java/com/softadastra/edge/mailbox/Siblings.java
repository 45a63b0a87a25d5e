package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.SiblingView;
import com.softadastra.edge.backoff.FullJitter;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.edge.mailbox.SiblingStore.Named;
import com.softadastra.edge.mailbox.SiblingStore.Sibling;
import com.softadastra.edge.mailbox.Whereabouts.Whom;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Approach;
import com.softadastra.engine.envelope.MailFrame.Arrival;
import com.softadastra.engine.log.Signatures;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * The other relays of the spaces for which this node is one. Members name them, each for the spaces
 * that it belongs to, and give this relay a passage with which it arrives there. Of what they say
 * that stands which the member says who knows most of the membership, for {@link #STANDS} after it
 * was said last. Each relay is called until it answers, unless it has called. Of two connections
 * between the same two, that stays which the relay with the smaller id has opened.
 *
 * <p>Any thread may use it.
 */
final class Siblings {
  private static final Logger LOG = LoggerFactory.getLogger(Siblings.class);

  private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

  /** A connection that lasts so long didn't end by what it began with. */
  private static final Duration LASTING = Duration.ofMinutes(1);

  /** How long a member's word stands against one that knows less, which may be all there is. */
  static final Duration STANDS = Duration.ofDays(30);

  private final MailboxService relay;
  private final RelayDuties duties;
  private final MailLinks links;
  private final RandomGenerator random;
  private final Whereabouts whereabouts = new Whereabouts();
  private final Map<NodeId, SiblingConnection> connected = new ConcurrentSkipListMap<>();
  private volatile @Nullable NodeId self;

  // guarded by this
  private final Map<Hash, Named> named = new TreeMap<>();
  private final Map<NodeId, Way> ways = new TreeMap<>();
  private boolean started;
  private boolean closed;

  /** How one of them is reached. */
  interface Line {
    Flux<byte[]> open(Flux<byte[]> frames);
  }

  /** The way to one that members have named. */
  private static final class Way {
    final NodeId node;
    final FullJitter waits;
    final LongAdder copies = new LongAdder();
    List<String> addresses = List.of();
    Set<Hash> spaces = Set.of();
    @Nullable SiblingConnection calling;
    boolean due;
    @Nullable String lastError;

    Way(NodeId node, FullJitter waits) {
      this.node = node;
      this.waits = waits;
    }
  }

  Siblings(MailboxService relay, RelayDuties duties, MailLinks links, RandomGenerator random) {
    this.relay = relay;
    this.duties = duties;
    this.links = links;
    this.random = random;
    remember(relay.store());
  }

  /** What was known before a restart. */
  private void remember(SiblingStore store) {
    var known = new HashSet<NodeId>();
    readable(store::named)
        .forEach(each -> {
          named.put(each.pseudonym(), each);
          each.siblings().forEach(it -> known.add(node(it)));
        });
    whereabouts.named(known);
    whereabouts.known(readable(store::comings).stream().filter(whereabouts::isKept).toList());
  }

  /** Members say it again. */
  private static <T> List<T> readable(Supplier<List<T>> known) {
    try {
      return known.get();
    } catch (MailboxException e) {
      LOG.warn("what was known of other relays is forgotten", e);
      return List.of();
    }
  }

  /** Calls them, from now on. */
  void start() {
    synchronized (this) {
      started = true;
    }
    follow();
  }

  private static NodeId node(Sibling sibling) {
    return Signatures.nodeId(sibling.key());
  }

  Whereabouts whereabouts() {
    return whereabouts;
  }

  private NodeId self() {
    var known = self;
    if (known == null) {
      known = duties.node();
      self = known;
    }
    return known;
  }

  // ---- what members say

  /** A member names the other relays of a space. The passage proves that it is one. */
  void named(MailFrame.Siblings frame) {
    var own = self();
    if (!relay.admission().lets(own, frame.pseudonym(), frame.passage())) {
      return;
    }
    var now = relay.now();
    var word =
        new Named(
            frame.pseudonym(),
            frame.passage(),
            frame.records(),
            now.plus(STANDS),
            frame.relays().stream()
                .map(it -> new Sibling(it.key(), it.addresses()))
                .filter(it -> !node(it).equals(own))
                .toList());
    synchronized (this) {
      var before = named.get(word.pseudonym());
      if (before != null && (standsAgainst(before, word, now) || saysNothingNew(before, word))) {
        return;
      }
      named.put(word.pseudonym(), word);
      // in here, so that the disk has the last word, too
      relay.store().name(word);
    }
    follow();
  }

  private static boolean standsAgainst(Named before, Named word, Instant now) {
    return word.records() < before.records()
        && before.until().isAfter(now)
        && !before.until().isAfter(word.until());
  }

  private static boolean saysNothingNew(Named before, Named word) {
    return before.records() == word.records()
        && addresses(before).equals(addresses(word))
        && Duration.between(before.until(), word.until()).abs().compareTo(Whereabouts.NEWS) < 0;
  }

  private static Map<NodeId, List<String>> addresses(Named named) {
    var addresses = new TreeMap<NodeId, List<String>>();
    named.siblings().forEach(it -> addresses.put(node(it), it.addresses()));
    return addresses;
  }

  /** A member has arrived here. */
  void visited(NodeId member, List<Hash> pseudonyms) {
    news(whereabouts.come(pseudonyms, member, relay.now()));
  }

  // ---- ways

  /** Opens and ends ways, as they are named now. */
  private void follow() {
    var ending = new ArrayList<SiblingConnection>();
    var looking = new ArrayList<SiblingConnection>();
    var opening = new ArrayList<Way>();
    synchronized (this) {
      if (!started || closed) {
        return;
      }
      var addresses = new TreeMap<NodeId, Set<String>>();
      var spaces = new TreeMap<NodeId, Set<Hash>>();
      named
          .values()
          .forEach(each ->
              each.siblings()
                  .forEach(it -> {
                    addresses
                        .computeIfAbsent(node(it), _ -> new LinkedHashSet<>())
                        .addAll(it.addresses());
                    spaces.computeIfAbsent(node(it), _ -> new HashSet<>()).add(each.pseudonym());
                  }));
      ways.values()
          .removeIf(way -> {
            if (spaces.containsKey(way.node)) {
              return false;
            }
            connectionOf(way).forEach(ending::add);
            return true;
          });
      spaces.forEach((node, of) -> {
        var way =
            ways.computeIfAbsent(node, _ -> new Way(node, new FullJitter(LONGEST_WAIT, random)));
        way.addresses = List.copyOf(addresses.getOrDefault(node, Set.of()));
        if (!way.spaces.equals(of)) {
          // what it has shown can't be taken back
          boolean isLess = !of.containsAll(way.spaces);
          way.spaces = Set.copyOf(of);
          connectionOf(way)
              .forEach(each -> (isLess && each.isCalling() ? ending : looking).add(each));
          opening.add(way);
        }
      });
      whereabouts.named(spaces.keySet()).forEach(relay.store()::forget);
    }
    ending.forEach(connection -> connection.end("the relays of the space are others"));
    looking.forEach(SiblingConnection::look);
    opening.forEach(way -> call(way, Duration.ZERO));
  }

  private List<SiblingConnection> connectionOf(Way way) {
    var all = new ArrayList<SiblingConnection>();
    if (way.calling != null) {
      all.add(way.calling);
    }
    var there = connected.get(way.node);
    if (there != null) {
      all.add(there);
    }
    return all;
  }

  /** Calls after a time, where nothing has become of it by then. */
  private void call(Way way, Duration wait) {
    synchronized (this) {
      if (closed || way.due || ways.get(way.node) != way) {
        return;
      }
      way.due = true;
    }
    relay.schedule().after(wait, () -> call(way));
  }

  private void call(Way way) {
    List<Named> serving;
    try {
      serving = serving(way);
    } catch (RuntimeException e) {
      failed(way, String.valueOf(e.getMessage()));
      return;
    }
    if (serving.isEmpty()) {
      failed(way, "this node is no relay of the space");
      return;
    }
    SiblingConnection calling;
    List<String> addresses;
    synchronized (this) {
      way.due = false;
      if (closed
          || ways.get(way.node) != way
          || way.calling != null
          || connected.containsKey(way.node)) {
        return;
      }
      var spaces = new HashSet<Hash>();
      serving.forEach(it -> spaces.add(it.pseudonym()));
      calling =
          new SiblingConnection(
              new Wire(way.node, relay.schedule()), relay, this, spaces, true, way.copies);
      way.calling = calling;
      addresses = way.addresses;
    }
    calling.call(
        new Approach(passages(serving)), frames -> links.mail(way.node, addresses, frames));
  }

  private static List<Arrival.Shown> passages(List<Named> serving) {
    return serving.stream().map(it -> new Arrival.Shown(it.pseudonym(), it.passage())).toList();
  }

  /** The passages with which this relay arrives at another one, as members have named that. */
  List<Arrival.Shown> passages(NodeId other) {
    Way way;
    synchronized (this) {
      way = ways.get(other);
    }
    return way == null ? List.of() : passages(serving(way));
  }

  /** The spaces for which another relay has shown a passage that lets it in here. */
  Set<Hash> admitted(NodeId other, Approach approach) {
    var spaces = new HashSet<Hash>();
    approach.passages().stream()
        .filter(it -> relay.admission().lets(other, it.pseudonym(), it.passage()))
        .forEach(it -> spaces.add(it.pseudonym()));
    return spaces;
  }

  /** The spaces of a way for which this node is a relay still. */
  private List<Named> serving(Way way) {
    List<Named> all;
    synchronized (this) {
      all =
          way.spaces.stream()
              .sorted()
              .flatMap(pseudonym -> Stream.ofNullable(named.get(pseudonym)))
              .toList();
    }
    return all.stream()
        .filter(it -> relay.admission().serves(it.pseudonym()))
        .limit(MailFrame.SPACES)
        .toList();
  }

  private void failed(Way way, String why) {
    Duration wait;
    synchronized (this) {
      way.due = false;
      way.lastError = why;
      wait = way.waits.next(Duration.ZERO);
    }
    call(way, wait);
  }

  // ---- connections

  /** Another relay has called. Runs in a step of its wire. */
  void approached(Wire wire, Approach approach) {
    var other = wire.other();
    var spaces = admitted(other, approach);
    if (spaces.isEmpty() || other.equals(self())) {
      wire.endNow("no passage for a space of this relay");
      return;
    }
    SiblingConnection before;
    SiblingConnection connection;
    synchronized (this) {
      before = connected.get(other);
      if (closed || (before != null && before.isCalling() && isCaller(other))) {
        wire.endNow(closed ? "the relay stops" : "another connection is there");
        return;
      }
      var way = ways.get(other);
      connection =
          new SiblingConnection(
              wire, relay, this, spaces, false, way == null ? new LongAdder() : way.copies);
      connected.put(other, connection);
    }
    if (before != null) {
      before.end("another connection took its place");
    }
    connection.answer();
  }

  /**
   * Of the spaces of a connection those whose members have named the other as a relay, and those of
   * which no member has come here to name any.
   */
  synchronized Set<Hash> believed(SiblingConnection connection) {
    var believed = new HashSet<>(connection.spaces());
    believed.removeIf(pseudonym -> {
      var known = named.get(pseudonym);
      return known != null
          && known.siblings().stream().noneMatch(it -> node(it).equals(connection.sibling()));
    });
    return believed;
  }

  /** Whether this relay's call is the one that stays. */
  private boolean isCaller(NodeId other) {
    return self().compareTo(other) < 0;
  }

  /**
   * One that was called has answered.
   *
   * @return false where another connection stays
   */
  boolean connected(SiblingConnection connection) {
    SiblingConnection before;
    synchronized (this) {
      var way = ways.get(connection.sibling());
      before = connected.get(connection.sibling());
      if (closed || way == null || (before != null && !isCaller(connection.sibling()))) {
        return false;
      }
      way.lastError = null;
      connected.put(connection.sibling(), connection);
    }
    if (before != null) {
      before.end("another connection took its place");
    }
    return true;
  }

  /** A connection has ended, or a call has failed; of several reasons the first counts. */
  void ended(SiblingConnection connection, String why) {
    Way way;
    Duration wait;
    synchronized (this) {
      way = ways.get(connection.sibling());
      boolean was = connected.remove(connection.sibling(), connection);
      if (way == null) {
        return;
      }
      boolean called = way.calling == connection;
      if (!was && !called) {
        return;
      }
      if (called) {
        way.calling = null;
      }
      way.lastError = why;
      if (was && connection.lasted().compareTo(LASTING) >= 0) {
        way.waits.startOver();
      }
      wait = way.waits.next(Duration.ZERO);
    }
    call(way, wait);
  }

  // ---- what happens here

  /** Another relay says who comes to it. */
  void told(NodeId sibling, List<MailFrame.Comes.Coming> comings) {
    news(whereabouts.told(sibling, comings, relay.now()));
  }

  private void news(List<Coming> news) {
    if (!news.isEmpty()) {
      relay.store().comes(news.stream().filter(whereabouts::isKept).toList());
      connected.values().forEach(each -> each.tell(news));
    }
  }

  /** There is mail for a member. */
  void arrived(Hash pseudonym, NodeId destination) {
    var whom = new Whom(pseudonym, destination);
    connected.values().forEach(each -> each.mailFor(whom));
  }

  /** A member was connected here, and is no more. */
  void left(NodeId member) {
    connected
        .values()
        .forEach(each -> each.spaces().forEach(space -> each.mailFor(new Whom(space, member))));
  }

  /**
   * An envelope's destination has it.
   *
   * @param by the relay that says so; null where it was taken here
   */
  void gone(UUID id, Pile left, @Nullable NodeId by) {
    connected
        .values()
        .forEach(each -> {
          if (!each.sibling().equals(by)) {
            each.tellFetched(id, left);
          }
        });
  }

  /** Forgets what counts no more. */
  void lapse() {
    whereabouts.lapse(relay.now());
  }

  synchronized List<SiblingView> views() {
    return ways.values().stream()
        .map(way -> {
          var there = connected.get(way.node);
          return new SiblingView(
              way.node,
              way.addresses,
              there != null,
              way.copies.sum(),
              there == null ? 0 : there.waiting(),
              there == null ? way.lastError : null);
        })
        .toList();
  }

  /** How many are connected. */
  int connections() {
    return connected.size();
  }

  void close() {
    var all = new ArrayList<SiblingConnection>();
    synchronized (this) {
      closed = true;
      ways.values().forEach(way -> all.addAll(connectionOf(way)));
      all.addAll(connected.values());
    }
    all.forEach(each -> each.end("the relay stops"));
  }
}
