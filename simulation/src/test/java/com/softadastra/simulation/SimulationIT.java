package com.softadastra.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Nodes of the product keep their promises whatever the machinery around them does.
 *
 * <p>{@code -Dsimulation.seeds=}, {@code -Dsimulation.first-seed=} and {@code
 * -Dsimulation.minutes=} set how many seeds, from which on, and how long they may take.
 */
class SimulationIT {
  /** Each showed a fault of the product or of the judge once, which is mended. */
  @ParameterizedTest
  @ValueSource(longs = {144, 252, 463, 1404, 1662, 1949, 3050, 3065, 7652, 8346, 8548, 100_536})
  void noSeedFailsAgain(long seed) {
    assertThat(World.run(Plan.of(seed)).violation()).isNull();
  }

  @Test
  void everyInvariantHoldsOverAllSeeds() {
    long seeds = Long.getLong("simulation.seeds", 2_000);
    // a machine that is busy with other tests breaks no invariant
    var patience = Duration.ofMinutes(Long.getLong("simulation.minutes", 15));
    long first = Long.getLong("simulation.first-seed", 1);

    var result = new Campaign(first, seeds, patience, System.out).run();

    System.out.printf(
        "SimulationIT: %s; %.2f node-years, %.1f in an hour; %d acknowledged intents; %d s%n",
        result,
        result.nodeYears(),
        result.nodeYearsPerHour(),
        result.intents(),
        result.took().toSeconds());
    assertThat(result.failures()).isEmpty();
    assertThat(result.complete()).as("all seeds were run in " + patience).isTrue();
    assertThat(result.leastEvents())
        .as("events of the seed that has the fewest")
        .isGreaterThanOrEqualTo(1_000);
  }
}
