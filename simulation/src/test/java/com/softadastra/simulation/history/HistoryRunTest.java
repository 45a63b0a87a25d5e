package com.softadastra.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Its runs share nothing but the processors. */
@Execution(ExecutionMode.CONCURRENT)
class HistoryRunTest {
  private static final long SEED = 1;
  private static final int SLICE_EDITS = 3_629;
  private static final int MANY = 80;

  @Test
  void everyNodeOfEightEndsWithWhatTheFileSays() throws IOException {
    try (var slice = slice()) {
      var result = HistoryRun.of(slice, Integer.MAX_VALUE, 8, SEED, System.out);

      System.out.println(result);
      assertThat(result.violation()).isNull();
      assertThat(result.edits()).isEqualTo(SLICE_EDITS);
      assertThat(result.verified()).as("statements checked").isLessThan(result.frames());
    }
  }

  @Test
  void manyNodesSayWhatTheyHaveNoOftenerThanTheyCanHear() throws IOException {
    try (var slice = slice()) {
      var result = HistoryRun.of(slice, 40, MANY, SEED, System.out);

      System.out.println(result);
      assertThat(result.violation()).isNull();
      double rounds = (double) result.verified() / (MANY * (MANY - 1));
      var pause = Duration.ofMillis(100 + 2L * MANY * MANY).toMillis() / 1e3;
      assertThat(rounds).isLessThan(result.simulatedSeconds() / pause + 2);
    }
  }

  @Test
  void theWholeFileWhereItIs() throws IOException {
    var file =
        Path.of(System.getProperty("simulation.history", "../../shared/data/real-edits.jsonl.gz"));
    assumeTrue(Files.isReadable(file), () -> "no whole history at " + file.toAbsolutePath());
    var result = HistoryRun.of(file, Integer.MAX_VALUE, 8, SEED, System.out);

    System.out.println(result);
    assertThat(result.violation()).isNull();
    assertThat(result.edits()).isEqualTo(13_542);
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
