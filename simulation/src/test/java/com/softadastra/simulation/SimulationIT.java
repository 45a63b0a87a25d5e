package com.softadastra.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Happening.Kind;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.time.Duration;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Nodes of the product keep their promises whatever the machinery around them does.
 *
 * <p>{@code -Dsimulation.seeds=}, {@code -Dsimulation.first-seed=} and {@code
 * -Dsimulation.minutes=} set how many seeds, from which on, and how long they may take.
 */
class SimulationIT {
  /**
   * Each showed a fault of the product or of the judge once, which is mended: with these features,
   * whatever the seed's own are by now. What a seed draws has changed since.
   */
  @ParameterizedTest
  @CsvSource({
    "144, RELAY READER",
    "252, RELAY",
    "378, RELAY TWO_RELAYS",
    "463, ''",
    "653, DECLARED",
    "1129, ''",
    "1157, DECLARED",
    "1404, RELAY TWO_RELAYS READER",
    "1662, ''",
    "1949, DIVIDED READER",
    "3050, DECLARED FICKLE",
    "3065, DIVIDED",
    "5708, DECLARED FICKLE",
    "7652, DECLARED",
    "8346, RETIRED",
    "8548, ''",
    "100536, ''"
  })
  void noSeedFailsAgain(long seed, String features) {
    var with =
        Stream.of(features.split(" "))
            .filter(name -> !name.isEmpty())
            .map(Feature::valueOf)
            .collect(Collectors.toSet());

    assertThat(World.run(Plan.of(seed, with)).violation()).isNull();
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
    System.out.println("SimulationIT: faults that came about: " + result.told());
    assertThat(result.failures()).isEmpty();
    assertThat(result.death()).isNull();
    assertThat(result.complete()).as("all seeds were run in " + patience).isTrue();
    assertThat(result.leastEvents())
        .as("events of the seed that has the fewest")
        .isGreaterThanOrEqualTo(1_000);
    // in fewer seeds some find hardly a relay
    for (var kind : Kind.values()) {
      if (!kind.work() && seeds >= 2_000) {
        assertThat(result.faults().getOrDefault(kind, 0L))
            .as("how often " + kind + " came about")
            .isGreaterThanOrEqualTo(seeds / 100);
      }
    }
  }
}
