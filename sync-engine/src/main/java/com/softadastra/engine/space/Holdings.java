package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Stamp;
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
  private final SpaceId space;
  private final Reads reads;
  private final Map<DocumentKey, Part> parts = new LinkedHashMap<>();
  // of the documents looked at, by position
  private final TreeMap<Long, Known> entries = new TreeMap<>();
  // documents that these entries divide too
  private final ArrayDeque<DocumentKey> beyond = new ArrayDeque<>();
  // by intent, who wrote an entry of it that was forked
  private final Map<String, List<Known>> forked = new HashMap<>();
  private final Map<Named, Definition> definitions = new HashMap<>();

  private record Named(String collection, @Nullable Object name) {}

  /**
   * What orders an entry among others; the rest is read when it is taken, so that a history needs
   * no room for its bodies.
   *
   * @param on its operations on the documents looked at
   */
  private record Known(
      long position,
      Replica chain,
      Stamp stamp,
      Hash hash,
      Standing standing,
      String intent,
      List<On> on) {
    static final Comparator<Known> ORDER =
        Comparator.comparing(Known::stamp).thenComparing(Known::hash);

    Replica author() {
      return stamp.author();
    }
  }

  private record On(DocumentKey key, Hash version, List<Hash> parents) {}

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
    return part(key, reads).shares();
  }

  /** What replicas hold of a sequence's numbers. */
  public static Ranges ranges(SpaceId space, String sequence, Reads reads) {
    return part(key(space, sequence), reads).ranges();
  }

  /** The document that holds a sequence. */
  public static DocumentKey key(SpaceId space, String sequence) {
    return new DocumentKey(space, Operation.SEQUENCES, sequence);
  }

  /** A document's holdings by all that has effect; reads its whole history. */
  static Part part(DocumentKey key, Reads reads) {
    var holdings = new Holdings(key.space(), reads);
    holdings.read(key);
    // where chains have forked, what was recorded again may come late
    var order = holdings.forked.isEmpty() ? holdings.entries.values() : holdings.inOrder();
    for (var known : order) {
      holdings.take(known, reads.entry(known.position()));
    }
    return holdings.part(key);
  }

  /**
   * Judges an entry that would be the newest and the only one of its intent, by what has effect
   * now.
   *
   * @return empty where others may stand otherwise because of it: then all have to be judged
   */
  static Optional<Judgement> judge(LoggedEntry logged, HoldingsCache cache, Reads reads) {
    var entry = logged.entry();
    var judgement = Judgement.COVERED;
    for (var operation : entry.operations()) {
      var definition = Definitions.of(operation, entry.space(), reads);
      if (!divides(operation, definition)) {
        continue;
      }
      var key = new DocumentKey(entry.space(), operation.collection(), operation.id());
      var part = cache.part(key, reads);
      boolean again =
          Part.act(operation).orElse(null) instanceof SequenceAct.Declare
              && part.ranges().declared().isPresent();
      if (again && !part.declaredBefore(logged, operation)) {
        return Optional.empty();
      }
      if (judgement.standing().effective()) {
        judgement = judged(operation, definition, entry.author(), part);
      }
    }
    return Optional.of(judgement);
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
    while (!holdings.beyond.isEmpty()) {
      holdings.read(holdings.beyond.removeFirst());
    }
    var restood = new ArrayList<LoggedEntry>();
    for (var known : holdings.inOrder()) {
      var logged = reads.entry(known.position());
      var standing = logged.standing();
      if (standing.effective() || standing.uncovered()) {
        logged = logged.standing(holdings.judged(known, logged).standing());
        if (logged.standing() != standing) {
          restood.add(logged);
        }
      }
      holdings.take(known, logged);
    }
    return restood;
  }

  /**
   * The entries in an order that depends on nothing but them: again and again, of those whose
   * parents and whose author's earlier ones are taken, the first. Where authors have tangled
   * themselves up, the first of the rest.
   */
  private List<Known> inOrder() {
    var carriers = new HashMap<Hash, List<Known>>();
    var chains = new HashMap<Replica, TreeMap<Long, Known>>();
    for (var known : entries.values()) {
      for (var on : known.on()) {
        carriers.computeIfAbsent(on.version(), _ -> new ArrayList<>()).add(known);
      }
      chains
          .computeIfAbsent(known.chain(), _ -> new TreeMap<>())
          .put(known.stamp().sequence(), known);
    }
    var before = new HashMap<Long, Set<Long>>();
    var after = new HashMap<Long, List<Known>>();
    for (var known : entries.values()) {
      var first = new HashSet<Long>();
      for (var on : known.on()) {
        for (var parent : on.parents()) {
          carriers.getOrDefault(parent, List.of()).forEach(each -> first.add(each.position()));
        }
      }
      var own =
          Objects.requireNonNull(chains.get(known.chain())).lowerEntry(known.stamp().sequence());
      if (own != null) {
        first.add(own.getValue().position());
      }
      first.remove(known.position());
      before.put(known.position(), first);
      for (var position : first) {
        after.computeIfAbsent(position, _ -> new ArrayList<>()).add(known);
      }
    }
    var order = new ArrayList<Known>();
    var rest = new TreeSet<>(Known.ORDER);
    rest.addAll(entries.values());
    var ready = new PriorityQueue<>(Known.ORDER);
    rest.stream()
        .filter(known -> Objects.requireNonNull(before.get(known.position())).isEmpty())
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
    if (parts.putIfAbsent(key, new Part()) != null) {
      return;
    }
    var state = reads.document(key);
    long position = state == null ? 0 : state.lastPosition();
    while (position > 0) {
      var logged = reads.entry(position);
      int index = DocumentUpdate.index(logged, key);
      var operation = logged.entry().operations().get(index);
      var known = entries.get(position);
      if (known == null) {
        known = known(logged);
        entries.put(position, known);
        if (logged.standing() == Standing.FORKED) {
          forked.computeIfAbsent(known.intent(), _ -> new ArrayList<>()).add(known);
        }
        for (var other : logged.entry().operations()) {
          if (divides(other, definition(other))) {
            beyond.add(key(other));
          }
        }
      }
      known.on().add(new On(key, DocumentUpdate.version(logged, operation), operation.parents()));
      position = logged.previous().get(index);
    }
  }

  private static Known known(LoggedEntry logged) {
    return new Known(
        logged.position(),
        logged.chain(),
        logged.entry().stamp(),
        logged.hash(),
        logged.standing(),
        Objects.requireNonNull(logged.entry().intent()).id(),
        new ArrayList<>(1));
  }

  /** Of whose share an entry takes. */
  private Replica share(Known known) {
    return forked.getOrDefault(known.intent(), List.of()).stream()
        .filter(other -> other.author().node().equals(known.author().node()))
        .min(Known.ORDER)
        .map(Known::author)
        .orElse(known.author());
  }

  private void take(Known known, LoggedEntry logged) {
    var share = share(known);
    for (var on : known.on()) {
      int index = DocumentUpdate.index(logged, on.key());
      var operation = logged.entry().operations().get(index);
      part(on.key()).take(logged, operation, on.version(), share, definition(operation));
    }
  }

  private Judgement judged(Known known, LoggedEntry logged) {
    var share = share(known);
    for (var operation : logged.entry().operations()) {
      var definition = definition(operation);
      if (divides(operation, definition)) {
        var judgement = judged(operation, definition, share, part(key(operation)));
        if (!judgement.standing().effective()) {
          return judgement;
        }
      }
    }
    return Judgement.COVERED;
  }

  private static Judgement judged(
      Operation operation, Definition definition, Replica share, Part part) {
    if (operation.numbers()) {
      return Part.act(operation)
              .filter(act -> part.ranges().covers(share, act, part.seen(share, operation)))
              .isPresent()
          ? Judgement.COVERED
          : new Judgement(Standing.MISNUMBERED, null);
    }
    return EscrowChange.of(operation, definition)
        .map(change ->
            part.shares()
                .lack(share, change, part.seen(share, operation))
                .map(lack -> new Judgement(Standing.OVERSPENT, lack))
                .orElse(Judgement.COVERED))
        .orElse(new Judgement(Standing.OVERSPENT, null));
  }

  private Part part(DocumentKey key) {
    return Objects.requireNonNull(parts.get(key));
  }

  private DocumentKey key(Operation operation) {
    return new DocumentKey(space, operation.collection(), operation.id());
  }

  /** Whether an operation is on something that is divided. */
  private static boolean divides(Operation operation, Definition definition) {
    return operation.numbers() || !EscrowChange.fields(definition).isEmpty();
  }

  /** Whether any operation of a document is. */
  private boolean divided(DocumentKey key) {
    var state = reads.document(key);
    long position = state == null ? 0 : state.lastPosition();
    while (position > 0) {
      var logged = reads.entry(position);
      int index = DocumentUpdate.index(logged, key);
      var operation = logged.entry().operations().get(index);
      if (divides(operation, definition(operation))) {
        return true;
      }
      position = logged.previous().get(index);
    }
    return false;
  }

  private Definition definition(Operation operation) {
    return operation.definition() == null
        ? Definition.UNDECLARED
        : definitions.computeIfAbsent(
            new Named(operation.collection(), operation.definition()),
            _ -> Definitions.of(operation, space, reads));
  }
}
