package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What is known of all nodes together, and what was found first. */
final class Evidence {
  final Map<Integer, Watched> nodes = new LinkedHashMap<>();
  final Map<Hash, NaiveEntry> entries = new HashMap<>();
  final Set<Place> readers = new HashSet<>();
  final Roll roll = new Roll();
  final Claims.Held held = new Claims.Held();
  final Letters letters = new Letters();
  final Set<Replica> doubled = new HashSet<>();
  final Verdict verdict = new Verdict();
  boolean readsFail;

  /** Whether there is a relay, by which a change of membership goes with the next entry. */
  boolean byRelays;

  /** What any storage of a node was known, forced, to have: entries, and how far chains. */
  private final Map<Place, Truth> had = new HashMap<>();

  record Truth(Set<Hash> entries, Map<Replica, Long> chains) {}

  record Place(SpaceId space, NodeId node) {}

  void broken(Invariant invariant, String what) {
    verdict.broken(invariant, what);
  }

  Watched watched(int place) {
    var watched = nodes.get(place);
    if (watched == null) {
      throw new IllegalStateException("no node at " + place);
    }
    return watched;
  }

  Truth truth(SpaceId space, NodeId node) {
    return had.computeIfAbsent(
        new Place(space, node), _ -> new Truth(new HashSet<>(), new HashMap<>()));
  }

  String name(NodeId id) {
    return nodes.values().stream()
        .filter(node -> node.id.equals(id))
        .map(node -> node.name)
        .findFirst()
        .orElse("a stranger");
  }

  Set<NodeId> nodesDoubled() {
    var nodes = new HashSet<NodeId>();
    doubled.forEach(author -> nodes.add(author.node()));
    return nodes;
  }

  // until somebody has seen a fork, a statement about that author says what it can't know
  boolean isOfDoubled(Replica replica) {
    return doubled.stream().anyMatch(author -> author.node().equals(replica.node()));
  }
}
