package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Damaged rows that a start meets in the log, until what follows on them tells which they are. */
final class Gaps {
  private final Map<Journal.Place, DamagedRow> placed = new HashMap<>();
  private final ArrayDeque<DamagedRow> unplaced = new ArrayDeque<>();

  /**
   * @param place what the row says of itself; empty where that can't be so
   */
  void add(DamagedRow row, Optional<Journal.Place> place) {
    if (place.isEmpty() || placed.putIfAbsent(place.get(), row) != null) {
      unplaced.add(row);
    }
  }

  /**
   * Entries of a chain are missing: takes the rows that they are.
   *
   * @param from the first that is missing
   * @param upTo the first that is there
   * @return whether there are rows for all
   */
  boolean fill(SpaceId space, Replica chain, long from, long upTo) {
    for (long sequence = from; sequence < upTo; sequence++) {
      if (placed.remove(new Journal.Place(space, new Dot(chain, sequence))) == null
          && unplaced.poll() == null) {
        return false;
      }
    }
    return true;
  }

  /** One that nothing follows on. */
  Optional<DamagedRow> any() {
    return placed.values().stream().findAny().or(() -> Optional.ofNullable(unplaced.peek()));
  }
}
