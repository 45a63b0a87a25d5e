package com.softadastra.simulation.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.simulation.plan.Happening.Kind;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What the seeds of an ordinary run have in their worlds. */
class FeatureTest {
  private static int least(Feature feature) {
    return switch (feature) {
      case DATABASE -> 100;
      case DECLARED -> 333;
      case FICKLE -> 166;
      case DIVIDED -> 333;
      case CARRIED -> 333;
      case RELAY -> 111;
      case TWO_RELAYS -> 37;
      case DISMISSED -> 29;
      case RETIRED -> 222;
      case READER -> 400;
      case OLDER -> 200;
      case SETTLED -> 333;
      case UNDONE -> 166;
      case MAILBOXES -> 60;
    };
  }

  /** Where one of these is, there is a relay. */
  private static final Set<Feature> RELAYED =
      Set.of(Feature.RELAY, Feature.TWO_RELAYS, Feature.DISMISSED, Feature.MAILBOXES);

  private static final List<Plan> PLANS =
      LongStream.rangeClosed(1, 2_000).mapToObj(seed -> Plan.of(seed).withoutSpare()).toList();

  private static long seeds(Predicate<Plan> which) {
    return PLANS.stream().filter(which).count();
  }

  private static boolean happens(Plan plan, Kind kind) {
    return plan.happenings().stream().anyMatch(happening -> happening.kind() == kind);
  }

  @Test
  void eachIsInManySeeds() {
    for (var feature : Feature.values()) {
      assertThat(seeds(plan -> plan.has(feature)))
          .as("seeds with " + feature)
          .isGreaterThanOrEqualTo(least(feature));
    }
  }

  @Test
  void eachMeetsEachOther() {
    for (var one : Feature.values()) {
      for (var other : Feature.values()) {
        assertThat(seeds(plan -> plan.has(one) && plan.has(other)))
            .as("seeds with " + one + " and " + other)
            .isGreaterThanOrEqualTo(3);
      }
    }
  }

  @Test
  void eachMeetsWhateverCanHappenThere() {
    for (var feature : Feature.values()) {
      boolean relayed = RELAYED.contains(feature);
      for (var kind : Kind.values()) {
        boolean apart = relayed && (kind == Kind.FLIP || kind == Kind.CLONE);
        assertThat(seeds(plan -> plan.has(feature) && happens(plan, kind)))
            .as("seeds with " + feature + " in which " + kind + " happens")
            .matches(many -> apart ? many == 0 : many > 0);
      }
    }
  }

  @Test
  void noWorldHasOneWithoutWhatItNeeds() {
    assertThatThrownBy(() -> Plan.of(1, Set.of(Feature.TWO_RELAYS)))
        .hasMessage("TWO_RELAYS needs [RELAY]");
  }

  @Test
  void inAHundredWorldsAllNodesAreInADatabase() {
    assertThat(seeds(plan -> plan.has(Feature.DATABASE) && plan.onDisk() == plan.nodes()))
        .as("seeds in which all nodes are in H2")
        .isGreaterThanOrEqualTo(100);
    assertThat(seeds(plan -> plan.onDisk() > 0 && !plan.has(Feature.DATABASE))).isZero();
  }
}
