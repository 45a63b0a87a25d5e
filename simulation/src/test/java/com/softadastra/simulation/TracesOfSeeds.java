package com.softadastra.simulation;

import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.util.ArrayList;
import java.util.List;

/** What some seeds come to, in one line. */
final class TracesOfSeeds {
  private static final long[] SEEDS = {
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 59, 64, 79, 113
  };

  private TracesOfSeeds() {}

  static String line() {
    List<String> traces = new ArrayList<>();
    for (long seed : SEEDS) {
      var outcome = World.run(Plan.of(seed));
      traces.add(seed + ":" + outcome.events() + ":" + Long.toHexString(outcome.trace()));
    }
    return String.join(" ", traces);
  }

  public static void main(String[] arguments) {
    System.out.println(line());
  }
}
