package com.softadastra.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void givesEachPortOnce() {
    var ports = IntStream.range(0, 500).map(_ -> Ports.free()).boxed().toList();

    assertThat(ports).doesNotHaveDuplicates();
  }

  /** Each beginning at the same number, as two processes may, while nothing listens yet. */
  @Test
  void twoRoundsGiveNoPortTwice() {
    int begin = Ports.free();
    var one = new AtomicInteger(begin);
    var other = new AtomicInteger(begin);

    var ports =
        IntStream.range(0, 50).map(i -> Ports.free(i % 2 == 0 ? one : other)).boxed().toList();

    assertThat(ports).doesNotHaveDuplicates();
  }
}
