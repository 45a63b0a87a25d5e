package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.DocumentUpdate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one node's storage was seen to hold, forced, and what should follow from it. */
final class Shadow {
  /** The hash of the entry at each position. */
  final TreeMap<Long, NaiveEntry> log = new TreeMap<>();

  final Map<SpaceId, Space> spaces = new LinkedHashMap<>();

  /** One space of it. */
  static final class Space {
    final SpaceId id;
    final Set<Hash> has = new HashSet<>();
    final Map<Hash, Set<NaiveEntry>> following = new HashMap<>();
    final Map<String, List<NaiveEntry>> intents = new HashMap<>();
    final Map<DocumentKey, NaiveDocument> documents = new HashMap<>();
    final Map<DocumentKey, Long> digests = new HashMap<>();

    /** By document, where the log has the newest entry on it. */
    final Map<DocumentKey, Long> ends = new HashMap<>();

    final Map<Replica, Long> reached = new HashMap<>();
    final TreeMap<Long, NaiveEntry> undischarged = new TreeMap<>();

    final Map<Hash, Long> positions = new HashMap<>();

    /** By position. */
    final TreeMap<Long, NaiveEntry> urgent = new TreeMap<>();

    final Set<NaiveEntry> forked = new HashSet<>();

    /** Entries on what is divided, by position, and those of them that took too much. */
    final TreeMap<Long, NaiveEntry> divided = new TreeMap<>();

    final Set<NaiveEntry> uncovered = new HashSet<>();
    long set;
    long state;

    /** Whom this node counted on when its outbox was looked at last. */
    Set<NodeId> counted = Set.of();

    Space(SpaceId id) {
      this.id = id;
    }

    boolean effective(NaiveEntry entry) {
      var intent = entry.entry().intent();
      return intent != null && entry == effective(intent.id());
    }

    @Nullable NaiveEntry effective(String intent) {
      NaiveEntry first = null;
      for (var entry : intents.getOrDefault(intent, List.of())) {
        if (entry.allowed() && !forked.contains(entry) && (first == null || before(entry, first))) {
          first = entry;
        }
      }
      return uncovered.contains(first) ? null : first;
    }

    /** Whether an intent has no effect because it took more than its author held. */
    boolean uncovered(String intent) {
      return intents.getOrDefault(intent, List.of()).stream().anyMatch(uncovered::contains);
    }

    /** Whether a clock that somebody calls suspect has given an entry its place. */
    boolean suspect(NaiveEntry entry) {
      var author = entry.entry().author();
      var document = documents.get(NaiveClocks.key(id, author));
      return document != null
          && NaiveClocks.suspect(document.bodies(this::effective), entry.entry().sequence());
    }

    /**
     * Whether intents were recorded more than once, or a sequence declared by two that did not know
     * of each other: then what counted on one of these may be void.
     */
    boolean repeated() {
      return intents.values().stream().anyMatch(entries -> entries.size() > 1)
          || divided.values().stream().filter(NaiveHoldings::declares).count() > 1;
    }

    /** The state of documents, and which entries took too much. */
    long state() {
      return state
          + uncovered.stream().mapToLong(entry -> entry.number() * 0xBF58476D1CE4E5B9L).sum();
    }

    /**
     * Notes whether an entry took too much.
     *
     * @param touched gets the documents that this may have changed
     */
    void stands(NaiveEntry entry, boolean covered, Set<DocumentKey> touched) {
      if (covered ? uncovered.remove(entry) : uncovered.add(entry)) {
        touch(entry, touched);
      }
    }
  }

  // the author's clock, then the replica, then the sequence
  static boolean before(NaiveEntry a, NaiveEntry b) {
    var left = a.entry();
    var right = b.entry();
    if (left.clock() != right.clock()) {
      return left.clock() < right.clock();
    }
    int order = left.author().compareTo(right.author());
    return order != 0 ? order < 0 : left.sequence() < right.sequence();
  }

  Space space(SpaceId id) {
    return spaces.computeIfAbsent(id, Space::new);
  }

  long last() {
    return log.isEmpty() ? 0 : log.lastKey();
  }

  /**
   * Takes in an entry.
   *
   * @return the documents that it may have changed
   */
  Set<DocumentKey> add(LoggedEntry logged, NaiveEntry entry) {
    log.put(logged.position(), entry);
    var space = space(entry.entry().space());
    space.has.add(entry.hash());
    space.positions.put(entry.hash(), logged.position());
    space.set +=
        entry.number() * 0x9E3779B97F4A7C15L
            ^ Long.rotateLeft(entry.number() * 0xD6E8FEB86659FD93L, 31);
    space.undischarged.put(logged.position(), entry);
    if (entry.entry().intent() != null && entry.entry().intent().priority() == Priority.URGENT) {
      space.urgent.put(logged.position(), entry);
    }
    if (NaiveHoldings.divides(entry)) {
      space.divided.put(logged.position(), entry);
    }
    var touched = new LinkedHashSet<DocumentKey>();
    var siblings = space.following.computeIfAbsent(key(entry), _ -> new LinkedHashSet<>());
    siblings.add(entry);
    if (siblings.size() > 1 || isForked(space, entry)) {
      for (var sibling : siblings) {
        if (siblings.size() > 1 || sibling == entry) {
          fork(space, sibling, touched);
        }
      }
    }
    var intent = entry.entry().intent();
    if (intent != null) {
      var same = space.intents.computeIfAbsent(intent.id(), _ -> new ArrayList<>(1));
      same.add(entry);
      for (int i = 0; i < intent.operations().size(); i++) {
        var operation = intent.operations().get(i);
        var key = new DocumentKey(space.id, operation.collection(), operation.id());
        space.ends.put(key, logged.position());
        space
            .documents
            .computeIfAbsent(key, _ -> new NaiveDocument())
            .add(
                new NaiveDocument.Known(
                    operation,
                    DocumentUpdate.version(logged, operation),
                    entry.definitions().get(i),
                    entry));
      }
      same.forEach(other -> touch(other, touched));
    }
    return touched;
  }

  // two first entries of one replica fork as well
  private static Hash key(NaiveEntry entry) {
    var e = entry.entry();
    return e.previous().equals(Hash.ZERO)
        ? Hash.sha256(e.author().toString().getBytes(java.nio.charset.StandardCharsets.UTF_8))
        : e.previous();
  }

  private static boolean isForked(Space space, NaiveEntry entry) {
    return space.forked.stream().anyMatch(f -> f.hash().equals(entry.entry().previous()));
  }

  private static void fork(Space space, NaiveEntry entry, Set<DocumentKey> touched) {
    var open = new ArrayList<NaiveEntry>(List.of(entry));
    while (!open.isEmpty()) {
      var next = open.removeLast();
      if (space.forked.add(next)) {
        var intent = next.entry().intent();
        if (intent != null) {
          space
              .intents
              .getOrDefault(intent.id(), List.of())
              .forEach(other -> touch(other, touched));
          touch(next, touched);
        }
        open.addAll(space.following.getOrDefault(next.hash(), Set.of()));
      }
    }
  }

  private static void touch(NaiveEntry entry, Set<DocumentKey> touched) {
    for (var operation : entry.entry().operations()) {
      touched.add(new DocumentKey(entry.entry().space(), operation.collection(), operation.id()));
    }
  }
}
