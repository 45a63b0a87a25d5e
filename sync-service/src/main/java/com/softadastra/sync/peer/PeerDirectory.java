package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.sync.storage.Recording;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The peers, in memory as they are on disk. Changes go through the recording thread, so that they
 * are forced.
 */
public final class PeerDirectory {
  private final Recording recording;
  private final PeerRepository repository;
  private final TransactionTemplate transaction;
  private final Map<NodeId, Peer> peers = new ConcurrentSkipListMap<>();

  /**
   * A peer.
   *
   * @param linkOn the operator's switch
   * @param clockOffsetMillis how far its clock was ahead when it was seen last
   */
  public record Peer(
      NodeId node,
      String name,
      List<String> addresses,
      boolean linkOn,
      @Nullable Instant lastSeen,
      @Nullable Long clockOffsetMillis) {}

  PeerDirectory(Recording recording, PeerRepository repository, TransactionTemplate transaction) {
    this.recording = recording;
    this.repository = repository;
    this.transaction = transaction;
    repository.findAll().forEach(this::remember);
  }

  public Collection<Peer> all() {
    return List.copyOf(peers.values());
  }

  public Optional<Peer> find(NodeId node) {
    return Optional.ofNullable(peers.get(node));
  }

  /**
   * @throws Refused where there is no such peer
   */
  public Peer get(NodeId node) {
    return find(node)
        .orElseThrow(
            () -> new Refused(ProblemCode.PEER_UNKNOWN, "this node is not paired with " + node));
  }

  /** Pairs with a node, or notes its new name and addresses. Runs on the recording thread. */
  Peer pair(NodeId node, String name, List<String> addresses, Instant now) {
    return change(node, now, peer -> peer.introduced(name, addresses));
  }

  /** Runs on the recording thread. */
  Peer switchLink(NodeId node, boolean on) {
    get(node);
    return change(node, Instant.EPOCH, peer -> peer.switchLink(on));
  }

  /** Notes that a peer introduced itself; its own time does not wait for a force. */
  void seen(NodeId node, String name, List<String> addresses, Instant now, long offsetMillis) {
    if (peers.containsKey(node)) {
      var _ =
          recording.administer(() ->
              change(
                  node,
                  now,
                  peer -> {
                    peer.introduced(name, addresses);
                    peer.seen(now, offsetMillis);
                  }));
    }
  }

  private Peer change(NodeId node, Instant now, Consumer<PeerEntity> change) {
    var changed =
        transaction.execute(_ -> {
          var entity =
              repository.findById(node.toString()).orElseGet(() -> new PeerEntity(node, now));
          change.accept(entity);
          return repository.save(entity);
        });
    return remember(java.util.Objects.requireNonNull(changed));
  }

  private Peer remember(PeerEntity entity) {
    var peer =
        new Peer(
            entity.node(),
            entity.name(),
            entity.addresses(),
            entity.linkOn(),
            entity.lastSeen(),
            entity.clockOffsetMillis());
    peers.put(peer.node(), peer);
    return peer;
  }
}
