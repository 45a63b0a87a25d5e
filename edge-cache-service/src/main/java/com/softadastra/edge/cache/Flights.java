package com.softadastra.edge.cache;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The fetches on their way, one for each key. */
final class Flights {
  private final ConcurrentHashMap<String, Flight> flights = new ConcurrentHashMap<>();

  /** The one that is on its way already; empty where this one is now. */
  Optional<Flight> join(Flight flight) {
    return Optional.ofNullable(flights.putIfAbsent(flight.key(), flight));
  }

  void leave(Flight flight) {
    flights.remove(flight.key(), flight);
  }

  /** Also takes them out, so that who comes from now on fetches anew. */
  void outdate(Predicate<String> isKey) {
    flights
        .values()
        .removeIf(flight -> {
          if (!isKey.test(flight.key())) {
            return false;
          }
          flight.outdate();
          return true;
        });
  }
}
