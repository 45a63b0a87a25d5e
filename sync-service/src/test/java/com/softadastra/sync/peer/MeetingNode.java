package com.softadastra.sync.peer;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.guard.GuardSettings;
import com.softadastra.sync.identity.Incarnations;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import com.softadastra.sync.time.EventQueue;
import com.softadastra.sync.time.Machine;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A node with a real storage, whose exchanges run on a queue of events. */
final class MeetingNode implements AutoCloseable {
  final NodeKey key;
  final Storage storage;
  final PeerDirectory peers;
  final Exchanges exchanges;
  final List<Birth> births = new ArrayList<>();
  private final Membership membership;

  /** Peers and lanes as they would be on a disk. */
  private static final class MemoryPeers implements PeerStore {
    private final Map<NodeId, PeerDirectory.Peer> peers = new LinkedHashMap<>();
    private final Map<NodeId, Lane.Status> lanes = new HashMap<>();

    @Override
    public Collection<PeerDirectory.Peer> peers() {
      return peers.values();
    }

    @Override
    public void put(PeerDirectory.Peer peer) {
      peers.put(peer.node(), peer);
    }

    @Override
    public Map<NodeId, Lane.Status> lanes() {
      return lanes;
    }

    @Override
    public void putLanes(Map<NodeId, Lane.Status> kept) {
      lanes.putAll(kept);
    }
  }

  MeetingNode(
      NodeKey key, Membership membership, Path files, EventQueue queue, MemoryNetwork network)
      throws Exception {
    this.key = key;
    this.membership = membership;
    this.storage =
        Storage.open(
            files.toString(),
            key,
            found ->
                found
                    .map(it -> new Birth(it.incarnation(), 0))
                    .orElse(new Birth(incarnation(births.size()), 0)),
            RecordingSettings.DEFAULT,
            GuardSettings.production(),
            queue,
            () -> Long.MAX_VALUE,
            (file, cause) -> {
              throw new IllegalStateException(file + " stopped", cause);
            });
    this.peers = new PeerDirectory(storage.recording(), new MemoryPeers());
    this.exchanges =
        new Exchanges(
            storage,
            new MemoryIncarnations(),
            key,
            "node",
            peers,
            () -> network.links(key.nodeId()),
            new Exchanges.LaneSettings(Duration.ofMillis(500), Duration.ofSeconds(30)),
            new Machine(
                queue,
                queue,
                new SplittableRandom(
                    java.nio.ByteBuffer.wrap(key.nodeId().hash().bytes()).getLong())));
    recorded(
        storage
            .recording()
            .administer(() -> {
              if (storage.recording().view(membership.space()).isEmpty()) {
                storage.recording().createSpace("space", membership);
              }
              for (var member : membership.members()) {
                if (!member.node().equals(key.nodeId())) {
                  peers.pair(
                      member.node(),
                      member.name(),
                      List.of(member.node().toString()),
                      queue.instant());
                }
              }
              return true;
            }));
    network.listen(key.nodeId(), exchanges);
  }

  private final class MemoryIncarnations implements Incarnations {
    @Override
    public void note(Found inside) {}
  }

  private Incarnation incarnation(int number) {
    var bytes = new byte[Incarnation.BYTES];
    bytes[0] = (byte) number;
    return Incarnation.of(bytes);
  }

  NodeId id() {
    return key.nodeId();
  }

  void write(int documents) throws Exception {
    for (int i = 0; i < documents; i++) {
      var operation =
          new OperationRequest(
              OperationKind.PUT,
              "documents",
              "d" + i,
              new JsonText("{\"by\":\"" + id() + "\"}"),
              null,
              Condition.ANY);
      recorded(
          storage
              .recording()
              .submit(
                  membership.space(),
                  new IntentRequest("space", null, null, Priority.NORMAL, List.of(operation))));
    }
  }

  /** Until all that was given to record so far is recorded and answered. */
  void record() throws Exception {
    recorded(storage.recording().administer(() -> true));
  }

  private static <T> T recorded(CompletableFuture<T> done) throws Exception {
    return done.get(30, TimeUnit.SECONDS);
  }

  Map<Replica, Long> vector() {
    var vector = new HashMap<Replica, Long>();
    storage
        .recording()
        .view(membership.space())
        .orElseThrow()
        .chains()
        .forEach((replica, head) -> vector.put(replica, head.sequence()));
    return vector;
  }

  /** What a member has said to have, as far as is known here. */
  Map<Replica, Long> said(MeetingNode member) {
    return storage
        .recording()
        .ledger()
        .by(membership.space(), member.id())
        .map(known -> known.statement().vector())
        .orElse(Map.of());
  }

  void switchLink(MeetingNode peer, boolean on) throws Exception {
    recorded(storage.recording().administer(() -> peers.switchLink(peer.id(), on)));
    exchanges.switched(peer.id(), on);
  }

  @Override
  public void close() {
    storage.close();
  }
}
