package com.softadastra.simulation.planted;

import java.util.List;

/**
 * A mistake in the product that is made on purpose.
 *
 * @param name what the product does wrong
 * @param breaks the invariant that it costs
 * @param seed one that shows it
 * @param places where it is made
 */
record PlantedFault(String name, String breaks, long seed, List<Place> places) {
  static PlantedFault of(String name, String breaks, Place... places) {
    return new PlantedFault(name, breaks, 1, List.of(places));
  }

  PlantedFault shownBy(long showing) {
    return new PlantedFault(name, breaks, showing, places);
  }
}
