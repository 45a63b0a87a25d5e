package com.softadastra.simulation.history;

import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.plan.Happening;
import com.softadastra.simulation.plan.Happening.Kind;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.world.World;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A recorded history, made again on simulated nodes that meet faults while they work. */
public final class HistoryRun {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;

  /** In which all fault kinds happen that leave every node its storage. */
  private static final List<Kind> FAULTS =
      List.of(
          Kind.CRASH,
          Kind.CRASH_AT_EFFECT,
          Kind.DISK_FAILS,
          Kind.DISK_SLOW,
          Kind.STOP,
          Kind.PAUSE,
          Kind.CLOCK,
          Kind.CUT,
          Kind.BLOCK,
          Kind.ISOLATE,
          Kind.SLOW,
          Kind.CORRUPT,
          Kind.REPLAY,
          Kind.SWITCH);

  /** So many nodes write every half second, and meet a fault every second; more do so seldomer. */
  private static final int FEW = 16;

  /** Of more so many are asked for each write, after all that each of them has. */
  private static final int LOOKED_AT = 10;

  private HistoryRun() {}

  /** What came of it. */
  public record Result(
      int nodes,
      int edits,
      int joins,
      int documents,
      long conflicts,
      long events,
      long frames,
      long statements,
      long verified,
      double simulatedSeconds,
      Duration took,
      @Nullable Violation violation) {
    @Override
    public String toString() {
      return "%d nodes, %d edits, %d joins, %d documents, %d conflicts, %d events, %d frames, %d statements sent, %d verified, %.0f simulated s, %.1f s: %s"
          .formatted(
              nodes,
              edits,
              joins,
              documents,
              conflicts,
              events,
              frames,
              statements,
              verified,
              simulatedSeconds,
              took.toMillis() / 1e3,
              violation == null
                  ? "every node has every edit, and the heads and conflicts of the file"
                  : violation);
    }
  }

  /**
   * @param most how many lines of the file to take, the first ones
   * @param out for progress
   */
  public static Result of(Path file, int most, int nodes, long seed, PrintStream out)
      throws IOException {
    try (var in = Files.newInputStream(file)) {
      return of(in, most, nodes, seed, out);
    }
  }

  static Result of(InputStream file, int most, int nodes, long seed, PrintStream out)
      throws IOException {
    var history = History.read(file, most);
    long began = System.nanoTime();
    boolean few = nodes <= FEW;
    long pace = few ? SECOND / 2 : 4 * SECOND;
    var historian = new Historian(history, pace, few ? 1 : nodes / LOOKED_AT, out);
    var outcome =
        new World(plan(nodes, seed, few, history.depth() * pace), historian, historian).run();
    return new Result(
        nodes,
        history.edits().size(),
        history.joins(),
        history.heads().size(),
        history.conflicts(),
        outcome.events(),
        historian.frames(),
        historian.statements(),
        historian.verified(),
        outcome.seconds(),
        Duration.ofNanos(System.nanoTime() - began),
        outcome.violation());
  }

  /**
   * @param replay how long the edits take, about: an edit is made one pace after those before it
   */
  private static Plan plan(int nodes, long seed, boolean few, long replay) {
    var random = new SplittableRandom(seed);
    var faults = new ArrayList<Happening>();
    // a fault every second makes few nodes half as slow again
    long lasts = few ? Math.max(replay * 3 / 2, 120 * SECOND) : Math.max(replay, 600 * SECOND);
    long count = lasts / (few ? SECOND : 10 * SECOND);
    for (int i = 0; i < count; i++) {
      long at = 5 * SECOND + random.nextLong(lasts);
      faults.add(
          new Happening(
              at,
              FAULTS.get(random.nextInt(FAULTS.size())),
              random.nextInt(nodes),
              random.nextInt(64),
              (long) (Math.pow(random.nextDouble(), 3) * 20 * SECOND),
              random.nextLong()));
    }
    faults.sort(java.util.Comparator.comparingLong(Happening::at));
    return new Plan(seed, nodes, 1, 1, 0, 0, links(nodes, random, few), faults);
  }

  /** A ring, and chords from each node to one or two others. */
  private static List<long[]> links(int nodes, SplittableRandom random, boolean few) {
    var links = new ArrayList<long[]>();
    var taken = new HashSet<List<Integer>>();
    for (int i = 0; i < nodes; i++) {
      link(i, (i + 1) % nodes, links, taken, random);
      link(i, random.nextInt(nodes), links, taken, random);
    }
    return links;
  }

  private static void link(
      int a, int b, List<long[]> links, HashSet<List<Integer>> taken, SplittableRandom random) {
    if (a != b && taken.add(List.of(Math.min(a, b), Math.max(a, b)))) {
      links.add(new long[] {a, b, MILLI + random.nextLong(30 * MILLI), 10_000_000});
    }
  }
}
