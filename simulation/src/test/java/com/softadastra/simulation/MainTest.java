package com.softadastra.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
  @TempDir Path directory;
  private Path history;

  @BeforeEach
  void isWritten() throws IOException {
    history = directory.resolve("history.jsonl.gz");
    try (var out = new GZIPOutputStream(Files.newOutputStream(history))) {
      out.write(
          """
          {"id":0,"parents":[],"author":0,"at":1,"ops":[{"op":"put","doc":"a","version":"1"}]}
          {"id":1,"parents":[0],"author":1,"at":2,"ops":[{"op":"put","doc":"a","version":"2"}]}
          {"id":2,"parents":[0],"author":2,"at":2,"ops":[{"op":"put","doc":"a","version":"3"}]}
          """
              .getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void aHistorySaysFirstWhatReplaysIt() {
    var said = said(0, "--history", history.toString(), "--nodes", "3", "--first-seed", "7");
    String again = said.lines().findFirst().orElseThrow();
    assertThat(again)
        .isEqualTo(
            "again: ./softadastra simulate --history %s --nodes 3 --first-seed 7"
                .formatted(history));
    assertThat(said).contains("3 nodes, 3 edits", "1 conflicts", "every node has every edit");
  }

  @Test
  void whatCannotBeUnderstoodIsSaid() {
    assertThat(said(2, "--history")).contains("a history needs a file", "simulate --seeds");
    assertThat(said(2, "--history", directory.resolve("none").toString()))
        .contains("the history can't be read");
    assertThat(said(2, "--seeds", "many")).contains("not a number: many");
    assertThat(said(2, "--years", "1")).contains("unknown option");
  }

  private static String said(int exitCode, String... arguments) {
    var out = new ByteArrayOutputStream();
    int code = Main.run(List.of(arguments), new PrintStream(out, true, StandardCharsets.UTF_8));
    String said = out.toString(StandardCharsets.UTF_8);
    assertThat(code).as(said).isEqualTo(exitCode);
    return said;
  }
}
