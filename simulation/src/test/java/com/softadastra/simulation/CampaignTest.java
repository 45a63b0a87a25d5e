package com.softadastra.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.plan.Happening.Kind;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a campaign makes of runs that don't end as they should. */
class CampaignTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private Campaign.Result run(Duration patience, Function<Plan, World.Outcome> world) {
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Campaign(7, 1, patience, out, world).run();
  }

  private static World.Outcome outcome(@Nullable Violation violation) {
    return new World.Outcome(violation, 1_000, 0xbeef, Map.of(Kind.CRASH, 3L), 1, 1, 1);
  }

  @Test
  void aRunThatNeverEndsIsGivenUpWhenTimeIsUp() {
    var never = new CountDownLatch(1);

    var result =
        run(
            Duration.ofMillis(300),
            _ -> {
              try {
                never.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
              return outcome(null);
            });

    assertThat(result.complete()).isFalse();
    assertThat(result.isSound()).isFalse();
    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("still under way: seeds [7]");
    never.countDown();
  }

  @Test
  void whatASeedHasBrokenStandsAlsoWhereMakingItShorterEndsInAnError() {
    var runs = new AtomicInteger();

    var result =
        run(
            Duration.ofMinutes(1),
            _ -> {
              if (runs.getAndIncrement() > 0) {
                throw new AssertionError("out of order");
              }
              return outcome(new Violation(Invariant.DURABLE, "lost"));
            });

    assertThat(result.failures())
        .extracting(failure -> failure.violation().what())
        .containsExactly("lost");
    assertThat(result.death()).isNotNull();
    assertThat(result.isSound()).isFalse();
  }

  @Test
  void saysWhatHappenedAndAsWhichRunASeedCanBeKnownAgain() {
    var result = run(Duration.ofMinutes(1), _ -> outcome(new Violation(Invariant.DURABLE, "lost")));

    assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("trace 000000000000beef");
    assertThat(result.told()).isEqualTo("CRASH 3");
    assertThat(result.trace()).isEqualTo(0xbeefL * 15);
  }

  @Test
  void anErrorIsNoSoundEndThoughAllSeedsAreRun() {
    var result =
        new Campaign.Result(
            1,
            1,
            1,
            1,
            1,
            Map.of(),
            1,
            Duration.ZERO,
            List.of(),
            new Campaign.Death(7, new AssertionError("out of order")),
            true);

    assertThat(result.isSound()).isFalse();
  }
}
