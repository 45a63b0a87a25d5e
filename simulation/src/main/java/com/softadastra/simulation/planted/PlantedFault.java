package com.softadastra.simulation.planted;

import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.plan.Feature;
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
 * @param features what there is in that seed's world then
 * @param places where it is made
 */
record PlantedFault(
    String name,
    Invariant breaks,
    Set<Invariant> caughtBy,
    long seed,
    Set<Feature> features,
    List<Place> places) {
  static PlantedFault of(String name, Invariant breaks, Place... places) {
    return new PlantedFault(name, breaks, EnumSet.of(breaks), 1, Set.of(), List.of(places));
  }

  PlantedFault shownBy(long showing, Feature... with) {
    return new PlantedFault(name, breaks, caughtBy, showing, Set.of(with), places);
  }

  /** It breaks another invariant too, which may be seen first. */
  PlantedFault or(Invariant... others) {
    var all = EnumSet.copyOf(caughtBy);
    all.addAll(List.of(others));
    return new PlantedFault(name, breaks, all, seed, features, places);
  }

  /** Of the features of its world those without which nothing comes by where it is made. */
  Set<Feature> needs() {
    var needs =
        EnumSet.of(
            Feature.DATABASE,
            Feature.RELAY,
            Feature.TWO_RELAYS,
            Feature.DISMISSED,
            Feature.MAILBOXES);
    needs.retainAll(features);
    return needs;
  }
}
