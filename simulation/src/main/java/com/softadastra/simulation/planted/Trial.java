package com.softadastra.simulation.planted;

import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.util.EnumSet;
import java.util.List;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs seeds, with the features of these names, on whichever copy of the product it was loaded
 * with.
 */
public final class Trial implements BiFunction<Long, List<String>, @Nullable String> {
  @Override
  public @Nullable String apply(Long seed, List<String> names) {
    var features = EnumSet.noneOf(Feature.class);
    names.forEach(name -> features.add(Feature.valueOf(name)));
    var violation = World.run(Plan.of(seed, features)).violation();
    return violation == null ? null : violation.invariant() + ": " + violation.what();
  }
}
