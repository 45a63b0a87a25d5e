package com.softadastra.simulation.planted;

import java.io.PrintStream;
import java.util.List;

/**
 * Faults of the product that are put there on purpose, to see whether the judge catches them. A
 * campaign that doesn't proves nothing.
 */
public final class PlantedFaults {
  private static final List<PlantedFault> ALL = List.of();

  private PlantedFaults() {}

  /** Whether each of them is caught; tells of each. */
  public static boolean allCaught(PrintStream out) {
    boolean all = !ALL.isEmpty();
    for (var fault : ALL) {
      boolean caught = fault.caught();
      out.println((caught ? "caught: " : "NOT CAUGHT: ") + fault.name());
      all &= caught;
    }
    out.println(ALL.size() + " planted faults");
    return all;
  }
}
