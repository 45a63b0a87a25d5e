package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import com.softadastra.sync.documents.Receipts.LinkState;
import com.softadastra.sync.identity.Incarnations;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * The sessions with all peers and the lanes that bring them about. A peer has at most one session
 * that counts: where both call each other at once, the call of the smaller node id stands.
 */
public final class Exchanges {
  private static final Logger LOG = LoggerFactory.getLogger(Exchanges.class);

  /** An older channel than this can't be the other half of two calls at once. */
  private static final long CROSSING_NANOS = Duration.ofSeconds(3).toNanos();

  private static final int DISCHARGE_ROWS = 5000;

  /** It would learn names and addresses, which are nothing that a relay needs. */
  static final String ONLY_RELAY = "a relay of spaces that it is no member of has no session";

  private final Recording recording;
  private final NodeKey key;
  private final String name;
  private final PeerDirectory peers;
  private final Supplier<PeerLinks> links;
  private final LaneSettings settings;
  private final Surroundings surroundings;
  private final Map<NodeId, Lane> lanes = new ConcurrentSkipListMap<>();

  /** The channel of each peer that counts. */
  private final Map<NodeId, Channel> channels = new ConcurrentSkipListMap<>();

  /** Every channel that is not closed, those included on which the peer has said nothing yet. */
  private final Queue<Channel> open = new ConcurrentLinkedQueue<>();

  /** What stands between this node and a peer, until that is over or they meet anew. */
  private final Map<NodeId, Refusal> refusals = new ConcurrentHashMap<>();

  private final Gossip gossip;
  private final ClockWatch clocks;
  private final AtomicInteger dischargesDue = new AtomicInteger();
  private final Object switching = new Object();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private volatile boolean started;

  /** An author whose entries one of two peers refuses. */
  private record Refusal(Replica author, String why) {}

  /**
   * How lanes wait between calls, and how far apart clocks may be.
   *
   * @param base the bound of the first wait
   * @param cap the bound of every wait
   * @param clockTolerance beyond which a clock is suspect
   */
  public record LaneSettings(Duration base, Duration cap, Duration clockTolerance) {}

  public Exchanges(
      Recording recording,
      Incarnations incarnations,
      NodeKey key,
      String name,
      PeerDirectory peers,
      Supplier<PeerLinks> links,
      LaneSettings settings,
      Surroundings surroundings) {
    this.recording = recording;
    this.key = key;
    this.name = name;
    this.peers = peers;
    this.links = links;
    this.settings = settings;
    this.surroundings = surroundings;
    this.clocks = new ClockWatch(recording, key.nodeId(), settings.clockTolerance());
    this.gossip =
        new Gossip(
            recording,
            key,
            surroundings,
            new Gossip.Listeners() {
              @Override
              public void later(SpaceId space, Set<NodeId> members) {
                channels.values().forEach(channel -> channel.gossip(space, members));
              }

              @Override
              public void contradicted(SpaceId space, NodeId member) {
                var channel = channels.get(member);
                if (channel != null) {
                  channel.contradict(space);
                }
              }
            });
    recording.onReborn(incarnations::note);
    recording.onReborn(_ -> new TreeSet<>(recording.views().keySet()).forEach(gossip::reborn));
    recording.onForced(() -> channels.values().forEach(Channel::signal));
    recording.onForced(() -> {
      if (clocks.isDue()) {
        surroundings.schedule().execute(clocks::catchUp);
      }
    });
    recording.ledger().onChange(this::discharge);
  }

  /** Called when a peer came or went, or another may be called now, or a membership changed. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void changed() {
    listeners.forEach(Runnable::run);
  }

  /** Starts a lane to every peer. */
  public void start() {
    started = true;
    var before = peers.lanes();
    peers.all().stream()
        .filter(PeerDirectory.Peer::linkOn)
        .filter(peer -> !isOnlyRelay(peer.node()))
        .forEach(peer -> openLane(peer.node(), before.get(peer.node())));
    discharge();
  }

  /** Ends all sessions; completes when it is kept how the lanes stood. */
  public CompletionStage<?> stop() {
    started = false;
    var kept = new TreeMap<NodeId, Lane.Status>();
    lanes.forEach((peer, lane) -> kept.put(peer, lane.status()));
    lanes.values().forEach(Lane::stop);
    lanes.clear();
    open.forEach(channel -> channel.end("stopping"));
    return peers.keep(kept);
  }

  void opened(NodeId peer) {
    if (started && !isOnlyRelay(peer)) {
      openLane(peer, null);
    }
    changed();
  }

  /**
   * Whether a node carries, or has carried, for members of a space here and is a member of none: it
   * has no log.
   */
  boolean isOnlyRelay(NodeId peer) {
    var memberships = recording.views().values().stream().map(SpaceView::membership).toList();
    return memberships.stream()
            .flatMap(it -> Stream.concat(it.relays().stream(), it.dismissed().stream()))
            .anyMatch(it -> it.node().equals(peer))
        && memberships.stream().noneMatch(it -> it.member(peer).isPresent());
  }

  /** Whether a lane to a peer has not failed to reach it yet, so that it may soon be there. */
  public boolean isBeingCalled(NodeId peer) {
    var lane = lanes.get(peer);
    return lane != null && lane.status().attempts() == 0;
  }

  /** The operator's switch for the link to a peer; completes when it is forced and followed. */
  public CompletionStage<PeerDirectory.Peer> switchLink(NodeId peer, boolean on) {
    return recording
        .administer(() -> peers.switchLink(peer, on))
        .thenApply(switched -> {
          switched(peer);
          return switched;
        });
  }

  /** Follows the switch as it stands now: of two switchings the later may be heard of first. */
  void switched(NodeId peer) {
    synchronized (switching) {
      if (peers.find(peer).filter(PeerDirectory.Peer::linkOn).isPresent()) {
        opened(peer);
        return;
      }
      changed();
      hangUp(peer, "switched off");
    }
  }

  private void hangUp(NodeId peer, String why) {
    var lane = lanes.remove(peer);
    if (lane != null) {
      lane.stop();
    }
    open.stream()
        .filter(channel -> channel.peer().equals(peer))
        .forEach(channel -> channel.end(why));
  }

  private void openLane(NodeId peer, Lane.@Nullable Status before) {
    var lane =
        new Lane(
            peer,
            before == null ? Lane.Status.NEW : before,
            new FullJitter(settings.base(), settings.cap(), surroundings.random()),
            surroundings,
            new Lane.Call() {
              @Override
              public void make(Lane.Outcome outcome) {
                call(peer, outcome);
              }

              @Override
              public void over() {
                changed();
              }
            });
    if (lanes.putIfAbsent(peer, lane) == null) {
      lane.start();
    }
  }

  /** How the link to a peer stands. */
  public LinkState link(NodeId peer) {
    var lane = lanes.get(peer);
    return new LinkState(
        connected(peer),
        lane == null ? 0 : lane.status().attempts(),
        lane == null
            ? refusal(peer)
            : Optional.ofNullable(lane.status().lastError()).orElse(refusal(peer)));
  }

  /** How many statements of others were checked, since the start. */
  public long statementsVerified() {
    return gossip.verified();
  }

  public boolean connected(NodeId peer) {
    var channel = channels.get(peer);
    return channel != null && !channel.isClosed();
  }

  Optional<Lane.Status> lane(NodeId peer) {
    return Optional.ofNullable(lanes.get(peer)).map(Lane::status);
  }

  @Nullable String refusal(NodeId peer) {
    return Optional.ofNullable(refusals.get(peer)).map(Refusal::why).orElse(null);
  }

  // ---- channels

  private void call(NodeId peer, Lane.Outcome outcome) {
    if (follow(peer, outcome)) {
      return;
    }
    var addresses = peers.get(peer).addresses();
    if (addresses.isEmpty()) {
      throw new PeerUnreachable("no address of it is known", null);
    }
    var channel = open(peer, true);
    channel.onEnd(end -> {
      if (!follow(peer, outcome)) {
        outcome.ended(end);
      }
    });
    try {
      var frames = links.get().connect(peer, addresses, channel.outgoing());
      channel.incoming(
          frames,
          () -> {
            boolean installed = install(channel);
            if (installed) {
              outcome.connected();
            }
            return installed;
          });
    } catch (RuntimeException e) {
      channel.close(Channel.End.cut(String.valueOf(e.getMessage())));
    }
  }

  /** The call is as good as the channel that the peer has by another one. */
  private boolean follow(NodeId peer, Lane.Outcome outcome) {
    var standing = channels.get(peer);
    if (standing == null || standing.isClosed()) {
      return false;
    }
    outcome.connected();
    standing.onEnd(outcome::ended);
    return true;
  }

  /** A peer opened a channel. */
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    var known = peers.find(peer);
    if (known.isEmpty()) {
      return Flux.error(new Refused(ProblemCode.PEER_UNKNOWN, "not paired"));
    }
    if (!welcome(peer)) {
      return Flux.error(new Refused(ProblemCode.PEER_UNREACHABLE, "the link is switched off"));
    }
    if (isOnlyRelay(peer)) {
      return Flux.error(new Refused(ProblemCode.NOT_ALLOWED, ONLY_RELAY));
    }
    var channel = open(peer, false);
    channel.incoming(
        frames,
        () -> {
          boolean installed = install(channel);
          var lane = lanes.get(peer);
          if (installed && lane != null) {
            lane.wake();
          }
          return installed;
        });
    return channel.outgoing();
  }

  private boolean welcome(NodeId peer) {
    return started && peers.find(peer).filter(PeerDirectory.Peer::linkOn).isPresent();
  }

  private Channel open(NodeId peer, boolean dialled) {
    var channel =
        new Channel(peer, dialled, surroundings.schedule(), own -> new Host(peer, own::step));
    open.add(channel);
    channel.onEnd(_ -> {
      open.remove(channel);
      channels.remove(peer, channel);
      changed();
    });
    return channel;
  }

  /** Makes it the peer's channel, unless the one that stands has precedence. */
  private boolean install(Channel channel) {
    var peer = channel.peer();
    var before = channels.get(peer);
    var installed =
        channels.compute(
            peer, (_, standing) -> standing == null ? channel : preferred(standing, channel));
    if (installed == channel && before != channel) {
      refusals.remove(peer);
      if (before != null) {
        before.end(Channel.REPLACED);
      }
    }
    if (channel.isClosed() || !welcome(peer)) {
      channel.close(Channel.End.cut("the link is switched off"));
      channels.remove(peer, channel);
    } else if (isOnlyRelay(peer)) {
      channel.end(ONLY_RELAY);
    }
    return installed == channel;
  }

  /** Of two calls at once the one that the smaller node made; else the later one. */
  private Channel preferred(Channel standing, Channel channel) {
    boolean crossing =
        !standing.isClosed()
            && standing.dialled() != channel.dialled()
            && channel.openedNanos() - standing.openedNanos() < CROSSING_NANOS;
    boolean standingIsOfSmaller =
        standing.dialled() == (key.nodeId().compareTo(standing.peer()) < 0);
    return crossing && standingIsOfSmaller ? standing : channel;
  }

  // ---- what sessions need

  /** Forgets what is owed to nobody any more, some at a time, until nothing is left of it. */
  private void discharge() {
    if (started && dischargesDue.getAndIncrement() == 0) {
      surroundings.schedule().execute(this::dischargeSome);
    }
  }

  private void dischargeSome() {
    int due = dischargesDue.get();
    var _ =
        recording
            .discharge(DISCHARGE_ROWS)
            .whenComplete((rows, failure) -> {
              if (failure != null) {
                dischargesDue.set(0);
              } else if (rows == DISCHARGE_ROWS || dischargesDue.addAndGet(-due) > 0) {
                surroundings.schedule().execute(this::dischargeSome);
              }
            });
  }

  /**
   * This node as it tells a peer, by way of frames that take any time to get there or never do,
   * what is forced now of one space.
   *
   * @param after the log position up to which the peer gets it otherwise
   * @param had log positions of entries that it has, or gets otherwise, though they can't be read
   *     here: what follows on them is of use to it
   */
  public SessionHost carriedTo(NodeId peer, SpaceId space, long after, Set<Long> had) {
    // the position first: what this node then says to have is at least as much
    long durable = recording.durable();
    gossip.say(space);
    return new Carried(peer, space, Runnable::run, after, had, durable);
  }

  /**
   * This node as it hears such frames. It learns nothing from them of the peer's clock or
   * whereabouts, and has nothing to tell.
   *
   * @param steps run what completes
   */
  public SessionHost carriedFrom(NodeId peer, SpaceId space, Executor steps) {
    return new Carried(peer, space, steps, 0, Set.of(), 0);
  }

  /**
   * Tells the sessions that a space's membership has changed. Whoever is only a relay by now has
   * none any more, and whoever was one and is a member gets a lane.
   */
  public void membershipChanged(SpaceId space) {
    synchronized (switching) {
      for (var peer : peers.all()) {
        if (isOnlyRelay(peer.node())) {
          hangUp(peer.node(), ONLY_RELAY);
        } else if (started && peer.linkOn() && !lanes.containsKey(peer.node())) {
          openLane(peer.node(), null);
        }
      }
    }
    channels.values().forEach(channel -> channel.announce(space));
    changed();
  }

  /**
   * A node was let into a space. The others are told; it is not yet, because it would take what is
   * said of a space that it doesn't know for nothing: it speaks of it first, when it has joined.
   */
  void admitted(NodeId joiner, SpaceId space) {
    channels.forEach((peer, channel) -> {
      if (!peer.equals(joiner)) {
        channel.announce(space);
      }
    });
    changed();
  }

  /** This node as one peer's session sees it. */
  private class Host implements SessionHost {
    private final NodeId peer;
    private final Executor steps;

    /** As which the peer writes. */
    private volatile @Nullable Replica replica;

    Host(NodeId peer, Executor steps) {
      this.peer = peer;
      this.steps = steps;
    }

    private <T> CompletionStage<T> inStep(CompletionStage<T> done) {
      return done.whenCompleteAsync((_, _) -> {}, steps);
    }

    @Override
    public Frame.Hello hello(NodeId to) {
      var spaces =
          recording.views().values().stream()
              .filter(view -> view.membership().member(to).isPresent())
              .map(view -> view.membership().space())
              .sorted()
              .toList();
      return new Frame.Hello(
          Frame.LEAST_VERSION,
          Frame.VERSION,
          new Replica(key.nodeId(), recording.incarnation()),
          Math.max(0, surroundings.clock().millis()),
          name,
          links.get().addresses(),
          spaces);
    }

    @Override
    public void met(Frame.Hello hello) {
      var now = surroundings.clock().instant();
      long offset = hello.clock() - now.toEpochMilli();
      peers.seen(peer, hello.name(), hello.addresses(), now, offset);
      clocks.met(peer, offset);
      replica = hello.sender();
    }

    @Override
    public void summarised(SpaceId space, List<Frame.Summary.Known> chains) {
      var writes = replica;
      if (writes != null) {
        long sequence =
            chains.stream()
                .filter(chain -> chain.replica().equals(writes))
                .mapToLong(Frame.Summary.Known::sequence)
                .max()
                .orElse(0);
        recording.view(space).ifPresent(view -> clocks.told(view, writes, sequence));
      }
    }

    @Override
    public Optional<Membership> membership(SpaceId space, NodeId member) {
      return recording
          .view(space)
          .map(view -> view.membership())
          .filter(m -> m.member(member).isPresent());
    }

    @Override
    public CompletionStage<?> learn(SpaceId space, List<SignedRecord> records) {
      var view = recording.view(space);
      if (view.isEmpty() || view.get().membership().with(records) == view.get().membership()) {
        return CompletableFuture.completedStage(null);
      }
      return inStep(
              recording.administer(() -> {
                recording.putMembership(recording.membership(space).with(records));
                return true;
              }))
          .thenRun(() -> membershipChanged(space));
    }

    @Override
    public Map<Replica, ChainHead> chains(SpaceId space) {
      return recording.view(space).map(view -> view.chains()).orElse(Map.of());
    }

    @Override
    public Optional<Hash> hash(SpaceId space, Replica chain, long sequence) {
      try {
        return recording.log().find(space, chain, sequence).map(LoggedEntry::hash);
      } catch (DamagedRow row) {
        recording.noticed(row);
        return hashBySuccessor(space, chain, sequence);
      }
    }

    private Optional<Hash> hashBySuccessor(SpaceId space, Replica chain, long sequence) {
      var head = chains(space).get(chain);
      if (head != null && head.sequence() == sequence) {
        return Optional.of(head.hash());
      }
      try {
        return recording
            .log()
            .find(space, chain, sequence + 1)
            .map(next -> next.entry().previous());
      } catch (DamagedRow row) {
        recording.noticed(row);
        return Optional.empty();
      }
    }

    @Override
    public boolean has(SpaceId space, Replica chain, long sequence, Hash hash) {
      var known = hash(space, chain, sequence);
      return known.isPresent()
          ? known.get().equals(hash)
          : position(space, chain, sequence).isPresent();
    }

    @Override
    public Optional<Long> position(SpaceId space, Replica chain, long sequence) {
      try {
        return recording.log().find(space, chain, sequence).map(LoggedEntry::position);
      } catch (DamagedRow row) {
        recording.noticed(row);
        return Optional.of(row.position());
      }
    }

    @Override
    public Optional<List<LoggedEntry>> entries(
        SpaceId space, long after, int bytes, Set<Long> leftOut) {
      var nobodys =
          recording.damaged().stream()
              .filter(entry -> entry.place() == null)
              .map(DamagedEntry::position)
              .collect(Collectors.toSet());
      try {
        return Optional.of(
            recording
                .log()
                .signedRun(
                    space,
                    after,
                    bytes,
                    position -> leftOut.contains(position) || nobodys.contains(position)));
      } catch (DamagedRow row) {
        recording.noticed(row);
        return Optional.empty();
      }
    }

    @Override
    public List<Unreadable> unreadable(SpaceId space) {
      return recording.damaged().stream()
          .filter(entry -> entry.place() != null && entry.place().space().equals(space))
          .map(entry ->
              new Unreadable(
                  entry.position(),
                  entry.place().dot().replica(),
                  entry.place().dot().sequence(),
                  entry.hash()))
          .toList();
    }

    @Override
    public long mended() {
      return recording.mended();
    }

    @Override
    public Optional<LoggedEntry> entry(SpaceId space, Replica chain, long sequence) {
      try {
        return recording.log().find(space, chain, sequence);
      } catch (DamagedRow row) {
        recording.noticed(row);
        return Optional.empty();
      }
    }

    @Override
    public CompletionStage<?> mend(SpaceId space, List<Offered> entries, NodeId from) {
      var received =
          entries.stream()
              .map(offered ->
                  new ReceivedEntry(
                      EntryCodec.decode(offered.bytes()),
                      offered.bytes(),
                      Hash.sha256(offered.bytes()),
                      offered.signature()))
              .toList();
      return inStep(recording.mend(space, received));
    }

    @Override
    public Urgency urgency(SpaceId space) {
      return recording.view(space).map(SpaceView::urgency).orElse(Urgency.NONE);
    }

    @Override
    public long durable() {
      return recording.durable();
    }

    @Override
    public Map<NodeId, Statement.Age> heard(SpaceId space) {
      return recording.view(space).map(gossip::heard).orElse(Map.of());
    }

    @Override
    public Optional<Statement.Signed> statement(SpaceId space, NodeId member) {
      return gossip.latest(space, member).map(Ledger.Known::signed);
    }

    @Override
    public void note(SpaceId space, List<Statement.Signed> statements, NodeId via) {
      recording
          .view(space)
          .filter(view -> view.membership().member(via).isPresent())
          .ifPresent(view -> gossip.note(view, statements, via));
    }

    @Override
    public CompletionStage<Map<Replica, String>> store(SpaceId space, Checked batch, NodeId from) {
      return inStep(recording.store(space, batch))
          .thenApply(refused -> {
            var taken =
                batch.genuine().stream()
                    .map(received -> received.entry().author())
                    .collect(Collectors.toSet());
            refusals.computeIfPresent(
                from, (_, refusal) -> taken.contains(refusal.author()) ? null : refusal);
            refused.forEach((replica, reason) ->
                refusals.put(
                    from,
                    new Refusal(
                        replica,
                        "sent entries of " + replica.node() + " that are refused: " + reason)));
            gossip.changed(space);
            gossip.wrote(space, from, taken);
            return refused;
          });
    }

    @Override
    public CompletionStage<?> forked(SpaceId space, Replica replica) {
      LOG.warn(
          "{} knows entries of this node that it doesn't know itself: its storage was restored or copied",
          peer);
      return inStep(
          recording.administer(() -> {
            if (recording.incarnation().equals(replica.incarnation())) {
              recording.reborn();
            }
            return true;
          }));
    }

    @Override
    public void refusedBy(NodeId by, SpaceId space, Replica replica, String reason) {
      LOG.warn("{} refuses entries of {}: {}", by, replica, reason);
      refusals.put(
          by, new Refusal(replica, "refuses entries of " + replica.node() + ": " + reason));
    }
  }

  /** The node in one space, to and from a peer that is not there. */
  private final class Carried extends Host {
    private final SpaceId only;
    private final long after;
    private final Set<Long> had;
    private final long durable;

    Carried(NodeId peer, SpaceId only, Executor steps, long after, Set<Long> had, long durable) {
      super(peer, steps);
      this.only = only;
      this.after = after;
      this.had = had;
      this.durable = durable;
    }

    @Override
    public Frame.Hello hello(NodeId to) {
      var hello = super.hello(to);
      return new Frame.Hello(
          hello.leastVersion(),
          hello.greatestVersion(),
          hello.sender(),
          hello.clock(),
          hello.name(),
          hello.addresses(),
          List.of(only));
    }

    @Override
    public void met(Frame.Hello hello) {}

    @Override
    public void summarised(SpaceId space, List<Frame.Summary.Known> chains) {}

    @Override
    public Optional<Membership> membership(SpaceId space, NodeId member) {
      return space.equals(only) ? super.membership(space, member) : Optional.empty();
    }

    @Override
    public CompletionStage<?> learn(SpaceId space, List<SignedRecord> records) {
      return space.equals(only)
          ? super.learn(space, records)
          : CompletableFuture.completedStage(null);
    }

    @Override
    public Optional<List<LoggedEntry>> entries(
        SpaceId space, long from, int bytes, Set<Long> leftOut) {
      var all = new HashSet<>(leftOut);
      all.addAll(had);
      return super.entries(space, Math.max(from, after), bytes, all);
    }

    @Override
    public List<Unreadable> unreadable(SpaceId space) {
      return super.unreadable(space).stream()
          .filter(entry -> !had.contains(entry.position()))
          .toList();
    }

    @Override
    public long durable() {
      return durable;
    }
  }
}
