package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
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
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Folds a document's operations into its state under policy {@code keep}.
 *
 * <p>Whatever the order of arrival, the state is the same: heads are the effective operations that
 * no effective operation supersedes; a void operation passes its parents through; of several
 * operations of one version any effective one stands for it.
 *
 * <p>{@link #advance} is the step for an operation made on what is there now, which nearly every
 * write is; {@link #replay} starts from nothing and is right for every operation.
 */
public final class DocumentFold {
  private DocumentFold() {}

  /**
   * The state after one more effective operation; null where only {@link #replay} can tell, because
   * the operation was made on versions that are no longer heads, or joins some of several sides.
   *
   * @param version one that no operation known has, be it void: what was made on that one would
   *     have to be looked for
   */
  public static @Nullable DocumentState advance(
      DocumentKey key,
      @Nullable DocumentState state,
      Operation operation,
      Hash version,
      long position) {
    if (state == null || !state.exists()) {
      return operation.parents().isEmpty() && operation.seen().isEmpty()
          ? new DocumentState(
              key, List.of(head(operation, version, position, List.of())), null, position)
          : null;
    }
    var heads = state.headVersions();
    if (heads.contains(version)
        || !operation.seen().isEmpty()
        || state.heads().stream().anyMatch(Head::sawOthers)) {
      return null;
    }
    if (operation.parents().equals(heads)) {
      return new DocumentState(
          key, List.of(head(operation, version, position, state.heads())), null, position);
    }
    boolean concurrentCreate = operation.parents().isEmpty() && !state.conflicted();
    boolean oneSideGoesOn =
        state.conflicted()
            && operation.parents().size() == 1
            && heads.containsAll(operation.parents());
    if (!concurrentCreate && !oneSideGoesOn) {
      return null;
    }
    var parents =
        state.heads().stream()
            .filter(head -> operation.parents().contains(head.version()))
            .toList();
    var after = new ArrayList<>(state.heads());
    after.removeAll(parents);
    after.add(head(operation, version, position, parents));
    return new DocumentState(key, after, state.base(), position);
  }

  /**
   * The state that a document's operations make.
   *
   * @param lastPosition the end of the document's chain in the log
   */
  public static DocumentState replay(
      DocumentKey key, Collection<KnownOperation> operations, long lastPosition) {
    return new History(operations).state(key, lastPosition);
  }

  private static Head head(Operation operation, Hash version, long position, List<Head> parents) {
    int generation = 1 + parents.stream().mapToInt(Head::generation).max().orElse(0);
    var base = parents.stream().max(Head.WINNER_LAST).map(Head::body).orElse(null);
    return new Head(
        version, generation, body(operation.change(), base), position, false, List.of());
  }

  private static @Nullable JsonText body(Change change, @Nullable JsonText base) {
    return switch (change) {
      case Change.Put(var body) -> body;
      case Change.Patch(var notation, var text) ->
          DocumentPatch.applyLeniently(notation, text, base);
      case Change.Delete _ -> null;
    };
  }

  /** A document's operations and how they hang together. */
  public static final class History {
    private final Map<Hash, Node> nodes = new LinkedHashMap<>();

    private record Node(KnownOperation known, Set<Hash> parents, Head head) {}

    /**
     * @param operations in any order
     */
    public History(Collection<KnownOperation> operations) {
      var effective = new LinkedHashMap<Hash, KnownOperation>();
      var voids = new HashMap<Hash, List<Hash>>();
      for (var known : operations) {
        if (known.effective()) {
          effective.putIfAbsent(known.version(), known);
        } else {
          voids.put(known.version(), known.operation().parents());
        }
      }
      var waiting = new ArrayDeque<>(effective.values());
      while (!waiting.isEmpty()) {
        var next = waiting.peekLast();
        var parents = standing(next.operation().parents(), effective.keySet(), voids);
        var unborn = parents.stream().filter(parent -> !nodes.containsKey(parent)).toList();
        if (unborn.isEmpty()) {
          waiting.removeLast();
          nodes.computeIfAbsent(next.version(), _ -> born(next, parents));
        } else {
          unborn.forEach(parent -> waiting.addLast(Objects.requireNonNull(effective.get(parent))));
        }
      }
    }

    private Node born(KnownOperation known, Set<Hash> parents) {
      var heads = parents.stream().map(parent -> node(parent).head()).toList();
      return new Node(
          known, parents, head(known.operation(), known.version(), known.position(), heads));
    }

    // An effective operation stands for its version; of a void one its own parents do.
    private static Set<Hash> standing(
        List<Hash> parents, Set<Hash> effective, Map<Hash, List<Hash>> voids) {
      var standing = new LinkedHashSet<Hash>();
      var open = new ArrayDeque<>(parents);
      var passed = new HashSet<Hash>();
      while (!open.isEmpty()) {
        var parent = open.removeFirst();
        if (effective.contains(parent)) {
          standing.add(parent);
        } else if (passed.add(parent)) {
          open.addAll(voids.getOrDefault(parent, List.of()));
        }
      }
      return standing;
    }

    public boolean knows(Hash version) {
      return nodes.containsKey(version);
    }

    /** The version as a head would show it. */
    public @Nullable Head version(Hash version) {
      var node = nodes.get(version);
      return node == null ? null : node.head();
    }

    DocumentState state(DocumentKey key, long lastPosition) {
      var superseded = new HashSet<Hash>();
      nodes.values().forEach(node -> superseded.addAll(node.parents()));
      var heads = nodes.keySet().stream().filter(version -> !superseded.contains(version)).toList();
      var states = new ArrayList<Head>();
      for (var version : heads) {
        var node = node(version);
        var head = node.head();
        var seen = node.known().operation().seen();
        if (head.deleted() && !seen.isEmpty()) {
          var covers = heads.stream().filter(other -> comesFrom(other, seen)).toList();
          head = new Head(version, head.generation(), null, head.position(), true, covers);
        }
        states.add(head);
      }
      var state = new DocumentState(key, states, null, lastPosition);
      if (!state.conflicted()) {
        return state;
      }
      var base = commonAncestor(state.sides().stream().map(Head::version).toList());
      return new DocumentState(key, states, base, lastPosition);
    }

    /**
     * The newest version that all these come from: of the common ancestors the deepest, then the
     * greatest.
     */
    public @Nullable Hash commonAncestor(List<Hash> versions) {
      Set<Hash> common = null;
      for (var version : versions) {
        var ancestors = ancestors(version);
        if (common == null) {
          common = ancestors;
        } else {
          common.retainAll(ancestors);
        }
      }
      if (common == null) {
        return null;
      }
      return common.stream()
          .max(
              Comparator.comparingInt((Hash v) -> node(v).head().generation())
                  .thenComparing(Comparator.naturalOrder()))
          .orElse(null);
    }

    private Node node(Hash version) {
      return Objects.requireNonNull(nodes.get(version));
    }

    private boolean comesFrom(Hash version, List<Hash> seen) {
      if (seen.contains(version)) {
        return true;
      }
      return ancestors(version).stream().anyMatch(seen::contains);
    }

    private Set<Hash> ancestors(Hash version) {
      var found = new HashSet<Hash>();
      var open = new ArrayList<Hash>(node(version).parents());
      while (!open.isEmpty()) {
        var next = open.removeLast();
        if (found.add(next)) {
          open.addAll(node(next).parents());
        }
      }
      return found;
    }
  }
}
