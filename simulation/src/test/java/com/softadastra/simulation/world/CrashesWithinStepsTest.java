package com.softadastra.simulation.world;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.simulation.judge.NaiveJudge;
import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.SimulatedNode.Moment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A process may end in the middle of what it does in one step. */
class CrashesWithinStepsTest {
  private static final long SECOND = 1_000_000_000L;

  private final List<String> seen = new ArrayList<>();
  private boolean done;

  /** Runs a world in which nothing else happens. */
  private void run(long seed, Set<Feature> features, Consumer<World> after) {
    var plan = Plan.of(seed, features).with(List.of()).withoutSpare();
    var work =
        new World.Work() {
          @Override
          public void begin(World world) {
            world.agenda().at(5 * SECOND, () -> after.accept(world));
          }

          @Override
          public boolean isDone() {
            return done;
          }
        };
    assertThat(new World(plan, new NaiveJudge(), work).run().violation()).isNull();
  }

  private void restart(World world, SimulatedNode node) {
    world
        .agenda()
        .after(
            SECOND,
            () -> {
              node.start();
              done = true;
            });
  }

  private void submit(World world, SimulatedNode node, String id) {
    var operation =
        new OperationRequest(
            OperationKind.PUT, "items", id, new JsonText("{\"n\":1}"), null, Condition.ANY);
    var request = new IntentRequest("s", id, null, Priority.NORMAL, List.of(operation));
    node.submit(world.spaces().getFirst(), request, _ -> seen.add(id), _ -> seen.add("refused"));
  }

  @Test
  void betweenTwoAnswersOfAGroup() {
    run(
        1,
        Set.of(),
        world -> {
          var node = world.nodes().getFirst();
          node.plan(
              Moment.BETWEEN_ANSWERS,
              true,
              () -> {
                seen.add("end");
                restart(world, node);
              });
          submit(world, node, "one");
          submit(world, node, "two");
        });

    assertThat(seen).containsExactly("one", "end");
  }

  @Test
  void whileTheIncarnationFileIsReplaced() {
    var left = new HashSet<Boolean>();
    for (long seed = 1; seed <= 8; seed++) {
      done = false;
      run(
          seed,
          Set.of(),
          world -> {
            var node = world.nodes().getFirst();
            var before = node.disk().read();
            node.kill(true);
            node.plan(Moment.AT_INCARNATION, true, () -> restart(world, node));
            node.start();
            assertThat(node.runs()).isFalse();
            left.add(node.disk().read().equals(before));
          });
    }

    assertThat(left)
        .as("whether the file is the one before")
        .containsExactlyInAnyOrder(true, false);
  }

  @Test
  void whenARelayHasSaidAPartOfWhatItSays() {
    run(
        1,
        Set.of(Feature.RELAY),
        world -> {
          var relay = world.relays().getFirst();
          relay.endAfter(
              2,
              true,
              () -> {
                assertThat(relay.life()).isNull();
                seen.add("end");
                world
                    .agenda()
                    .after(
                        SECOND,
                        () -> {
                          relay.start();
                          done = true;
                        });
              });
          submit(world, world.nodes().getFirst(), "one");
          submit(world, world.nodes().get(1), "two");
        });

    assertThat(seen).contains("end");
  }
}
