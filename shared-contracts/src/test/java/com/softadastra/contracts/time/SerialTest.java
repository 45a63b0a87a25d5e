package com.softadastra.contracts.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class SerialTest {
  private final EventQueue queue = new EventQueue();
  private final ArrayList<String> ran = new ArrayList<>();

  @Test
  void runsStepsInOrderAndNeverWithinTheCall() {
    var serial = new Serial(queue);
    serial.execute(() -> {
      serial.execute(() -> ran.add("third"));
      ran.add("first");
    });
    serial.execute(() -> ran.add("second"));
    assertThat(ran).isEmpty();
    queue.run();
    assertThat(ran).containsExactly("first", "second", "third");
  }

  @Test
  void othersGetTheirTurnBetweenTwoSteps() {
    var one = new Serial(queue);
    var other = new Serial(queue);
    one.execute(() -> ran.add("one"));
    one.execute(() -> ran.add("one again"));
    other.execute(() -> ran.add("other"));
    queue.run();
    assertThat(ran).containsExactly("one", "other", "one again");
  }

  @Test
  void goesOnAfterAStepThatFails() {
    var serial = new Serial(queue);
    serial.execute(() -> {
      throw new IllegalStateException("on purpose");
    });
    serial.execute(() -> ran.add("after"));
    queue.run();
    assertThat(ran).containsExactly("after");
  }
}
