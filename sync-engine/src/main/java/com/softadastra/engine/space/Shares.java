package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.EscrowChange;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Who holds how much of a document's divided amounts. Made by one decision and of its thread. */
public final class Shares {
  private final TreeMap<String, TreeMap<Replica, BigDecimal>> held = new TreeMap<>();
  private final Arrivals<EscrowChange.Move> arriving = new Arrivals<>();

  /**
   * What an operation asks for and its share doesn't have.
   *
   * @param left the share
   */
  record Lack(String field, BigDecimal left) {}

  Shares() {}

  Arrivals<EscrowChange.Move> arriving() {
    return arriving;
  }

  /** The field of which a share has too little; empty where it has enough of all. */
  Optional<Lack> lack(Replica share, EscrowChange change, Set<Hash> seen) {
    var changes = new TreeMap<>(change.added());
    change
        .moved()
        .forEach(move -> changes.merge(move.field(), move.amount().negate(), BigDecimal::add));
    for (var each : changes.entrySet()) {
      var left = own(each.getKey(), share);
      for (var move : arriving.seen(share, seen)) {
        if (move.field().equals(each.getKey())) {
          left = left.add(move.amount());
        }
      }
      if (left.add(each.getValue()).signum() < 0) {
        return Optional.of(new Lack(each.getKey(), left));
      }
    }
    return Optional.empty();
  }

  /** Counts as a replica's own what was moved to it and it has seen. */
  void arrive(Replica share, Set<Hash> seen) {
    arriving.take(share, seen).forEach(move -> add(move.field(), share, move.amount()));
  }

  /**
   * Takes an operation that has effect.
   *
   * @param index of its version among the document's
   */
  void take(Replica share, EscrowChange change, Hash version, long index) {
    change.added().forEach((field, amount) -> add(field, share, amount));
    for (var move : change.moved()) {
      add(move.field(), share, move.amount().negate());
      arriving.add(move.to(), version, index, move);
    }
  }

  private void add(String field, Replica share, BigDecimal amount) {
    held.computeIfAbsent(field, _ -> new TreeMap<>()).merge(share, amount, BigDecimal::add);
  }

  private BigDecimal own(String field, Replica share) {
    return held.getOrDefault(field, new TreeMap<>()).getOrDefault(share, BigDecimal.ZERO);
  }

  /**
   * A field's amount by the replicas that hold it, what was moved to them included; none of it is
   * negative.
   */
  public TreeMap<Replica, BigDecimal> of(String field) {
    var all = new TreeMap<>(held.getOrDefault(field, new TreeMap<>(Comparator.naturalOrder())));
    arriving.forEach((to, move) -> {
      if (move.field().equals(field)) {
        all.merge(to, move.amount(), BigDecimal::add);
      }
    });
    return all;
  }

  int weight() {
    return held.values().stream().mapToInt(TreeMap::size).sum() + arriving.weight();
  }
}
