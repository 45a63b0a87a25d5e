package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.sync.storage.Recording;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The peers, in memory as they are kept. Changes are made on the recording thread, and shown once
 * they are forced; any thread may ask.
 */
public final class PeerDirectory {
  private final Recording recording;
  private final PeerStore store;

  /** What is forced. */
  private final Map<NodeId, Peer> peers = new ConcurrentSkipListMap<>();

  /** What is kept and not forced yet; owned by the recording thread. */
  private final Map<NodeId, Peer> unforced = new HashMap<>();

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
      Instant pairedAt,
      @Nullable Instant lastSeen,
      @Nullable Long clockOffsetMillis) {
    /** As it calls itself now; it may not know its addresses. */
    Peer introduced(String as, List<String> at) {
      // where it was before it may be again: who introduced itself may have been a copy of it
      var all =
          Stream.concat(at.stream().filter(Peer::isKept), addresses.stream())
              .distinct()
              .limit(MOST_ADDRESSES);
      var called = as.substring(0, Math.min(as.length(), NAME_LENGTH));
      return new Peer(node, called, all.toList(), linkOn, pairedAt, lastSeen, clockOffsetMillis);
    }

    private static boolean isKept(String address) {
      return !address.isBlank() && address.length() <= ADDRESS_LENGTH && address.indexOf(' ') < 0;
    }

    Peer seen(Instant when, long offsetMillis) {
      return new Peer(node, name, addresses, linkOn, pairedAt, when, offsetMillis);
    }

    Peer switchedLink(boolean on) {
      return new Peer(node, name, addresses, on, pairedAt, lastSeen, clockOffsetMillis);
    }
  }

  /** Of a peer so many are kept, those that it named last first. */
  private static final int MOST_ADDRESSES = 8;

  // what the column of all addresses, with a space between two, and that of names have room for
  private static final int ADDRESS_LENGTH = 500;
  private static final int NAME_LENGTH = 256;

  public PeerDirectory(Recording recording, PeerStore store) {
    this.recording = recording;
    this.store = store;
    store.peers().forEach(peer -> peers.put(peer.node(), peer));
    recording.onForced(this::show);
  }

  private void show() {
    peers.putAll(unforced);
    unforced.clear();
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
    return find(node).orElseThrow(() -> unknown(node));
  }

  private static Refused unknown(NodeId node) {
    return new Refused(ProblemCode.PEER_UNKNOWN, "this node is not paired with " + node);
  }

  private Optional<Peer> kept(NodeId node) {
    return Optional.ofNullable(unforced.get(node)).or(() -> find(node));
  }

  /** Pairs with a node, or notes its new name and addresses. Runs on the recording thread. */
  public Peer pair(NodeId node, String name, List<String> addresses, Instant now) {
    return put(
        kept(node)
            .orElseGet(() -> new Peer(node, name, List.of(), true, now, null, null))
            .introduced(name, addresses));
  }

  /** Runs on the recording thread. */
  Peer switchLink(NodeId node, boolean on) {
    return put(kept(node).orElseThrow(() -> unknown(node)).switchedLink(on));
  }

  /** Notes that a peer introduced itself; its own time does not wait for a force. */
  void seen(NodeId node, String name, List<String> addresses, Instant now, long offsetMillis) {
    if (peers.containsKey(node)) {
      var _ =
          recording.administer(() ->
              put(
                  kept(node)
                      .orElseThrow(() -> unknown(node))
                      .introduced(name, addresses)
                      .seen(now, offsetMillis)));
    }
  }

  /** How the lanes stood when the node was stopped last. */
  Map<NodeId, Lane.Status> lanes() {
    return store.lanes();
  }

  /** Keeps how the lanes stand. */
  CompletionStage<?> keep(Map<NodeId, Lane.Status> lanes) {
    return recording.administer(() -> {
      store.putLanes(lanes);
      return true;
    });
  }

  private Peer put(Peer peer) {
    store.put(peer);
    unforced.put(peer.node(), peer);
    return peer;
  }
}
