package com.softadastra.simulation.planted;

import com.softadastra.simulation.judge.Invariant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A mistake in the product that is made on purpose.
 *
 * @param name what the product does wrong
 * @param breaks the invariant that it costs
 * @param caughtBy those of which one has to be said to be broken; what costs one may cost others
 * @param seed one that shows it
 * @param places where it is made
 */
record PlantedFault(
    String name, Invariant breaks, Set<Invariant> caughtBy, long seed, List<Place> places) {
  static PlantedFault of(String name, Invariant breaks, Place... places) {
    return new PlantedFault(name, breaks, EnumSet.of(breaks), 1, List.of(places));
  }

  PlantedFault shownBy(long showing) {
    return new PlantedFault(name, breaks, caughtBy, showing, places);
  }

  /** It breaks another invariant too, which may be seen first. */
  PlantedFault or(Invariant... others) {
    var all = EnumSet.copyOf(caughtBy);
    all.addAll(List.of(others));
    return new PlantedFault(name, breaks, all, seed, places);
  }
}
