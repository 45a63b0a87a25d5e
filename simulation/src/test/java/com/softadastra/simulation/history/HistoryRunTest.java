package com.softadastra.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HistoryRunTest {
  private static final long SEED = 1;

  @Test
  void everyNodeOfEightHasWhatTheFileSays() throws IOException {
    var result = run(1200, 8);

    assertThat(result.violation()).isNull();
    assertThat(result.conflicts()).isEqualTo(EXPECTED_CONFLICTS);
  }

  private static final long EXPECTED_CONFLICTS = 0;

  private static HistoryRun.Result run(int lines, int nodes) throws IOException {
    try (var slice =
        Objects.requireNonNull(
            HistoryRunTest.class.getResourceAsStream("/real-edits-slice.jsonl.gz"))) {
      return HistoryRun.of(slice, lines, nodes, SEED);
    }
  }
}
