package com.softadastra.node;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ReadableTest {
  @Test
  void keepsToOneUnit() {
    assertThat(Readable.duration(Duration.ofMillis(40))).isEqualTo("40 ms");
    assertThat(Readable.duration(Duration.ofSeconds(119))).isEqualTo("119 s");
    assertThat(Readable.duration(Duration.ofMinutes(119))).isEqualTo("119 min");
    assertThat(Readable.duration(Duration.ofHours(47))).isEqualTo("47 h");
    assertThat(Readable.duration(Duration.ofDays(3))).isEqualTo("3 days");
    assertThat(Readable.duration(Duration.ofSeconds(-5))).isEqualTo("-5 s");
    assertThat(Readable.bytes(999)).isEqualTo("999 B");
    assertThat(Readable.bytes(1_234_567)).isEqualTo("1.2 MB");
  }

  @Test
  void alignsColumns() {
    var table = new TextTable("A", "LONGER").row("wide cell", "x");
    assertThat(table.text()).isEqualTo("A           LONGER\nwide cell   x\n");
  }
}
