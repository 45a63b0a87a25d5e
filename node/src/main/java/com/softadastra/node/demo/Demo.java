package com.softadastra.node.demo;

import com.softadastra.node.demo.RecordedHistory.UnreadableHistory;
import java.nio.file.Path;
import java.util.Optional;

/** The tour, from reading its input to its verdict. */
public final class Demo {
  private Demo() {}

  /**
   * Runs the tour and tells it on standard output.
   *
   * @param input what to replay instead of the slice that comes with the program
   * @param changes how many of its changes at most
   * @return whether everything came out as it has to
   */
  public static boolean run(Optional<Path> input, int changes) {
    var narrator = new Narrator(System.out);
    try (var stage = new Stage()) {
      try {
        var history =
            input.isPresent()
                ? RecordedHistory.of(input.get(), changes)
                : RecordedHistory.slice(changes);
        return new Tour(history, stage, narrator).run();
      } catch (UnreadableHistory unreadable) {
        System.err.println(unreadable.getMessage());
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException failure) {
        // Once the stage is being cleared, what still fails is of no interest.
        if (!stage.isCleared()) {
          narrator.say("FAILED: %s", String.valueOf(failure.getMessage()));
        }
      }
      return false;
    }
  }
}
