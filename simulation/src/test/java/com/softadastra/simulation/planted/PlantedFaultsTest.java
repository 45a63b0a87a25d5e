package com.softadastra.simulation.planted;

import static net.bytebuddy.matcher.ElementMatchers.named;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.simulation.history.HistoryTrial;
import com.softadastra.simulation.judge.Invariant;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import net.bytebuddy.asm.MemberRemoval;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Of the faults that break one invariant the first, the fourth and so on are run, each from a seed
 * that shows it, and have to be caught by an invariant that they break; all can be planted. {@code
 * -Dplanted.every=1} runs all.
 */
class PlantedFaultsTest {
  private static final int EVERY = Integer.getInteger("planted.every", 3);
  private static final int LEAST = 25;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static List<PlantedFault> some() {
    var met = new HashMap<Invariant, Integer>();
    return PlantedFaults.ALL.stream()
        .filter(fault -> (met.merge(fault.breaks(), 1, Integer::sum) - 1) % EVERY == 0)
        .toList();
  }

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> isCaught() {
    return some().stream()
        .map(fault ->
            DynamicTest.dynamicTest(
                fault.name(),
                () -> {
                  var caught = PlantedFaults.caught(fault, fault.seed(), 8, PATIENCE);
                  assertThat(caught.isRight()).as("what the judge says: " + caught.by()).isTrue();
                }));
  }

  @Test
  void allCanBePlantedAndEnoughAreRun() {
    PlantedFaults.ALL.forEach(PlantedProduct::new);
    assertThat(some()).hasSizeGreaterThanOrEqualTo(LEAST);
  }

  /** {@link PlantedSeedsIT} runs all seeds of the faults, on classes that are not defined anew. */
  @Test
  void nothingIsCaughtWhereNothingIsPlanted() {
    var trial = new PlantedProduct(PlantedFaults.NOTHING).trial();
    LongStream.rangeClosed(1, 3)
        .forEach(seed -> assertThat(trial.apply(seed)).as("seed " + seed).isNull());
  }

  @Test
  void aWrongBodyUnderTheRightVersionIsCaughtInAHistoryToo() {
    var fault =
        PlantedFault.of(
            "a write leaves what was there",
            Invariant.NOTHING_LOST,
            Place.in("engine.document.DocumentFold", "body").with(Instead.StaysAsItWas.class));

    assertThat(history(fault)).startsWith(Invariant.NOTHING_LOST + ": ");
    assertThat(history(PlantedFaults.NOTHING)).isNull();
  }

  @SuppressWarnings("unchecked")
  private static @Nullable String history(PlantedFault fault) {
    var trial = (LongFunction<@Nullable String>) new PlantedProduct(fault).of(HistoryTrial.class);
    return trial.apply(1);
  }

  @Test
  void aMethodThatIsGoneIsSaid() {
    var lost =
        PlantedFault.of(
            "lost", Invariant.LIVE, Place.in("sync.storage.Recording", "recordAll").doesNothing());

    assertThatThrownBy(() -> new PlantedProduct(lost))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("can't be planted any more");
  }

  @Test
  void aCallThatIsGoneIsSaid() {
    var lost =
        PlantedFault.of(
            "lost",
            Invariant.LIVE,
            Place.in("sync.storage.Recording", "record").leavesOut("Journal.discharge"));

    assertThatThrownBy(() -> new PlantedProduct(lost))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("can't be planted any more");
  }

  @Test
  void whatFaultsReachByNameAndIsGoneIsSaid() {
    var without =
        new Place(
            "com.softadastra.guard.PendingRecord",
            named("operations"),
            builder -> builder.visit(new MemberRemoval().stripMethods(named("operations"))));

    assertThatThrownBy(() -> new PlantedProduct(PlantedFault.of("gone", Invariant.LIVE, without)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("can't be planted any more")
        .hasMessageContaining("there is no operations in");
  }
}
