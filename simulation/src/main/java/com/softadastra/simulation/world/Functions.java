package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.ConflictView.Turn;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.ResolverTurn;
import com.softadastra.sync.documents.DocumentService;
import com.softadastra.sync.storage.DamagedRow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The application's function at the nodes, which decides conflicts when the product says that it is
 * a node's turn. It keeps nothing beyond the life of a process.
 */
final class Functions {
  static final String NAME = "pick";

  private static final long SECOND = 1_000_000_000L;
  private static final long DELAY = 10 * SECOND;
  private static final long PATIENCE = 60 * SECOND;

  private final World world;
  private final Clients clients;
  private final List<String> documents;
  private final boolean fickle;
  private final RandomGenerator random;

  // what each process is about to look at, and whether it is about to look for more
  private final Map<Life, Map<DocumentKey, DocumentState>> due = new HashMap<>();
  private final Map<Life, Boolean> looking = new HashMap<>();

  /**
   * @param fickle whether it says something else at each node
   */
  Functions(World world, Clients clients, int documents, boolean fickle) {
    this.world = world;
    this.clients = clients;
    this.fickle = fickle;
    this.random = world.draw("functions");
    this.documents = new ArrayList<>();
    for (int i = 0; i < documents; i++) {
      this.documents.add("d" + i);
    }
  }

  /** Something may have changed at a node. */
  void changed(SimulatedNode node, long within) {
    var life = node.life();
    if (life != null && looking.putIfAbsent(life, true) == null) {
      life.after(random.nextLong(within), () -> look(node, life));
    }
  }

  void ended(@Nullable Life life) {
    due.remove(life);
    looking.remove(life);
  }

  private void look(SimulatedNode node, Life life) {
    looking.remove(life);
    for (var space : world.spaces()) {
      if (node.recording().view(space).isPresent()) {
        keys(space).forEach(key -> consider(node, life, key));
      }
    }
  }

  private List<DocumentKey> keys(SpaceId space) {
    var keys = new ArrayList<DocumentKey>();
    for (var collection : List.of("items", "orders")) {
      documents.forEach(id -> keys.add(new DocumentKey(space, collection, id)));
    }
    return keys;
  }

  private void consider(SimulatedNode node, Life life, DocumentKey key) {
    var known = due.computeIfAbsent(life, _ -> new HashMap<>());
    var state = disputed(node, key);
    var before = known.get(key);
    if (state == null || (before != null && before.version().equals(state.version()))) {
      return;
    }
    var turn = turn(node, state);
    if (turn == Turn.OTHERS) {
      return;
    }
    known.put(key, state);
    long wait =
        switch (turn) {
          case FIRST -> random.nextLong(SECOND);
          case NEXT -> DELAY + random.nextLong(DELAY);
          case LAST, OTHERS -> PATIENCE + DELAY + random.nextLong(DELAY);
        };
    life.after(wait, () -> decide(node, life, state, turn));
  }

  private void decide(SimulatedNode node, Life life, DocumentState seen, Turn before) {
    var known = due.getOrDefault(life, Map.of());
    if (known.get(seen.key()) != seen) {
      return;
    }
    known.remove(seen.key());
    var state = disputed(node, seen.key());
    if (state == null
        || !state.version().equals(seen.version())
        || turn(node, state).compareTo(before) > 0) {
      consider(node, life, seen.key());
      return;
    }
    if (leaves(state)) {
      return;
    }
    var by = new Resolution.Function(NAME, state.version().toString());
    clients.submit(
        node,
        state.key().space(),
        DocumentService.resolving("s", state, result(node, state), null, by));
    // it may be refused, where there is no room
    life.after(3 * DELAY, () -> consider(node, life, seen.key()));
  }

  /** A document of which a function is to decide; null where there is nothing for one. */
  private static @Nullable DocumentState disputed(SimulatedNode node, DocumentKey key) {
    var state = node.document(key);
    if (state == null || !state.exists() || !state.conflicted()) {
      return null;
    }
    try {
      var operations = DocumentUpdate.operations(key, state.lastPosition(), node.journal());
      return new DocumentFold.History(key, operations).definition().calls() ? state : null;
    } catch (DamagedRow row) {
      node.recording().noticed(row);
      return null;
    }
  }

  private static Turn turn(SimulatedNode node, DocumentState state) {
    var authors = new ArrayList<NodeId>();
    try {
      for (var side : state.sides()) {
        authors.add(node.journal().entry(side.position()).entry().author().node());
      }
    } catch (DamagedRow row) {
      node.recording().noticed(row);
      return Turn.OTHERS;
    }
    var view = node.recording().view(state.key().space()).orElseThrow();
    return ResolverTurn.of(node.id(), view.membership(), authors);
  }

  private static int mixed(DocumentState state) {
    return state.version().hashCode() >>> 1;
  }

  /** Some that were deleted and written are for people. */
  private static boolean leaves(DocumentState state) {
    return state.sides().stream().anyMatch(Head::deleted) && mixed(state) % 3 == 0;
  }

  private @Nullable JsonText result(SimulatedNode node, DocumentState state) {
    int mixed = mixed(state) % 1000;
    if (mixed % 8 == 1) {
      return null;
    }
    return new JsonText("{\"n\":" + (fickle ? mixed + node.place() : mixed) + "}");
  }

  /** What of all that a function is to decide is still open; null where nothing is. */
  @Nullable String undecided(List<SimulatedNode> nodes) {
    return nodes.stream()
        .filter(SimulatedNode::runs)
        .flatMap(node ->
            world.spaces().stream()
                .filter(space -> node.recording().view(space).isPresent())
                .flatMap(space -> keys(space).stream())
                .map(key -> disputed(node, key))
                .filter(Objects::nonNull)
                .filter(state -> !leaves(state))
                .map(state -> state.key() + " is not decided at " + node))
        .findFirst()
        .orElse(null);
  }
}
