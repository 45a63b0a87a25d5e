package com.softadastra.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class HistoryRunTest {
  private static final long SEED = 1;

  /** The first so many lines of the slice; all 4,000 take minutes. */
  private static final int LINES = 800;

  @Test
  void everyNodeOfEightEndsWithWhatTheFileSays() throws IOException {
    try (var slice = slice()) {
      var result = HistoryRun.of(slice, LINES, 8, SEED);

      assertThat(result.violation()).isNull();
      assertThat(result.edits()).isEqualTo(796);
      assertThat(result.conflicts()).isEqualTo(28);
    }
  }

  @Test
  void aJoinLeavesOneHeadWhereItsAuthorHadSeenBoth() throws IOException {
    var history =
        history(
            """
            {"id":0,"parents":[],"author":0,"at":1,"ops":[{"op":"put","doc":"a","version":"1"}]}
            {"id":1,"parents":[0],"author":1,"at":2,"ops":[{"op":"put","doc":"a","version":"2"}]}
            {"id":2,"parents":[0],"author":2,"at":2,"ops":[{"op":"put","doc":"a","version":"3"},{"op":"put","doc":"b","version":"1"}]}
            {"id":3,"parents":[1,2],"author":1,"at":3,"ops":[{"op":"put","doc":"a","version":"4"}]}
            {"id":4,"parents":[1],"author":0,"at":4,"ops":[{"op":"delete","doc":"b"}]}
            """);

    assertThat(history.heads().get("a")).containsExactly(3);
    assertThat(history.heads().get("b")).containsExactly(2, 4);
    assertThat(history.edits().get(3).writes().getFirst().on()).containsExactly(1, 2);
    assertThat(history.joins()).isEqualTo(1);
    assertThat(history.conflicts()).isEqualTo(1);
  }

  @Test
  void aLineBeforeItsParentIsNoHistory() {
    assertThatThrownBy(() -> history("{\"id\":1,\"parents\":[0],\"author\":0,\"at\":1,\"ops\":[]}"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("line 1");
  }

  private static History history(String lines) throws IOException {
    return History.read(
        new ByteArrayInputStream(lines.getBytes(StandardCharsets.UTF_8)), Integer.MAX_VALUE);
  }

  private static InputStream slice() {
    return Objects.requireNonNull(
        HistoryRunTest.class.getResourceAsStream("/real-edits-slice.jsonl.gz"));
  }
}
