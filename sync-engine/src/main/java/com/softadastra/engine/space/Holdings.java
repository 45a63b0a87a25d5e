package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What the replicas of a space hold of its divided amounts and of the numbers of its sequences, by
 * the entries that have effect; and whether an entry takes only what its author held (decision 28).
 *
 * <p>What a replica holds at one of its entries is what its own chain's earlier entries left, and
 * what was moved to it by operations that this entry's operation on the same document comes from.
 * So the entries that an entry follows from decide it, whatever else is known. An intent whose
 * entry was forked and that its node has recorded again takes of what the replica held that
 * recorded it first.
 */
public final class Holdings {
  private static final Comparator<LoggedEntry> ORDER =
      Comparator.comparing(LoggedEntry::entry, Entry.ORDER).thenComparing(LoggedEntry::hash);

  private final SpaceId space;
  private final Reads reads;
  private final Map<DocumentKey, Part> parts = new LinkedHashMap<>();
  // of the documents looked at, by position
  private final TreeMap<Long, LoggedEntry> entries = new TreeMap<>();
  // those that were not looked at for other documents yet
  private final ArrayDeque<LoggedEntry> fresh = new ArrayDeque<>();
  // by intent, who wrote an entry of it that was forked
  private final Map<String, List<LoggedEntry>> forked = new HashMap<>();
  private final Map<Named, Definition> definitions = new HashMap<>();

  private record Named(String collection, @Nullable Object name) {}

  /** A document's holdings and history. */
  private static final class Part {
    private final Map<Hash, List<Hash>> parents = new HashMap<>();
    private final Shares shares = new Shares();
    private final Ranges ranges = new Ranges();

    /** Which versions an operation comes from. */
    Predicate<Hash> seen(Operation operation, Replica share) {
      if (!shares.awaits(share) && !ranges.awaits(share)) {
        return _ -> false;
      }
      var seen = new HashSet<Hash>();
      var open = new ArrayDeque<>(operation.parents());
      while (!open.isEmpty()) {
        var version = open.removeFirst();
        if (seen.add(version)) {
          open.addAll(parents.getOrDefault(version, List.of()));
        }
      }
      return seen::contains;
    }
  }

  private Holdings(SpaceId space, Reads reads) {
    this.space = space;
    this.reads = reads;
  }

  /** Whether an entry takes only what its author held. */
  record Judgement(Standing standing, Shares.@Nullable Lack lack) {
    static final Judgement COVERED = new Judgement(Standing.EFFECTIVE, null);
  }

  /** What replicas hold of a document's divided amounts. */
  public static Shares shares(DocumentKey key, Reads reads) {
    return standing(key, reads).shares;
  }

  /** What replicas hold of a sequence's numbers. */
  public static Ranges ranges(SpaceId space, String sequence, Reads reads) {
    return standing(key(space, sequence), reads).ranges;
  }

  /** The document that holds a sequence. */
  public static DocumentKey key(SpaceId space, String sequence) {
    return new DocumentKey(space, Operation.SEQUENCES, sequence);
  }

  private static Part standing(DocumentKey key, Reads reads) {
    var holdings = new Holdings(key.space(), reads);
    holdings.read(key);
    holdings.takeAll();
    return Objects.requireNonNull(holdings.parts.get(key));
  }

  /** Takes all that has effect; where chains have forked, in the order that counts. */
  private void takeAll() {
    (forked.isEmpty() ? entries.values() : inOrder()).forEach(this::take);
  }

  /**
   * Judges an entry that would be the newest, by what has effect now.
   *
   * @return empty where others may stand otherwise because of it: then all have to be judged
   */
  static Optional<Judgement> judge(LoggedEntry logged, Reads reads) {
    var entry = logged.entry();
    var holdings = new Holdings(entry.space(), reads);
    for (var operation : entry.operations()) {
      if (holdings.divides(operation)) {
        holdings.read(holdings.key(operation));
      }
    }
    if (!holdings.share(logged).equals(entry.author())) {
      return Optional.empty();
    }
    holdings.takeAll();
    for (var operation : entry.operations()) {
      var act = act(operation);
      boolean again =
          act.isPresent()
              && act.get() instanceof SequenceAct.Declare
              && holdings.part(operation).ranges.declared().isPresent();
      if (again) {
        return Optional.empty();
      }
    }
    return Optional.of(holdings.judged(logged));
  }

  /**
   * Judges all entries that touch these documents, and what hangs together with them, anew.
   *
   * @return those that stand otherwise now
   */
  static List<LoggedEntry> judgeAll(SpaceId space, Collection<DocumentKey> touched, Reads reads) {
    var holdings = new Holdings(space, reads);
    touched.stream()
        .filter(key -> key.collection().equals(Operation.SEQUENCES) || holdings.divided(key))
        .forEach(holdings::read);
    while (!holdings.fresh.isEmpty()) {
      for (var operation : holdings.fresh.removeFirst().entry().operations()) {
        if (holdings.divides(operation)) {
          holdings.read(holdings.key(operation));
        }
      }
    }
    var restood = new ArrayList<LoggedEntry>();
    for (var logged : holdings.inOrder()) {
      var standing = logged.standing();
      if (standing.effective() || standing.uncovered()) {
        var judged = logged.standing(holdings.judged(logged).standing());
        holdings.take(judged);
        if (judged.standing() != standing) {
          restood.add(judged);
        }
      }
    }
    return restood;
  }

  /**
   * The entries in an order that depends on nothing but them: again and again, of those whose
   * parents and whose author's earlier ones are taken, the first. Where authors have tangled
   * themselves up, the first of the rest.
   */
  private List<LoggedEntry> inOrder() {
    var carriers = new HashMap<Hash, List<LoggedEntry>>();
    var chains = new HashMap<Replica, TreeMap<Long, LoggedEntry>>();
    for (var logged : entries.values()) {
      for (var operation : logged.entry().operations()) {
        if (parts.containsKey(key(operation))) {
          carriers
              .computeIfAbsent(DocumentUpdate.version(logged, operation), _ -> new ArrayList<>())
              .add(logged);
        }
      }
      chains
          .computeIfAbsent(logged.chain(), _ -> new TreeMap<>())
          .put(logged.entry().sequence(), logged);
    }
    var before = new HashMap<Long, Set<Long>>();
    var after = new HashMap<Long, List<LoggedEntry>>();
    for (var logged : entries.values()) {
      var first = new HashSet<Long>();
      for (var operation : logged.entry().operations()) {
        if (parts.containsKey(key(operation))) {
          for (var parent : operation.parents()) {
            carriers.getOrDefault(parent, List.of()).forEach(each -> first.add(each.position()));
          }
        }
      }
      var own =
          Objects.requireNonNull(chains.get(logged.chain())).lowerEntry(logged.entry().sequence());
      if (own != null) {
        first.add(own.getValue().position());
      }
      first.remove(logged.position());
      before.put(logged.position(), first);
      for (var position : first) {
        after.computeIfAbsent(position, _ -> new ArrayList<>()).add(logged);
      }
    }
    var order = new ArrayList<LoggedEntry>();
    var rest = new TreeSet<>(ORDER);
    rest.addAll(entries.values());
    var ready = new PriorityQueue<>(ORDER);
    rest.stream()
        .filter(logged -> Objects.requireNonNull(before.get(logged.position())).isEmpty())
        .forEach(ready::add);
    while (!rest.isEmpty()) {
      var next = ready.isEmpty() ? rest.first() : ready.remove();
      if (!rest.remove(next)) {
        continue;
      }
      order.add(next);
      for (var later : after.getOrDefault(next.position(), List.of())) {
        var open = Objects.requireNonNull(before.get(later.position()));
        if (open.remove(next.position()) && open.isEmpty()) {
          ready.add(later);
        }
      }
    }
    return order;
  }

  /** Reads a document's entries. */
  private void read(DocumentKey key) {
    if (parts.containsKey(key)) {
      return;
    }
    var part = new Part();
    parts.put(key, part);
    var state = reads.document(key);
    long position = state == null ? 0 : state.lastPosition();
    while (position > 0) {
      var logged = reads.entry(position);
      int index = DocumentUpdate.index(logged, key);
      var operation = logged.entry().operations().get(index);
      part.parents.put(DocumentUpdate.version(logged, operation), operation.parents());
      if (entries.put(position, logged) == null) {
        fresh.add(logged);
        if (logged.standing() == Standing.FORKED) {
          forked.computeIfAbsent(intent(logged), _ -> new ArrayList<>()).add(logged);
        }
      }
      position = logged.previous().get(index);
    }
  }

  private static String intent(LoggedEntry logged) {
    return Objects.requireNonNull(logged.entry().intent()).id();
  }

  /** Of whose share an entry takes. */
  private Replica share(LoggedEntry logged) {
    var author = logged.entry().author();
    return forked.getOrDefault(intent(logged), List.of()).stream()
        .filter(other -> other.entry().author().node().equals(author.node()))
        .min(ORDER)
        .map(other -> other.entry().author())
        .orElse(author);
  }

  private void take(LoggedEntry logged) {
    if (!logged.standing().effective()) {
      give(logged);
      return;
    }
    var share = share(logged);
    for (var operation : logged.entry().operations()) {
      if (!parts.containsKey(key(operation))) {
        continue;
      }
      var part = part(operation);
      var version = EntryCodec.version(space, operation, intent(logged));
      var seen = part.seen(operation, share);
      if (operation.numbers()) {
        act(operation).ifPresent(act -> part.ranges.take(share, act, version, seen));
      } else {
        EscrowChange.of(operation, definition(operation))
            .ifPresent(change -> part.shares.take(share, change, version, seen));
      }
    }
  }

  private void give(LoggedEntry logged) {
    for (var operation : logged.entry().operations()) {
      if (parts.containsKey(key(operation))
          && act(operation).orElse(null) instanceof SequenceAct.Take(var numbers)) {
        part(operation).ranges.give(logged.entry().author(), numbers);
      }
    }
  }

  private Judgement judged(LoggedEntry logged) {
    var share = share(logged);
    for (var operation : logged.entry().operations()) {
      if (operation.numbers()) {
        var part = part(operation);
        boolean covered =
            act(operation)
                .filter(act -> part.ranges.covers(share, act, part.seen(operation, share)))
                .isPresent();
        if (!covered) {
          return new Judgement(Standing.MISNUMBERED, null);
        }
      } else if (divides(operation)) {
        var part = part(operation);
        var change = EscrowChange.of(operation, definition(operation));
        if (change.isEmpty()) {
          return new Judgement(Standing.OVERSPENT, null);
        }
        var lack = part.shares.lack(share, change.get(), part.seen(operation, share));
        if (lack.isPresent()) {
          return new Judgement(Standing.OVERSPENT, lack.get());
        }
      }
    }
    return Judgement.COVERED;
  }

  private Part part(Operation operation) {
    var key = key(operation);
    read(key);
    return Objects.requireNonNull(parts.get(key));
  }

  private DocumentKey key(Operation operation) {
    return new DocumentKey(space, operation.collection(), operation.id());
  }

  private static Optional<SequenceAct> act(Operation operation) {
    return operation.numbers() && operation.change() instanceof Change.Put(var body)
        ? SequenceAct.of(body)
        : Optional.empty();
  }

  /** Whether an operation is on something that is divided. */
  private boolean divides(Operation operation) {
    return operation.numbers() || !EscrowChange.fields(definition(operation)).isEmpty();
  }

  /** Whether any operation of a document is. */
  private boolean divided(DocumentKey key) {
    var state = reads.document(key);
    long position = state == null ? 0 : state.lastPosition();
    while (position > 0) {
      var logged = reads.entry(position);
      int index = DocumentUpdate.index(logged, key);
      if (divides(logged.entry().operations().get(index))) {
        return true;
      }
      position = logged.previous().get(index);
    }
    return false;
  }

  private Definition definition(Operation operation) {
    if (operation.definition() == null) {
      return Definition.UNDECLARED;
    }
    return definitions.computeIfAbsent(
        new Named(operation.collection(), operation.definition()),
        _ ->
            Definitions.named(space, operation.collection(), operation.definition(), reads)
                .orElse(Definition.UNDECLARED));
  }
}
