package com.softadastra.simulation.planted;

import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** Runs seeds on whichever copy of the product it was loaded with. */
public final class Trial implements LongFunction<@Nullable String> {
  @Override
  public @Nullable String apply(long seed) {
    var violation = World.run(Plan.of(seed, false)).violation();
    return violation == null ? null : violation.invariant() + ": " + violation.what();
  }
}
