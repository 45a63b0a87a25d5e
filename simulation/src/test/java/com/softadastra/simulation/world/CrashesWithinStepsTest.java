package com.softadastra.simulation.world;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.judge.Judge;
import com.softadastra.simulation.judge.NaiveJudge;
import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.SimulatedNode.Moment;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A process may end in the middle of what it does in one step, or at once. */
class CrashesWithinStepsTest {
  private static final long SECOND = 1_000_000_000L;

  /** Of a relay. */
  private static final long FORCE = 2_000_000L;

  private final List<String> seen = new ArrayList<>();
  private boolean done;

  /** Runs a world in which nothing else happens, and nothing may break. */
  private void run(long seed, Set<Feature> features, Consumer<World> after) {
    assertThat(violation(seed, features, new NaiveJudge(), after)).isNull();
  }

  private @Nullable Violation violation(
      long seed, Set<Feature> features, Judge judge, Consumer<World> after) {
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
    return new World(plan, judge, work).run().violation();
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
    submit(world, node, id, () -> {});
  }

  private void submit(World world, SimulatedNode node, String id, Runnable then) {
    var operation =
        new OperationRequest(
            OperationKind.PUT, "items", id, new JsonText("{\"n\":1}"), null, Condition.ANY);
    var request = new IntentRequest("s", id, null, Priority.NORMAL, List.of(operation));
    node.submit(
        world.spaces().getFirst(),
        request,
        _ -> {
          seen.add(id);
          then.run();
        },
        _ -> seen.add("refused"));
  }

  private static boolean has(World world, SimulatedNode node, String id) {
    return node.document(new DocumentKey(world.spaces().getFirst(), "items", id)) != null;
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
                world
                    .agenda()
                    .after(
                        SECOND,
                        () -> {
                          node.start();
                          // of the same group: it is there, though nobody was told
                          assertThat(has(world, node, "two")).isTrue();
                          done = true;
                        });
              });
          submit(world, node, "one");
          submit(world, node, "two");
        });

    assertThat(done).isTrue();
    assertThat(seen).containsExactly("one", "end");
  }

  @Test
  void whatAProcessAnswersInALaterStepThanThatOfItsEndBreaksAPromise() {
    var violation =
        violation(
            1,
            Set.of(),
            new NaiveJudge(),
            world -> {
              var node = world.nodes().getFirst();
              var recording = node.recording();
              submit(world, node, "one");
              recording.recordNext();
              node.plan(Moment.BETWEEN_ANSWERS, true, () -> {});
              // asked for again, it needs no commit, and waits when the process ends
              submit(world, node, "two", () -> submit(world, node, "one"));
              recording.recordNext();
              assertThat(node.runs()).isFalse();
              world.agenda().after(SECOND, recording::recordNext);
            });

    assertThat(violation).isEqualTo(new Violation(Invariant.DURABLE, "n0 answered after its end"));
    assertThat(seen).containsExactly("one", "two");
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
    assertThat(receiptsAtOnce(false)).as("receipts that it sends at once").isGreaterThan(1);
    assertThat(receiptsAtOnce(true)).as("receipts that it sends before its end").isEqualTo(1);
  }

  /**
   * How many receipts a relay sends within the time of one force, from the first on.
   *
   * @param ends whether it ends when it has sent the first
   */
  private int receiptsAtOnce(boolean ends) {
    done = false;
    var at = new ArrayList<Long>();
    var worlds = new ArrayList<World>();
    var judge =
        watching(
            new NaiveJudge(),
            () -> {
              var world = worlds.getFirst();
              at.add(world.agenda().now());
              if (at.size() == 1) {
                firstReceipt(world, ends);
              }
            });
    var violation =
        violation(
            1,
            Set.of(Feature.RELAY),
            judge,
            world -> {
              worlds.add(world);
              submit(world, world.nodes().getFirst(), "one");
            });
    assertThat(violation).isNull();
    assertThat(done).isTrue();
    return (int) at.stream().filter(time -> time < at.getFirst() + FORCE).count();
  }

  private void firstReceipt(World world, boolean ends) {
    var relay = world.relays().getFirst();
    if (ends) {
      relay.endAfter(1, true, () -> assertThat(relay.life()).isNull());
    }
    world
        .agenda()
        .after(
            SECOND,
            () -> {
              assertThat(relay.life() == null).as("whether it has ended").isEqualTo(ends);
              relay.start();
              done = true;
            });
  }

  /** Told of each receipt that a relay sends. */
  private static Judge watching(Judge judge, Runnable signed) {
    return (Judge)
        Proxy.newProxyInstance(
            Judge.class.getClassLoader(),
            new Class<?>[] {Judge.class},
            (_, method, arguments) -> {
              var answer = method.invoke(judge, arguments);
              if (method.getName().equals("signed")) {
                signed.run();
              }
              return answer;
            });
  }
}
