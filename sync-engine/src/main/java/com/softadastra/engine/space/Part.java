package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A document's holdings after its operations up to one, and of its history what judging the next
 * one asks for. Operations are taken after all that they come from, so a version can only come from
 * a move that was taken before it: what is older than every move that is on its way is forgotten.
 */
final class Part {
  private final Shares shares = new Shares();
  private final Ranges ranges = new Ranges();
  // in the order of their indices
  private final LinkedHashMap<Hash, Version> versions = new LinkedHashMap<>();
  // by share, versions that don't come from what is on its way to it
  private final Map<Replica, Set<Hash>> without = new HashMap<>();
  private long taken;
  private long position;
  // versions and chains that are known to come after the sequence's declaration, or not to
  private final Set<Hash> beside = new HashSet<>();
  private final Set<Replica> behind = new HashSet<>();
  private boolean plain = true;

  private record Version(List<Hash> parents, long index) {}

  Shares shares() {
    return shares;
  }

  Ranges ranges() {
    return ranges;
  }

  /** Of the operations taken the one that is last in the log. */
  long position() {
    return position;
  }

  /** How much memory it takes, about, in units of a version. */
  int weight() {
    return 1
        + versions.size()
        + without.values().stream().mapToInt(Set::size).sum()
        + beside.size()
        + behind.size()
        + shares.weight()
        + ranges.weight();
  }

  static Optional<SequenceAct> act(Operation operation) {
    return operation.numbers() && operation.change() instanceof Change.Put(var body)
        ? SequenceAct.of(body)
        : Optional.empty();
  }

  /**
   * Takes the next operation.
   *
   * @param logged its entry, as it stands
   * @param share of whose share it takes
   */
  void take(
      LoggedEntry logged, Operation operation, Hash version, Replica share, Definition definition) {
    var standing = logged.standing();
    position = Math.max(position, logged.position());
    versions.putIfAbsent(version, new Version(operation.parents(), ++taken));
    long index = versions.get(version).index();
    plain &= standing != Standing.FORKED && standing != Standing.DUPLICATE;
    // a void spend too says what its author had seen
    if (standing.effective() || standing.uncovered()) {
      arrive(share, operation);
    }
    if (operation.numbers()) {
      var act = act(operation);
      follow(logged, operation, version, act);
      if (standing.effective()) {
        act.ifPresent(each -> ranges.take(share, each, version, index));
      } else if (act.orElse(null) instanceof SequenceAct.Take(var numbers)) {
        ranges.give(logged.entry().author(), numbers);
      }
    } else if (standing.effective()) {
      EscrowChange.of(operation, definition)
          .ifPresent(change -> shares.take(share, change, version, index));
    }
    forget(arrivals(operation).oldest());
  }

  private Arrivals<?> arrivals(Operation operation) {
    return operation.numbers() ? ranges.arriving() : shares.arriving();
  }

  private void arrive(Replica share, Operation operation) {
    var search = search(share, operation);
    if (operation.numbers()) {
      ranges.arrive(share, search.found());
    } else {
      shares.arrive(share, search.found());
    }
    if (arrivals(operation).oldest(share) == Arrivals.NONE) {
      without.remove(share);
    } else {
      without.computeIfAbsent(share, _ -> new HashSet<>()).addAll(search.visited());
    }
  }

  private void forget(long oldest) {
    if (oldest == Arrivals.NONE) {
      versions.clear();
      return;
    }
    var eldest = versions.values().iterator();
    while (eldest.hasNext() && eldest.next().index() < oldest) {
      eldest.remove();
    }
  }

  /**
   * @param found versions that an operation comes from and that moved something to its share
   * @param visited those that it comes from and that come from no others of the kind
   */
  private record Search(Set<Hash> found, Set<Hash> visited) {}

  private Search search(Replica share, Operation operation) {
    var arrivals = arrivals(operation);
    var found = new HashSet<Hash>();
    var visited = new HashSet<Hash>();
    long oldest = arrivals.oldest(share);
    if (oldest == Arrivals.NONE) {
      return new Search(found, visited);
    }
    var none = without.getOrDefault(share, Set.of());
    var open = new ArrayDeque<>(operation.parents());
    while (!open.isEmpty()) {
      var hash = open.removeFirst();
      var version = versions.get(hash);
      if (version != null
          && version.index() >= oldest
          && !none.contains(hash)
          && visited.add(hash)) {
        if (arrivals.awaits(share, hash)) {
          found.add(hash);
        }
        open.addAll(version.parents());
      }
    }
    return new Search(found, visited);
  }

  /** Of what was moved to a share, the versions that an operation comes from. */
  Set<Hash> seen(Replica share, Operation operation) {
    var search = search(share, operation);
    if (search.found().isEmpty() && !search.visited().isEmpty()) {
      without.computeIfAbsent(share, _ -> new HashSet<>()).addAll(search.visited());
    }
    return search.found();
  }

  private void follow(
      LoggedEntry logged, Operation operation, Hash version, Optional<SequenceAct> act) {
    boolean declares = act.orElse(null) instanceof SequenceAct.Declare;
    boolean first = declares && logged.standing().effective();
    // a declaration that is void by itself was found to come after the one that counts
    boolean second =
        declares
            && logged.standing() == Standing.MISNUMBERED
            && logged.entry().operations().size() == 1;
    if (first || second || comesAfter(logged.chain(), operation)) {
      behind.add(logged.chain());
    } else {
      beside.add(version);
    }
  }

  private boolean comesAfter(Replica chain, Operation operation) {
    return behind.contains(chain)
        || operation.parents().stream().anyMatch(parent -> !beside.contains(parent));
  }

  /**
   * Whether a declaration comes after the one that counts, whatever else is known; else that is
   * decided among all.
   */
  boolean declaredBefore(LoggedEntry logged, Operation operation) {
    return plain && comesAfter(logged.chain(), operation);
  }
}
