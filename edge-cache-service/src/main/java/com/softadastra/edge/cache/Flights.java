package com.softadastra.edge.cache;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The fetches on their way: of those that others may join, one for each key. */
final class Flights {
  private final ConcurrentHashMap<String, Flight> open = new ConcurrentHashMap<>();
  private final Set<Flight> all = ConcurrentHashMap.newKeySet();

  /** The one that is on its way already; empty where this one is now. */
  Optional<Flight> join(Flight flight) {
    var other = Optional.ofNullable(open.putIfAbsent(flight.key(), flight));
    if (other.isEmpty()) {
      all.add(flight);
    }
    return other;
  }

  /** One that nobody joins. */
  void add(Flight flight) {
    all.add(flight);
  }

  void leave(Flight flight) {
    open.remove(flight.key(), flight);
    all.remove(flight);
  }

  /** Nobody joins them from now on, and what they bring is not stored. */
  void outdate(Predicate<String> isKey) {
    for (var flight : all) {
      if (isKey.test(flight.key())) {
        flight.outdate();
        open.remove(flight.key(), flight);
      }
    }
  }
}
