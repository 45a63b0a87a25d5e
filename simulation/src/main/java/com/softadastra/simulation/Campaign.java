package com.softadastra.simulation;

import com.softadastra.simulation.judge.Violation;
import com.softadastra.simulation.plan.Happening.Kind;
import com.softadastra.simulation.plan.Plan;
import com.softadastra.simulation.plan.Shrinker;
import com.softadastra.simulation.world.World;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs one seed after the other, on as many threads as the machine has processors. */
public final class Campaign {
  private static final Duration SHRINKING = Duration.ofSeconds(60);
  private static final Duration PROGRESS = Duration.ofSeconds(10);
  private static final double SECONDS_A_YEAR = 365.25 * 86_400;

  /** Where a seed has a violation, so many of them are enough to know. */
  private static final int ENOUGH = 10;

  private final long firstSeed;
  private final long seeds;
  private final Duration patience;
  private final PrintStream out;
  private final Function<Plan, World.Outcome> world;
  private final AtomicLong next = new AtomicLong();
  private final Set<Long> underWay = new ConcurrentSkipListSet<>();
  private final Set<Long> shrinking = new ConcurrentSkipListSet<>();
  private final List<Failure> failures = new ArrayList<>();
  private long run;
  private long events;
  private long leastEvents = Long.MAX_VALUE;
  private long intents;
  private long trace;
  private final Map<Kind, Long> faults = new EnumMap<>(Kind.class);
  private double nodeSeconds;
  private @Nullable Death death;

  /** A seed whose run broke an invariant. */
  public record Failure(long seed, Violation violation) {}

  /** A seed whose run ended in an error, which no invariant is about: the campaign ends too. */
  public record Death(long seed, Throwable cause) {}

  /**
   * What a campaign came to.
   *
   * @param leastEvents of any seed
   * @param trace of all seeds together, in whatever order they were run
   * @param faults how often each kind of fault came about
   * @param death null where none ended it
   * @param complete whether all seeds were run
   */
  public record Result(
      long seeds,
      long events,
      long leastEvents,
      long intents,
      long trace,
      Map<Kind, Long> faults,
      double nodeYears,
      Duration took,
      List<Failure> failures,
      @Nullable Death death,
      boolean complete) {
    /** Whether all seeds were run, and none broke anything. */
    public boolean isSound() {
      return complete && failures.isEmpty() && death == null;
    }

    public double nodeYearsPerHour() {
      return nodeYears / Math.max(1, took.toMillis()) * 3_600_000;
    }

    /** How often which faults came about. */
    public String told() {
      return faults.entrySet().stream()
          .map(fault -> fault.getKey() + " " + fault.getValue())
          .collect(Collectors.joining(", "));
    }

    @Override
    public String toString() {
      return "%d seeds, %d events, %d violations".formatted(seeds, events, failures.size());
    }
  }

  /**
   * @param seeds how many
   * @param patience how long they may take
   * @param out for progress and violations
   */
  public Campaign(long firstSeed, long seeds, Duration patience, PrintStream out) {
    this(firstSeed, seeds, patience, out, World::run);
  }

  Campaign(
      long firstSeed,
      long seeds,
      Duration patience,
      PrintStream out,
      Function<Plan, World.Outcome> world) {
    this.world = world;
    this.firstSeed = firstSeed;
    this.seeds = seeds;
    this.patience = patience;
    this.out = out;
  }

  public Result run() {
    long began = System.nanoTime();
    var workers = new ArrayList<Thread>();
    for (int i = 0; i < Math.max(1, Runtime.getRuntime().availableProcessors()); i++) {
      workers.add(Thread.ofPlatform().daemon().name("simulation-" + i).start(() -> work(began)));
    }
    try {
      long told = System.nanoTime();
      while (workers.stream().anyMatch(Thread::isAlive) && !isOver(began)) {
        workers.getFirst().join(Duration.ofMillis(100));
        workers.getLast().join(Duration.ofMillis(100));
        if (System.nanoTime() - told > PROGRESS.toNanos()) {
          told = System.nanoTime();
          tell(began);
        }
      }
    } catch (InterruptedException e) {
      next.set(seeds);
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      if (!underWay.isEmpty() && death == null) {
        out.println("still under way: seeds " + underWay);
      }
      return new Result(
          run,
          events,
          leastEvents,
          intents,
          trace,
          new EnumMap<>(faults),
          nodeSeconds / SECONDS_A_YEAR,
          Duration.ofNanos(System.nanoTime() - began),
          List.copyOf(failures),
          death,
          run == seeds);
    }
  }

  /** A seed that is still under way then, and may never end, is given up. */
  private boolean isOver(long began) {
    return System.nanoTime() - began >= patience.toNanos() && shrinking.isEmpty();
  }

  private synchronized void tell(long began) {
    out.printf(
        "%d of %d seeds, %d events, %d violations, %d s%n",
        run, seeds, events, failures.size(), (System.nanoTime() - began) / 1_000_000_000);
  }

  private void work(long began) {
    while (System.nanoTime() - began < patience.toNanos()) {
      long number = next.getAndIncrement();
      if (number >= seeds) {
        return;
      }
      long seed = firstSeed + number;
      underWay.add(seed);
      try {
        run(seed);
        underWay.remove(seed);
      } catch (Throwable e) {
        synchronized (this) {
          death = new Death(seed, e);
        }
        next.set(seeds);
        return;
      }
    }
  }

  private void run(long seed) {
    var outcome = world.apply(Plan.of(seed));
    var violation = outcome.violation();
    synchronized (this) {
      run++;
      events += outcome.events();
      if (outcome.violation() == null) {
        leastEvents = Math.min(leastEvents, outcome.events());
      }
      intents += outcome.intents();
      trace += outcome.trace() * (2 * seed + 1);
      outcome.faults().forEach((kind, many) -> faults.merge(kind, many, Long::sum));
      nodeSeconds += outcome.nodeSeconds();
      if (violation != null) {
        failures.add(new Failure(seed, violation));
        out.println("seed " + seed + ": " + violation);
        out.printf("  after %d events, trace %016x%n", outcome.events(), outcome.trace());
        out.println(again(seed));
        if (failures.size() >= ENOUGH) {
          next.set(seeds);
        }
      }
    }
    if (violation != null) {
      shrinking.add(seed);
      shrink(seed, violation);
      shrinking.remove(seed);
    }
  }

  private void shrink(long seed, Violation violation) {
    var plan = Plan.of(seed);
    boolean early = sameWay(violation, world.apply(plan.withoutSpare()).violation());
    var shrunk =
        new Shrinker(less -> sameWay(violation, world.apply(less).violation()), SHRINKING)
            .shrink(early ? plan.withoutSpare() : plan);
    synchronized (this) {
      out.println(
          "  seed "
              + seed
              + ": of "
              + plan.happenings().size()
              + " happenings among "
              + plan.nodes()
              + " nodes, with "
              + plan.features()
              + ", these "
              + shrunk.happenings().size()
              + (early ? " do:" : " do, with some of those to spare:"));
      shrunk.happenings().forEach(happening -> out.println("    " + shrunk.tell(happening)));
    }
  }

  /** The line that repeats a seed. */
  static String again(long seed) {
    return "  again: ./softadastra simulate --first-seed " + seed + " --seeds 1 --minutes 5";
  }

  private static boolean sameWay(Violation violation, @Nullable Violation other) {
    return other != null && other.invariant() == violation.invariant();
  }
}
