package com.softadastra.node.demo;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.node.demo.RecordedHistory.UnreadableHistory;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class HistoryFuzzTest {
  private static final int MOST = 100;

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> decoders() {
    byte[] lines =
        utf8(
            """
            {"id":1,"parents":[],"author":1,"at":1000,"ops":[{"op":"put","doc":"a","version":"x","added":3,"removed":0}]}
            {"id":2,"parents":[1],"author":2,"at":1001,"ops":[{"op":"delete","doc":"a","version":"y"}]}
            {"id":3,"parents":[1,2],"author":1,"at":1002,"ops":[]}
            """);
    return Fuzzing.of(
        Target.of("recorded-history", Form.JSON, List.of(lines, zipped(lines)), this::history)
            .refusingWith(UnreadableHistory.class)
            .generating(mutator -> zipped(mutator.mutate(lines)))
            .allocating(RecordedHistory.LINE_CHARACTERS * 32L, 128)
            .checking((history, _) -> {
              hold(history.size() <= MOST, "more than was asked for");
              for (var change : history.changes()) {
                hold(
                    change.parents().stream().allMatch(parent -> parent < change.position()),
                    "a parent after its child");
              }
            }));
  }

  private RecordedHistory history(byte[] input) throws IOException, UnreadableHistory {
    return RecordedHistory.of(Files.write(folder.resolve("history"), input), MOST);
  }

  private static byte[] zipped(byte[] plain) {
    var out = new ByteArrayOutputStream();
    try (var zip = new GZIPOutputStream(out)) {
      zip.write(plain);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }
}
