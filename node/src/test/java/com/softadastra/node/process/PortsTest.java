package com.softadastra.node.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PortsTest {
  @Test
  void givesEachPortOnce() {
    var ports = IntStream.range(0, 500).map(_ -> Ports.free()).boxed().toList();

    assertThat(ports).doesNotHaveDuplicates();
  }
}
