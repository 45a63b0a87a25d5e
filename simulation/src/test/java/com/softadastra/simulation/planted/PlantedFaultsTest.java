package com.softadastra.simulation.planted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

class PlantedFaultsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TestFactory
  @Execution(ExecutionMode.CONCURRENT)
  Stream<DynamicTest> isCaught() {
    return PlantedFaults.ALL.stream()
        .map(fault ->
            DynamicTest.dynamicTest(
                fault.name(),
                () -> {
                  var caught = PlantedFaults.caught(fault, fault.seed(), 8, PATIENCE);
                  assertThat(caught.by()).as("what the judge says").isNotNull();
                }));
  }

  @Test
  void nothingIsCaughtWhereNothingIsPlanted() {
    var trial = new PlantedProduct(PlantedFaults.NOTHING).trial();
    PlantedFaults.ALL.stream()
        .mapToLong(PlantedFault::seed)
        .distinct()
        .forEach(seed -> assertThat(trial.apply(seed)).as("seed " + seed).isNull());
  }

  @Test
  void aMethodThatIsGoneIsSaid() {
    var lost =
        PlantedFault.of(
            "lost", "nothing", Place.in("sync.storage.Recording", "recordAll").doesNothing());

    assertThatThrownBy(() -> new PlantedProduct(lost))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("can't be planted any more");
  }

  @Test
  void aCallThatIsGoneIsSaid() {
    var lost =
        PlantedFault.of(
            "lost",
            "nothing",
            Place.in("sync.storage.Recording", "record").leavesOut("Journal.discharge"));

    assertThatThrownBy(() -> new PlantedProduct(lost))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("can't be planted any more");
  }
}
