package com.softadastra.simulation.planted;

import java.util.List;

/**
 * A mistake in the product that is made on purpose.
 *
 * @param name what the product does wrong
 * @param breaks what it ceases to be
 * @param places where it is made
 */
record PlantedFault(String name, String breaks, List<Place> places) {
  static PlantedFault of(String name, String breaks, Place... places) {
    return new PlantedFault(name, breaks, List.of(places));
  }
}
