package com.softadastra.simulation.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ShrinkerTest {
  @Test
  void leavesThoseHappeningsThatAFailureNeeds() {
    var plan = Plan.of(3);
    var needed = plan.happenings().subList(4, 5).getFirst();
    var alsoNeeded = plan.happenings().getLast();
    var tries = new AtomicInteger();

    var shrunk =
        new Shrinker(
                less -> {
                  tries.incrementAndGet();
                  return less.happenings().contains(needed)
                      && less.happenings().contains(alsoNeeded);
                },
                Duration.ofMinutes(1))
            .shrink(plan);

    assertThat(shrunk.happenings()).containsExactly(needed, alsoNeeded);
    assertThat(tries.get()).isLessThan(plan.happenings().size() * 8);
  }

  @Test
  void keepsAPlanOfWhichAllIsNeeded() {
    var plan = Plan.of(3);

    var shrunk = new Shrinker(less -> less.equals(plan), Duration.ofMinutes(1)).shrink(plan);

    assertThat(shrunk).isEqualTo(plan);
  }
}
