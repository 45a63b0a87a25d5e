package com.softadastra.simulation.planted;

/** A fault of the product, and whether simulation finds it. */
interface PlantedFault {
  /** What is wrong, in a few words. */
  String name();

  /** Runs as many seeds as the fault deserves, with the fault in place. */
  boolean caught();
}
