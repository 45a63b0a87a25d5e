package com.softadastra.simulation.judge;

import static com.softadastra.simulation.judge.Invariant.ATOMIC;
import static com.softadastra.simulation.judge.Invariant.CONVERGENT;
import static com.softadastra.simulation.judge.Invariant.DIVIDED;
import static com.softadastra.simulation.judge.Invariant.NOTHING_LOST;
import static com.softadastra.simulation.judge.Invariant.REBUILDABLE;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.documents.OtherWrites;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Judges documents and their conflicts by the operations that a node has. */
final class DocumentJudge {
  private final Evidence evidence;
  private final Map<State, Long> states = new HashMap<>();

  private record State(SpaceId space, long set) {}

  DocumentJudge(Evidence evidence) {
    this.evidence = evidence;
  }

  /** All documents and standings of a node, also those that nothing was seen to touch. */
  void everything(Watched node, Journal journal) {
    for (var space : node.shadow.spaces.values()) {
      covered(journal, space, new HashSet<>());
      List.copyOf(space.documents.keySet())
          .forEach(key -> {
            document(node, journal, key);
            isRebuilt(node, space, journal, key);
          });
      standing(node, space);
    }
  }

  /** Looks which entries the node found to take more than their authors held. */
  static void covered(Journal journal, Shadow.Space space, Set<DocumentKey> touched) {
    space.divided.forEach((position, entry) -> {
      try {
        space.stands(entry, !journal.entry(position).standing().uncovered(), touched);
      } catch (DamagedRow _) {
        // as it was
      }
    });
  }

  /** No amount, and no share of one, is below nothing, and no number is used twice. */
  void holdings(Watched node, Journal journal, Shadow.Space space) {
    if (space.divided.isEmpty()) {
      return;
    }
    var wrong =
        NaiveHoldings.wrong(
            space,
            key -> {
              try {
                return journal.document(key);
              } catch (DamagedRow _) {
                return null;
              }
            });
    if (wrong != null) {
      evidence.broken(DIVIDED, "at " + node.name + " " + wrong);
    }
  }

  /** Is a document what its operations make of it? */
  void document(Watched node, Journal journal, DocumentKey key) {
    var space = node.shadow.space(key.space());
    var naive = space.documents.get(key);
    DocumentState state;
    try {
      state = journal.document(key);
    } catch (DamagedRow _) {
      node.unread.add(key);
      return;
    }
    node.unread.remove(key);
    if (naive == null) {
      evidence.broken(REBUILDABLE, node.name + " has a document without operations");
      return;
    }
    var now = naive.now(space::effective);
    var difference = now.differsFrom(state);
    if (difference == null && state != null) {
      difference = naive.doubtedWrongly(state, space::effective, space::suspect);
    }
    if (difference != null) {
      evidence.broken(
          costs(space, journal, key, state),
          key.collection() + "/" + key.id() + " at " + node.name + ": " + difference);
      return;
    }
    var stands =
        state == null
            ? null
            : naive.standsWrongly(
                state, version -> Decided.conflictId(key, version), space::effective);
    if (stands != null) {
      evidence.broken(
          NOTHING_LOST, key.collection() + "/" + key.id() + " at " + node.name + ": " + stands);
    }
    long digest = digest(state);
    Long before = space.digests.put(key, digest);
    space.state += digest - (before == null ? 0 : before);
    conflict(node, key, now, state);
    others(node, journal, key, now);
  }

  /** Which invariant it costs that a document isn't what its operations make of it. */
  private static Invariant costs(
      Shadow.Space space, Journal journal, DocumentKey key, @Nullable DocumentState state) {
    if (isHalved(space, journal, key, state)) {
      return ATOMIC;
    }
    var rebuilt = rebuilt(space, journal, key);
    boolean madeOtherwise =
        rebuilt.isPresent()
            && !rebuilt.get().equals(state)
            && naive(space, key).now(space::effective).differsFrom(rebuilt.get()) == null;
    return madeOtherwise ? REBUILDABLE : NOTHING_LOST;
  }

  /**
   * Whether an entry has effect in the one of its documents, and not in another, or the reverse.
   */
  private static boolean isHalved(
      Shadow.Space space, Journal journal, DocumentKey key, @Nullable DocumentState state) {
    for (var entry : naive(space, key).entries()) {
      var otherwise = naive(space, key).now(other -> space.effective(other) != (other == entry));
      if (entry.entry().operations().size() > 1 && otherwise.differsFrom(state) == null) {
        for (var operation : entry.entry().operations()) {
          var other = new DocumentKey(space.id, operation.collection(), operation.id());
          if (!other.equals(key) && isAsItShould(space, journal, other)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static boolean isAsItShould(Shadow.Space space, Journal journal, DocumentKey key) {
    try {
      return naive(space, key).now(space::effective).differsFrom(journal.document(key)) == null;
    } catch (DamagedRow _) {
      return false;
    }
  }

  private static NaiveDocument naive(Shadow.Space space, DocumentKey key) {
    return Objects.requireNonNull(space.documents.get(key));
  }

  /**
   * A document as the product makes it of the node's log; empty where that is damaged, or not what
   * it was, which is said of the log.
   */
  private static Optional<DocumentState> rebuilt(
      Shadow.Space space, Journal journal, DocumentKey key) {
    try {
      return Optional.of(
          DocumentUpdate.rebuilt(key, Objects.requireNonNull(space.ends.get(key)), journal));
    } catch (DamagedRow | IllegalStateException _) {
      return Optional.empty();
    }
  }

  /** Is it kept as the log makes it, to the last field? */
  private void isRebuilt(Watched node, Shadow.Space space, Journal journal, DocumentKey key) {
    if (node.unread.contains(key)) {
      return;
    }
    var kept = journal.document(key);
    var rebuilt = rebuilt(space, journal, key);
    if (rebuilt.isPresent() && !rebuilt.get().equals(kept)) {
      evidence.broken(
          REBUILDABLE, node.name + " keeps " + kept + ", and its log makes that " + rebuilt.get());
    }
  }

  /** Does the node list the conflict that is open, with its sides, and whoever has lost? */
  private void conflict(
      Watched node, DocumentKey key, NaiveDocument.Now now, @Nullable DocumentState state) {
    var listed = Objects.requireNonNull(node.rows).conflicts(key);
    var at = " of " + key.collection() + "/" + key.id() + " at " + node.name;
    var open = new HashSet<Hash>();
    now.conflict()
        .ifPresent(conflict -> {
          var id = DocumentState.conflictId(key, conflict.base());
          open.add(id);
          boolean told =
              listed.stream()
                  .anyMatch(row ->
                      row.id().equals(id)
                          && Objects.equals(row.base(), conflict.base())
                          && row.sides().equals(conflict.sides()));
          if (!told) {
            evidence.broken(
                NOTHING_LOST,
                "the conflict" + at + " is " + listed + ", and should be " + conflict);
          }
        });
    var decided = state == null ? List.<Decided>of() : state.decided();
    var lost = new HashSet<>(now.losers());
    decided.forEach(conflict -> {
      lost.add(conflict.loser());
      if (conflict.doubted()) {
        open.add(Decided.conflictId(key, conflict.loser()));
      }
    });
    for (var row : listed) {
      if (row.open() != open.contains(row.id())) {
        evidence.broken(
            NOTHING_LOST,
            "the conflict "
                + row.id()
                + at
                + " is "
                + (row.open() ? "open" : "closed")
                + " against the document's heads");
      }
    }
    var told = new HashSet<Hash>();
    listed.forEach(row -> told.add(row.id()));
    for (var loser : lost) {
      if (!told.contains(Decided.conflictId(key, loser))) {
        evidence.broken(NOTHING_LOST, "nobody is told of what " + loser + at + " has lost");
      }
    }
    for (var id : open) {
      if (!told.contains(id)) {
        evidence.broken(NOTHING_LOST, "nobody is told of the conflict " + id + at);
      }
    }
  }

  /** Does the conflict name what else each side's intent has written? */
  private void others(Watched node, Journal journal, DocumentKey key, NaiveDocument.Now now) {
    var space = node.shadow.space(key.space());
    var sides = now.conflict().map(NaiveDocument.Open::sides).orElse(Set.of());
    for (var side : sides) {
      var entry = now.brought(side);
      try {
        var logged = journal.entry(Objects.requireNonNull(space.positions.get(entry.hash())));
        var should = new HashSet<String>();
        Operation own = null;
        for (var operation : entry.entry().operations()) {
          if (operation.collection().equals(key.collection()) && operation.id().equals(key.id())) {
            own = operation;
          } else if (!operation.isReserved()) {
            should.add(operation.collection() + "/" + operation.id());
          }
        }
        var named = new HashSet<String>();
        OtherWrites.of(logged, Objects.requireNonNull(own))
            .forEach(other -> named.add(other.collection() + "/" + other.id()));
        if (!named.equals(should)) {
          evidence.broken(
              ATOMIC,
              "a conflict at " + node.name + " names " + named + " of an intent on " + should);
        }
      } catch (DamagedRow _) {
        // the conflict can't be shown either
      }
    }
  }

  private static long digest(@Nullable DocumentState state) {
    if (state == null || !state.exists()) {
      return 0;
    }
    long digest = state.key().hashCode() * 31L + state.version().hashCode();
    for (var head : state.heads()) {
      digest = digest * 0x9E3779B97F4A7C15L + head.version().hashCode();
      digest = digest * 31 + head.generation();
      digest = digest * 31 + (head.body() == null ? 0 : head.body().text().hashCode());
      digest = digest * 31 + head.covers().hashCode() + (head.sawOthers() ? 1 : 0);
    }
    var merged = state.merged();
    if (merged != null) {
      digest = digest * 31 + (merged.body() == null ? 7 : merged.body().text().hashCode());
    }
    digest = digest * 31 + state.decided().hashCode();
    if (NaiveHoldings.isDivided(state.key().collection()) && state.body() != null) {
      digest = digest * 31 + state.body().text().hashCode();
    }
    var base = state.base();
    digest = digest * 31 + (base == null ? 0 : base.hashCode());
    return digest * 31 + state.conflict().map(Hash::hashCode).orElse(0);
  }

  /** The same entries, the same state, wherever they are. */
  void standing(Watched node, Shadow.Space space) {
    if (node.unread.stream().anyMatch(key -> key.space().equals(space.id))) {
      return;
    }
    var before = states.putIfAbsent(new State(space.id, space.set), space.state());
    if (before != null && before != space.state()) {
      evidence.broken(
          CONVERGENT, node.name + " has another state than a node with the same entries");
    }
  }
}
