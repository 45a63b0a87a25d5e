package com.softadastra.node.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.node.demo.RecordedHistory.UnreadableHistory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NaiveHeadsTest {
  // Two people write "a" on change 0 without having seen each other; one line is joined, "b" is
  // not.
  private static final String FORK =
      """
      {"id":7,"parents":[],"author":0,"at":1,"ops":[{"op":"put","doc":"a","version":"000000000001","added":1,"removed":0}]}
      {"id":8,"parents":[7],"author":1,"at":2,"ops":[{"op":"put","doc":"a","version":"000000000002"},{"op":"put","doc":"b","version":"000000000003"}]}
      {"id":9,"parents":[7],"author":2,"at":1,"ops":[{"op":"delete","doc":"a","version":"000000000000"},{"op":"put","doc":"b","version":"000000000004"}]}
      {"id":10,"parents":[8,9],"author":0,"at":9,"ops":[]}
      {"id":11,"parents":[10],"author":0,"at":9,"ops":[{"op":"put","doc":"a","version":"000000000005"}]}
      """;

  private static RecordedHistory fork(Path directory) throws Exception {
    var file = Files.writeString(directory.resolve("history.jsonl"), FORK);
    return RecordedHistory.of(file, Integer.MAX_VALUE);
  }

  @Test
  void crossesOutWhatTheAuthorHadSeen(@TempDir Path directory) throws Exception {
    var heads = NaiveHeads.of(fork(directory));
    assertThat(heads.byDocument().get("a")).containsExactly(4);
    assertThat(heads.byDocument().get("b")).containsExactly(1, 2);
    assertThat(heads.conflicts()).isEqualTo(1);
  }

  @Test
  void basesAreTheNewestWritesSeen(@TempDir Path directory) throws Exception {
    var history = fork(directory);
    var bases = new Bases(history);
    assertThat(bases.of(history.change(0), "a")).isEmpty();
    assertThat(bases.of(history.change(1), "a")).containsExactly(0);
    assertThat(bases.of(history.change(2), "b")).isEmpty();
    assertThat(bases.of(history.change(4), "a")).containsExactlyInAnyOrder(1, 2);
  }

  @Test
  void cutsWhereBothHaveWork(@TempDir Path directory) throws Exception {
    var cut = CutPoint.of(fork(directory), 0, 2, fork(directory).size());
    assertThat(cut).isEqualTo(new CutPoint(1, 1, 1));
  }

  @Test
  void agreesWithBasesOnTheSlice() throws Exception {
    var history = RecordedHistory.slice(Integer.MAX_VALUE);
    var bases = new Bases(history);
    var expected = NaiveHeads.of(history);
    var heads = new TreeMap<String, SortedSet<Integer>>();
    for (var change : history.changes()) {
      for (var operation : change.operations()) {
        var standing = heads.computeIfAbsent(operation.document(), _ -> new TreeSet<>());
        bases.of(change, operation.document()).forEach(standing::remove);
        standing.add(change.position());
      }
    }
    assertThat(heads).isEqualTo(expected.byDocument());
    assertThat(history.documents()).isEqualTo(1500);
    assertThat(expected.conflicts()).isEqualTo(36);
    assertThat(
            CutPoint.of(history, history.size() / 5, history.size() * 4 / 5, history.size())
                .second())
        .isGreaterThan(100);
  }

  @Test
  void refusesAParentThatComesLater(@TempDir Path directory) throws Exception {
    var file =
        Files.writeString(
            directory.resolve("history.jsonl"), FORK.lines().skip(1).toList().getFirst());
    assertThatThrownBy(() -> RecordedHistory.of(file, 10))
        .isInstanceOf(UnreadableHistory.class)
        .hasMessageContaining("before its parent 7");
  }
}
