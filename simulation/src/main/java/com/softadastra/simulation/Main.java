package com.softadastra.simulation;

import com.softadastra.simulation.history.HistoryRun;
import com.softadastra.simulation.planted.PlantedFaults;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The command line.
 *
 * <pre>
 * simulate --seeds N --minutes M [--first-seed S]    exits 1 where an invariant broke, time ran out or a run ended with an error
 * simulate --planted                                 exits 1 unless every planted fault is caught
 * simulate --history FILE [--nodes N] [--lines L] [--first-seed S]    a recorded history on N nodes, its first L lines
 * </pre>
 */
public final class Main {
  private static final List<String> OF_SEEDS = List.of("--seeds", "--minutes", "--first-seed");
  private static final List<String> OF_A_HISTORY = List.of("--nodes", "--lines", "--first-seed");
  private static final String USAGE =
      "simulate --seeds N --minutes M [--first-seed S], simulate --planted,"
          + " or simulate --history FILE [--nodes N] [--lines L] [--first-seed S]";

  private Main() {}

  public static void main(String[] arguments) {
    System.exit(run(List.of(arguments), System.out));
  }

  /**
   * @param out for everything that is said
   * @return what the process exits with
   */
  public static int run(List<String> arguments, PrintStream out) {
    if (arguments.equals(List.of("--planted"))) {
      return PlantedFaults.allCaught(out) ? 0 : 1;
    }
    if (!arguments.isEmpty() && arguments.getFirst().equals("--history")) {
      return replay(arguments, out);
    }
    Map<String, Long> numbers;
    try {
      numbers = numbers(arguments, OF_SEEDS);
    } catch (IllegalArgumentException e) {
      out.println(e.getMessage() + ": " + USAGE);
      return 2;
    }
    var campaign =
        new Campaign(
            numbers.getOrDefault("--first-seed", 1L),
            numbers.getOrDefault("--seeds", 1000L),
            Duration.ofMinutes(numbers.getOrDefault("--minutes", 60L)),
            out);
    var result = campaign.run();
    out.println("faults that came about: " + result.told());
    out.printf(
        "trace %016x; %.2f node-years simulated, %.1f in an hour; %d acknowledged intents; %d s%n",
        result.trace(),
        result.nodeYears(),
        result.nodeYearsPerHour(),
        result.intents(),
        result.took().toSeconds());
    var death = result.death();
    if (death != null) {
      out.println(
          "the run of seed " + death.seed() + " ended with an error, and the rest with it:");
      out.println(Campaign.again(death.seed()));
      death.cause().printStackTrace(out);
    } else if (!result.complete() && result.failures().isEmpty()) {
      out.println("time ran out before all seeds were run");
    }
    out.println(result);
    return result.isSound() ? 0 : 1;
  }

  private static int replay(List<String> arguments, PrintStream out) {
    try {
      if (arguments.size() < 2) {
        throw new IllegalArgumentException("a history needs a file");
      }
      var numbers = numbers(arguments.subList(2, arguments.size()), OF_A_HISTORY);
      out.println("again: ./softadastra simulate " + String.join(" ", arguments));
      var result =
          HistoryRun.of(
              Path.of(arguments.get(1)),
              numbers.getOrDefault("--lines", (long) Integer.MAX_VALUE).intValue(),
              numbers.getOrDefault("--nodes", 8L).intValue(),
              numbers.getOrDefault("--first-seed", 1L),
              out);
      out.println(result);
      return result.violation() == null ? 0 : 1;
    } catch (IllegalArgumentException e) {
      out.println(e.getMessage() + ": " + USAGE);
      return 2;
    } catch (IOException e) {
      out.println("the history can't be read: " + e.getMessage());
      return 2;
    }
  }

  private static Map<String, Long> numbers(List<String> arguments, List<String> options) {
    var numbers = new HashMap<String, Long>();
    for (int i = 0; i < arguments.size(); i += 2) {
      var option = arguments.get(i);
      if (!options.contains(option) || i + 1 == arguments.size()) {
        throw new IllegalArgumentException("unknown option, or one without a number: " + option);
      }
      try {
        numbers.put(option, Long.parseUnsignedLong(arguments.get(i + 1)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("not a number: " + arguments.get(i + 1), e);
      }
    }
    return numbers;
  }
}
