package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;

/**
 * Policy {@code keep} written down from its definition, without a thought for speed: everything is
 * found anew by recursion over the whole history. It shares no code with {@link DocumentFold}.
 */
final class NaiveFold {
  private final DocumentKey key;
  private final Map<Hash, Operation> all = new HashMap<>();
  private final Set<Hash> effective = new TreeSet<>();

  /** The body that a patch makes of another; null stands for no body. */
  private final BiFunction<Change.Patch, String, String> patches;

  NaiveFold(
      DocumentKey key,
      Collection<KnownOperation> operations,
      BiFunction<Change.Patch, String, String> patches) {
    this.key = key;
    this.patches = patches;
    for (var known : operations) {
      all.put(known.version(), known.operation());
      if (known.effective()) {
        effective.add(known.version());
      }
    }
  }

  /** What everybody must agree on, as text that a failing test can show. */
  String outcome() {
    var heads = heads();
    if (heads.isEmpty()) {
      return "absent";
    }
    var sides = sides();
    return outcome(
        heads.stream().map(h -> h + ":" + generation(h) + ":" + body(h)).toList(),
        sides,
        winner(sides),
        sides.size() == 1 ? sides.getFirst() : DocumentState.combined(sides),
        sides.size() > 1 ? String.valueOf(base(sides)) : "-",
        sides.size() > 1 ? String.valueOf(DocumentState.conflictId(key, base(sides))) : "-");
  }

  /** The same of a state that {@link DocumentFold} made. */
  static String outcome(DocumentState state) {
    if (!state.exists()) {
      return "absent";
    }
    return outcome(
        state.heads().stream()
            .map(h ->
                h.version()
                    + ":"
                    + h.generation()
                    + ":"
                    + (h.body() == null ? null : h.body().text()))
            .toList(),
        state.sides().stream().map(Head::version).toList(),
        state.winner().version(),
        state.version(),
        state.conflicted() ? String.valueOf(state.base()) : "-",
        state.conflict().map(Hash::toString).orElse("-"));
  }

  private static String outcome(
      List<String> heads,
      List<Hash> sides,
      Hash winner,
      Hash version,
      String base,
      String conflict) {
    return String.join(
        "\n",
        "heads " + heads,
        "sides " + sides,
        "winner " + winner,
        "version " + version,
        "base " + base,
        "conflict " + conflict);
  }

  /** Effective operations that no effective operation supersedes, sorted. */
  List<Hash> heads() {
    return effective.stream()
        .filter(version -> effective.stream().noneMatch(e -> ancestors(e).contains(version)))
        .toList();
  }

  private List<Hash> sides() {
    var heads = heads();
    var open = heads.stream().filter(head -> heads.size() == 1 || !closed(head, heads)).toList();
    return open.isEmpty() ? heads : open;
  }

  /** A deletion that had seen what every other head is or comes from. */
  private boolean closed(Hash head, List<Hash> heads) {
    var operation = all.get(head);
    if (!operation.deletes() || operation.seen().isEmpty()) {
      return false;
    }
    for (var other : heads) {
      if (!other.equals(head)) {
        var line = new HashSet<>(ancestors(other));
        line.add(other);
        line.retainAll(operation.seen());
        if (line.isEmpty()) {
          return false;
        }
      }
    }
    return true;
  }

  Hash winner(Collection<Hash> of) {
    return of.stream()
        .max(
            Comparator.comparing((Hash v) -> all.get(v).deletes() ? 0 : 1)
                .thenComparing(this::generation)
                .thenComparing(Comparator.naturalOrder()))
        .orElse(null);
  }

  private Hash base(List<Hash> sides) {
    var common = new TreeSet<>(ancestors(sides.getFirst()));
    sides.forEach(side -> common.retainAll(ancestors(side)));
    Hash newest = null;
    for (var candidate : common) {
      if (newest == null || generation(candidate) >= generation(newest)) {
        newest = candidate;
      }
    }
    return newest;
  }

  /** An effective version stands for itself, a void one for its parents. */
  private Set<Hash> standing(Hash version) {
    var standing = new TreeSet<Hash>();
    if (effective.contains(version)) {
      standing.add(version);
    } else {
      for (var parent : all.get(version).parents()) {
        standing.addAll(standing(parent));
      }
    }
    return standing;
  }

  private Set<Hash> parents(Hash version) {
    var parents = new TreeSet<Hash>();
    all.get(version).parents().forEach(parent -> parents.addAll(standing(parent)));
    return parents;
  }

  private Set<Hash> ancestors(Hash version) {
    var ancestors = new TreeSet<Hash>();
    for (var parent : parents(version)) {
      ancestors.add(parent);
      ancestors.addAll(ancestors(parent));
    }
    return ancestors;
  }

  private int generation(Hash version) {
    int deepest = 0;
    for (var parent : parents(version)) {
      deepest = Math.max(deepest, generation(parent));
    }
    return deepest + 1;
  }

  private String body(Hash version) {
    return switch (all.get(version).change()) {
      case Change.Put(var body) -> body.text();
      case Change.Delete _ -> null;
      case Change.Difference _, Change.Undo _ -> throw new IllegalStateException("not under keep");
      case Change.Patch patch -> {
        var parents = new ArrayList<>(parents(version));
        yield patches.apply(patch, parents.isEmpty() ? null : body(winner(parents)));
      }
    };
  }
}
