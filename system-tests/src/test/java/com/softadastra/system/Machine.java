package com.softadastra.system;

import static org.junit.jupiter.api.Assumptions.abort;

import com.softadastra.disk.Campaign;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a test asks of the operating system, by the commands that an administrator would use. */
final class Machine {
  private Machine() {}

  /** Runs a command that has to succeed. */
  static void run(String... command) throws IOException, InterruptedException {
    var said = failure(command);
    if (said != null) {
      throw new IOException(String.join(" ", command) + ": " + said);
    }
  }

  /**
   * Runs a command; skips the test with its complaint where the machine doesn't allow it, and notes
   * that.
   */
  static void runOrSkip(String test, String what, String... command)
      throws IOException, InterruptedException {
    String said;
    try {
      said = failure(command);
    } catch (IOException e) {
      said = e.getMessage();
    }
    if (said != null) {
      var reason = what + " can't be had here: " + String.join("; ", said.lines().toList());
      Campaign.note(test, "skipped, as " + reason);
      abort(reason);
    }
  }

  /** What the command said when it failed, null where it succeeded. */
  private static String failure(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
    process.outputWriter().close();
    var said = new String(process.getInputStream().readAllBytes()).strip();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return "does not end";
    }
    return process.exitValue() == 0 ? null : said + " (" + process.exitValue() + ")";
  }
}
