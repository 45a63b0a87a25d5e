package com.softadastra.simulation.planted;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What shows planted faults breaks nothing where nothing is planted. */
class PlantedSeedsIT {
  private static Stream<Arguments> worlds() {
    return PlantedFaults.ALL.stream()
        .map(fault -> List.of(fault.seed(), fault.features()))
        .distinct()
        .map(world -> Arguments.of(world.toArray()));
  }

  @ParameterizedTest
  @MethodSource("worlds")
  void theProductAsItIsHoldsThere(long seed, Set<Feature> features) {
    assertThat(World.run(Plan.of(seed, features)).violation()).isNull();
  }
}
