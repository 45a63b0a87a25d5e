package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.session.Session;
import com.softadastra.engine.session.SessionHost;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.sync.documents.Receipts.LinkState;
import com.softadastra.sync.identity.DataDirectory;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.Storage;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * The sessions with all peers and the lanes that bring them about. A peer has at most one session
 * that counts: where both call each other at once, the call of the smaller node id stands.
 */
public final class Exchanges implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Exchanges.class);

  /** An older channel than this can't be the other half of two calls at once. */
  private static final long CROSSING_NANOS = Duration.ofSeconds(3).toNanos();

  private static final int DISCHARGE_ROWS = 5000;

  private final Storage storage;
  private final Recording recording;
  private final DataDirectory directory;
  private final NodeKey key;
  private final PeerDirectory peers;
  private final LaneRepository laneRepository;
  private final Supplier<PeerLinks> links;
  private final LaneSettings settings;
  private final String name;
  private final InstantSource clock;
  private final Map<NodeId, Lane> lanes = new ConcurrentHashMap<>();
  private final Map<NodeId, Channel> channels = new ConcurrentHashMap<>();
  private final Map<NodeId, String> refusals = new ConcurrentHashMap<>();
  private volatile boolean started;
  private volatile boolean discharging;

  /**
   * How lanes wait between calls.
   *
   * @param base the bound of the first wait
   * @param cap the bound of every wait
   */
  public record LaneSettings(Duration base, Duration cap) {}

  public Exchanges(
      Storage storage,
      DataDirectory directory,
      NodeKey key,
      String name,
      PeerDirectory peers,
      LaneRepository laneRepository,
      Supplier<PeerLinks> links,
      LaneSettings settings,
      InstantSource clock) {
    this.storage = storage;
    this.recording = storage.recording();
    this.directory = directory;
    this.key = key;
    this.name = name;
    this.peers = peers;
    this.laneRepository = laneRepository;
    this.links = links;
    this.settings = settings;
    this.clock = clock;
    recording.onForced(() -> channels.values().forEach(Channel::signal));
    recording.ledger().onChange(this::discharge);
  }

  /** Starts a lane to every peer. */
  public void start() {
    started = true;
    var before = new HashMap<NodeId, Lane.Status>();
    laneRepository.findAll().forEach(lane -> before.put(lane.node(), lane.status()));
    peers.all().stream()
        .filter(PeerDirectory.Peer::linkOn)
        .forEach(peer -> openLane(peer.node(), before.get(peer.node())));
    discharge();
  }

  @Override
  public void close() {
    started = false;
    lanes.values().forEach(Lane::stop);
    channels
        .values()
        .forEach(channel -> {
          channel.session().end("stopping");
          channel.close("stopping");
        });
    var kept =
        lanes.entrySet().stream()
            .map(lane -> new LaneEntity(lane.getKey(), lane.getValue().status()))
            .toList();
    try {
      recording.administer(() -> laneRepository.saveAll(kept)).get();
    } catch (ExecutionException e) {
      LOG.warn("how the lanes stood was not kept", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  void opened(NodeId peer) {
    if (started) {
      openLane(peer, null);
    }
  }

  /** Follows the operator's switch. */
  void switched(NodeId peer, boolean on) {
    if (on) {
      opened(peer);
      return;
    }
    var lane = lanes.remove(peer);
    if (lane != null) {
      lane.stop();
    }
    var channel = channels.remove(peer);
    if (channel != null) {
      channel.session().end("switched off");
      channel.close("switched off");
    }
  }

  private void openLane(NodeId peer, Lane.@Nullable Status before) {
    lanes.computeIfAbsent(
        peer,
        _ -> {
          var status = before == null ? new Lane.Status(Lane.State.CALLING, 0, null, null) : before;
          var lane =
              new Lane(
                  peer,
                  status,
                  settings.base(),
                  settings.cap(),
                  RandomGenerator.getDefault(),
                  clock,
                  connected -> call(peer, connected));
          lane.start();
          return lane;
        });
  }

  /** How the link to a peer stands. */
  public LinkState link(NodeId peer) {
    var lane = lanes.get(peer);
    return new LinkState(
        connected(peer),
        lane == null ? 0 : lane.status().attempts(),
        lane == null
            ? refusals.get(peer)
            : Optional.ofNullable(lane.status().lastError()).orElse(refusals.get(peer)));
  }

  public boolean connected(NodeId peer) {
    var channel = channels.get(peer);
    return channel != null && !channel.isClosed();
  }

  Optional<Lane.Status> lane(NodeId peer) {
    return Optional.ofNullable(lanes.get(peer)).map(Lane::status);
  }

  @Nullable String refusal(NodeId peer) {
    return refusals.get(peer);
  }

  // ---- channels

  private void call(NodeId peer, Runnable connected) {
    var standing = channels.get(peer);
    if (standing != null && !standing.isClosed()) {
      connected.run();
      standing.awaitEnd();
      return;
    }
    var addresses = peers.get(peer).addresses();
    if (addresses.isEmpty()) {
      throw new PeerUnreachable("no address of it is known", null);
    }
    var channel = channel(peer, true);
    var frames = links.get().connect(peer, addresses, channel.outgoing());
    channel.incoming(
        frames,
        () -> {
          if (install(channel)) {
            connected.run();
          } else {
            channel.close("another connection stands");
          }
        });
    String why = channel.awaitEnd();
    channels.remove(peer, channel);
    var other = channels.get(peer);
    if (other != null && !other.isClosed()) {
      connected.run();
      other.awaitEnd();
      return;
    }
    throw new PeerUnreachable(why, null);
  }

  /** A peer opened a channel. */
  public Flux<byte[]> accept(NodeId peer, Flux<byte[]> frames) {
    var known = peers.find(peer);
    if (known.isEmpty()) {
      return Flux.error(new Refused(ProblemCode.PEER_UNKNOWN, "not paired"));
    }
    if (!known.get().linkOn() || !started) {
      return Flux.error(new Refused(ProblemCode.PEER_UNREACHABLE, "the link is switched off"));
    }
    var channel = channel(peer, false);
    channel.incoming(
        frames,
        () -> {
          if (install(channel)) {
            var lane = lanes.get(peer);
            if (lane != null) {
              lane.wake();
            }
          } else {
            channel.close("another connection stands");
          }
        });
    Thread.ofVirtual()
        .name("session-end-" + peer)
        .start(() -> {
          channel.awaitEnd();
          channels.remove(peer, channel);
        });
    return channel.outgoing();
  }

  private Channel channel(NodeId peer, boolean dialled) {
    return new Channel(peer, new Session(peer, new Host(peer)), dialled);
  }

  /** Makes it the peer's channel, unless the one that stands has precedence. */
  private boolean install(Channel channel) {
    var peer = channel.peer();
    var before = channels.get(peer);
    var installed =
        channels.compute(
            peer,
            (_, standing) -> {
              if (standing == null || standing.isClosed()) {
                return channel;
              }
              boolean crossing =
                  standing.dialled() != channel.dialled()
                      && channel.openedNanos() - standing.openedNanos() < CROSSING_NANOS;
              boolean standingIsOfSmaller =
                  standing.dialled() == (key.nodeId().compareTo(peer) < 0);
              return crossing && standingIsOfSmaller ? standing : channel;
            });
    if (installed == channel && before != null && before != channel) {
      before.close("another connection took its place");
    }
    return installed == channel;
  }

  // ---- what sessions need

  private void discharge() {
    if (discharging || !started) {
      return;
    }
    discharging = true;
    var _ =
        recording
            .administer(() -> {
              boolean more = false;
              for (var space : recording.views().keySet()) {
                more |= recording.discharge(space, DISCHARGE_ROWS) == DISCHARGE_ROWS;
              }
              return more;
            })
            .whenComplete((more, _) -> {
              discharging = false;
              if (Boolean.TRUE.equals(more)) {
                discharge();
              }
            });
  }

  /** Tells the sessions that a space's membership has changed. */
  public void membershipChanged(SpaceId space) {
    for (var channel : channels.values()) {
      Thread.ofVirtual()
          .start(() -> {
            channel.session().announce(space);
            channel.signal();
          });
    }
  }

  private static <T> T await(Future<T> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("recording failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** This node as one peer's session sees it. */
  private final class Host implements SessionHost {
    private final NodeId peer;

    Host(NodeId peer) {
      this.peer = peer;
    }

    @Override
    public Frame.Hello hello(NodeId to) {
      var spaces =
          recording.views().values().stream()
              .filter(view -> view.membership().member(to).isPresent())
              .map(view -> view.membership().space())
              .toList();
      return new Frame.Hello(
          Frame.VERSION,
          Frame.VERSION,
          new Replica(key.nodeId(), recording.incarnation()),
          Math.max(0, clock.millis()),
          name,
          links.get().addresses(),
          spaces);
    }

    @Override
    public void met(Frame.Hello hello) {
      var now = clock.instant();
      peers.seen(peer, hello.name(), hello.addresses(), now, hello.clock() - now.toEpochMilli());
    }

    @Override
    public Optional<Membership> membership(SpaceId space, NodeId member) {
      return recording
          .view(space)
          .map(view -> view.membership())
          .filter(m -> m.member(member).isPresent());
    }

    @Override
    public void learn(SpaceId space, List<SignedRecord> records) {
      var view = recording.view(space);
      if (view.isEmpty() || view.get().membership().with(records) == view.get().membership()) {
        return;
      }
      await(
          recording.administer(() -> {
            recording.putMembership(recording.membership(space).with(records));
            return true;
          }));
      membershipChanged(space);
    }

    @Override
    public Map<Replica, ChainHead> chains(SpaceId space) {
      return recording.view(space).map(view -> view.chains()).orElse(Map.of());
    }

    @Override
    public Hash hash(SpaceId space, Replica replica, long sequence) {
      return find(space, replica, sequence).hash();
    }

    @Override
    public long position(SpaceId space, Replica replica, long sequence) {
      return find(space, replica, sequence).position();
    }

    private LoggedEntry find(SpaceId space, Replica replica, long sequence) {
      return recording
          .log()
          .find(space, replica, sequence)
          .orElseThrow(
              () -> new IllegalStateException("an entry that is counted is not in the log"));
    }

    @Override
    public List<LoggedEntry> entries(SpaceId space, long after, int bytes) {
      return recording.log().signedRun(space, after, bytes);
    }

    @Override
    public long durable() {
      return recording.durable();
    }

    @Override
    public List<Statement.Signed> statements(SpaceId space) {
      var statements = new ArrayList<Statement.Signed>();
      statements.add(statement(space));
      recording
          .view(space)
          .ifPresent(view ->
              view.membership()
                  .members()
                  .forEach(member ->
                      recording
                          .ledger()
                          .by(space, member.node())
                          .filter(_ -> !member.node().equals(peer))
                          .ifPresent(known -> statements.add(known.signed()))));
      return statements;
    }

    @Override
    public Statement.Signed statement(SpaceId space) {
      // the position first: the chains then hold at least as much
      long position = recording.durable();
      var view = recording.view(space).orElseThrow();
      var vector = new LinkedHashMap<Replica, Long>();
      view.chains().forEach((replica, head) -> vector.put(replica, head.sequence()));
      return new Statement(space, view.self(), position, Math.max(0, clock.millis()), vector)
          .sign(key);
    }

    @Override
    public void note(SpaceId space, List<Statement.Signed> statements, NodeId via) {
      var membership = membership(space, via);
      if (membership.isEmpty()) {
        return;
      }
      for (var signed : statements) {
        var statement = Statement.decode(signed.bytes());
        var member = membership.get().member(statement.by().node());
        if (member.isEmpty()
            || !statement.space().equals(space)
            || statement.by().node().equals(key.nodeId())
            || !recording.ledger().isNews(statement)) {
          continue;
        }
        if (!Signatures.verify(
            Purpose.STATEMENT,
            Hash.sha256(signed.bytes()),
            signed.signature(),
            member.get().key())) {
          throw new Malformed("a statement with a wrong signature");
        }
        recording.note(
            new Ledger.Known(statement, signed, statement.by().node().equals(via) ? null : via));
        for (var channel : channels.values()) {
          if (!channel.peer().equals(via) && !channel.peer().equals(statement.by().node())) {
            channel.session().gossip(space, List.of(signed));
            channel.signal();
          }
        }
      }
    }

    @Override
    public CompletionStage<Map<Replica, String>> store(SpaceId space, Checked batch, NodeId from) {
      return recording
          .store(space, batch)
          .thenApply(refused -> {
            refused.forEach(
                (replica, reason) ->
                    refusals.put(from, "sent entries of " + replica.node() + " that are refused: " + reason));
            return refused;
          });
    }

    @Override
    public void forked(SpaceId space, Replica replica) {
      LOG.warn(
          "{} knows entries of this node that it doesn't know itself: its storage was restored or copied",
          peer);
      await(
          recording.administer(() -> {
            if (!recording.incarnation().equals(replica.incarnation())) {
              return false;
            }
            var common = new HashMap<SpaceId, Long>();
            for (var view : recording.views().entrySet()) {
              long known =
                  view.getValue().membership().members().stream()
                      .mapToLong(member ->
                          recording
                              .ledger()
                              .by(view.getKey(), member.node())
                              .map(k -> k.statement().vector().getOrDefault(replica, 0L))
                              .orElse(0L))
                      .max()
                      .orElse(0);
              long own =
                  Optional.ofNullable(view.getValue().chains().get(replica))
                      .map(ChainHead::sequence)
                      .orElse(0L);
              common.put(view.getKey(), Math.min(known, own));
            }
            recording.reborn(directory.reborn(recording.durable()), common);
            return true;
          }));
      directory.note(storage.found());
      channels.values().stream()
          .filter(channel -> !channel.peer().equals(peer))
          .forEach(c -> c.close("reborn"));
    }

    @Override
    public void refusedBy(NodeId by, SpaceId space, Replica replica, String reason) {
      LOG.warn("{} refuses entries of {}: {}", by, replica, reason);
      refusals.put(by, "refuses entries of " + replica.node() + ": " + reason);
    }
  }
}
