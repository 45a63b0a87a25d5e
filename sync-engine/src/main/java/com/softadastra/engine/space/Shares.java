package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.document.EscrowChange;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Who holds how much of a document's divided amounts. Made by one decision and of its thread. */
public final class Shares {
  private final TreeMap<String, TreeMap<Replica, BigDecimal>> held = new TreeMap<>();
  private final List<Arriving> arriving = new ArrayList<>();

  /** What was moved to a replica whose own operations don't come from the move yet. */
  private record Arriving(Hash version, EscrowChange.Move move) {}

  /**
   * What an operation asks for and its share doesn't have.
   *
   * @param left the share
   */
  record Lack(String field, BigDecimal left) {}

  Shares() {}

  /** The field of which a share has too little; empty where it has enough of all. */
  Optional<Lack> lack(Replica share, EscrowChange change, Predicate<Hash> seen) {
    var changes = new TreeMap<>(change.added());
    change
        .moved()
        .forEach(move -> changes.merge(move.field(), move.amount().negate(), BigDecimal::add));
    for (var each : changes.entrySet()) {
      var left = own(each.getKey(), share);
      for (var coming : arriving) {
        var move = coming.move();
        if (move.field().equals(each.getKey())
            && move.to().equals(share)
            && seen.test(coming.version())) {
          left = left.add(move.amount());
        }
      }
      if (left.add(each.getValue()).signum() < 0) {
        return Optional.of(new Lack(each.getKey(), left));
      }
    }
    return Optional.empty();
  }

  /** Takes an operation that has effect. */
  void take(Replica share, EscrowChange change, Hash version, Predicate<Hash> seen) {
    for (var coming : List.copyOf(arriving)) {
      if (coming.move().to().equals(share) && seen.test(coming.version())) {
        arriving.remove(coming);
        add(coming.move().field(), share, coming.move().amount());
      }
    }
    change.added().forEach((field, amount) -> add(field, share, amount));
    for (var move : change.moved()) {
      add(move.field(), share, move.amount().negate());
      arriving.add(new Arriving(version, move));
    }
  }

  private void add(String field, Replica share, BigDecimal amount) {
    held.computeIfAbsent(field, _ -> new TreeMap<>()).merge(share, amount, BigDecimal::add);
  }

  private BigDecimal own(String field, Replica share) {
    return held.getOrDefault(field, new TreeMap<>()).getOrDefault(share, BigDecimal.ZERO);
  }

  /** Whether something was moved to a replica and is not counted as its own yet. */
  boolean awaits(Replica share) {
    return arriving.stream().anyMatch(coming -> coming.move().to().equals(share));
  }

  /**
   * A field's amount by the replicas that hold it, what was moved to them included; none of it is
   * negative.
   */
  public TreeMap<Replica, BigDecimal> of(String field) {
    var all = new TreeMap<>(held.getOrDefault(field, new TreeMap<>(Comparator.naturalOrder())));
    for (var coming : arriving) {
      if (coming.move().field().equals(field)) {
        all.merge(coming.move().to(), coming.move().amount(), BigDecimal::add);
      }
    }
    return all;
  }
}
