package com.softadastra.simulation;

import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;

/** The command line: {@code simulate --seeds N --minutes M [--first-seed S]}. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    long first = Long.parseLong(arguments[0]);
    int seeds = Integer.parseInt(arguments[1]);
    long t = System.nanoTime();
    long events = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      var outcome = World.run(Plan.of(seed, false));
      events += outcome.events();
      if (seeds == 1) {
        var plan = Plan.of(seed, false);
        System.out.println(plan.nodes() + " nodes, " + plan.spaces() + " spaces, late " + plan.late());
        plan.links().forEach(l -> System.out.println(java.util.Arrays.toString(l)));
        plan.happenings().forEach(System.out::println);
      }
      if (outcome.violation() != null || seeds <= 5) {
        System.out.println(seed + " " + outcome);
      }
    }
    System.out.printf("%d seeds, %d events, %.1f s%n", seeds, events, (System.nanoTime() - t) / 1e9);
  }
}
