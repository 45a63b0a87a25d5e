package com.softadastra.system.benchmark;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.peer.Exchanges;
import com.softadastra.sync.peer.InMemoryPeerStore;
import com.softadastra.sync.peer.PeerDirectory;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * The engine of a node on a disk, without the node around it. Its peers are in the same JVM and get
 * its frames as they are, through no socket.
 */
final class EngineNode implements AutoCloseable {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final NodeKey key;
  private final Membership membership;
  private final Storage storage;
  private final ThreadSchedule schedule = new ThreadSchedule();
  private final PeerDirectory peers;
  private final Exchanges exchanges;
  private @Nullable EngineNode peer;

  EngineNode(Path directory, NodeKey key, Membership membership) throws Exception {
    this.key = key;
    this.membership = membership;
    Files.createDirectories(directory);
    storage =
        Storage.open(
            directory.resolve("storage").toString(),
            key,
            _ -> new Birth(Incarnation.of(draw(Incarnation.BYTES)), 0),
            RecordingSettings.DEFAULT,
            GuardSettings.production(),
            Clock.systemUTC(),
            directory.toFile()::getUsableSpace,
            FailStop.halting());
    var recording = storage.recording();
    recording
        .administer(() -> {
          recording.createSpace("shop", membership);
          return true;
        })
        .get();
    peers = new PeerDirectory(recording, new InMemoryPeerStore());
    exchanges =
        new Exchanges(
            recording,
            _ -> {},
            key,
            "engine",
            peers,
            Direct::new,
            new Exchanges.LaneSettings(
                Duration.ofMillis(100), Duration.ofSeconds(1), Duration.ofMinutes(2)),
            new Surroundings(schedule, Clock.systemUTC(), RANDOM));
  }

  /** Frames go from one to the other as they are. */
  private final class Direct implements PeerLinks {
    @Override
    public List<String> addresses() {
      return List.of("here");
    }

    @Override
    public Flux<byte[]> connect(NodeId node, List<String> addresses, Flux<byte[]> frames) {
      return Objects.requireNonNull(peer).exchanges.accept(key.nodeId(), frames);
    }

    @Override
    public byte[] pair(NodeId inviter, List<String> addresses, byte[] request) {
      throw new IllegalStateException("they are paired");
    }
  }

  /** A space of a creator alone. */
  static Membership membership(NodeKey creator) {
    var create =
        new MembershipRecord.Create(
            creator.publicKey(),
            "a",
            "shop",
            Clock.systemUTC().millis(),
            draw(MembershipRecord.NONCE_BYTES));
    return new Membership(List.of(SpaceNames.sign(create, creator)));
  }

  /** A space of a creator and one more writer. */
  static Membership membership(NodeKey creator, NodeKey other) {
    var alone = membership(creator);
    long now = Clock.systemUTC().millis();
    var grant = alone.grant(creator.nodeId(), other.publicKey(), "b", Role.WRITER, now);
    return alone.with(List.of(SpaceNames.sign(grant, creator)));
  }

  static NodeKey key() {
    return new NodeKey(draw(NodeKey.SEED_BYTES));
  }

  private static byte[] draw(int bytes) {
    var drawn = new byte[bytes];
    RANDOM.nextBytes(drawn);
    return drawn;
  }

  void write(long number) throws Exception {
    var id = Order.id(number);
    var put =
        new OperationRequest(OperationKind.PUT, "orders", id, Order.body(id), null, Condition.ANY);
    var intent = new IntentRequest("shop", null, null, Priority.NORMAL, List.of(put));
    storage.recording().submit(space(), intent).get();
  }

  SpaceId space() {
    return membership.space();
  }

  Storage storage() {
    return storage;
  }

  /** How many entries it has. */
  long entries() {
    return storage.recording().view(space()).orElseThrow().chains().values().stream()
        .mapToLong(head -> head.sequence())
        .sum();
  }

  /** Makes two nodes each other's peers; the first calls. */
  static void connect(EngineNode caller, EngineNode called) throws Exception {
    caller.meet(called);
    called.meet(caller);
    called.exchanges.start();
    caller.exchanges.start();
  }

  private void meet(EngineNode other) throws Exception {
    peer = other;
    storage
        .recording()
        .administer(() -> {
          peers.pair(other.key.nodeId(), "engine", List.of("here"), Clock.systemUTC().instant());
          return true;
        })
        .get();
  }

  @Override
  public void close() {
    var _ = exchanges.stop();
    schedule.close();
    storage.close();
  }
}
