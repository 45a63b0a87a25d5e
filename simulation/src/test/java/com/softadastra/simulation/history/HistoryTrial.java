package com.softadastra.simulation.history;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Runs the beginning of a history, with a seed's faults, on the product that it was loaded with.
 */
public final class HistoryTrial implements LongFunction<@Nullable String> {
  private static final int LINES = 300;

  @Override
  public @Nullable String apply(long seed) {
    try (var slice = HistoryTrial.class.getResourceAsStream("/real-edits-slice.jsonl.gz")) {
      var silence = new PrintStream(OutputStream.nullOutputStream());
      var violation =
          HistoryRun.of(Objects.requireNonNull(slice), LINES, 3, seed, silence).violation();
      return violation == null ? null : violation.toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
