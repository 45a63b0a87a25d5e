package com.softadastra.simulation.plan;

import com.softadastra.simulation.plan.Happening.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a seed stands for: a world, and what happens in it.
 *
 * @param links pairs of nodes, as {@code {a, b, latency in nanoseconds, bytes per second}}
 * @param onDisk how many of the nodes, the first ones, have their storage in H2 on a model disk
 * @param late how many of the nodes, the last ones, join while it runs
 * @param happenings in the order of time
 */
public record Plan(
    long seed,
    int nodes,
    int spaces,
    int documents,
    int onDisk,
    int late,
    List<long[]> links,
    List<Happening> happenings) {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;

  /** Whether machines are copied; what is still open there is in this module's DESIGN.md. */
  public static final boolean COPIES = Boolean.getBoolean("simulation.copies");

  public Plan {
    links = List.copyOf(links);
    happenings = List.copyOf(happenings);
  }

  public Plan with(List<Happening> others) {
    return new Plan(seed, nodes, spaces, documents, onDisk, late, links, others);
  }

  /** When the last of it happens. */
  public long end() {
    return happenings.stream().mapToLong(Happening::at).max().orElse(0);
  }

  /** The plan of a seed; one seed in twenty has real storages. */
  public static Plan of(long seed) {
    return of(seed, seed % 20 == 7);
  }

  /** A happening in words. */
  public String tell(Happening happening) {
    return "%12.6f s  n%d: %s%s%s"
        .formatted(
            happening.at() / 1e9,
            happening.a() % nodes,
            happening.kind(),
            happening.kind().work()
                ? ""
                : " (neighbour %d, %.3f s)".formatted(happening.b(), happening.nanos() / 1e9),
            " " + Long.toHexString(happening.draw()));
  }

  /**
   * Draws a world and its faults. Each seed has some kinds of faults and not others, and a pace of
   * its own, so that all seeds together go further than each of them could.
   *
   * @param disks whether some nodes have a real storage
   */
  public static Plan of(long seed, boolean disks) {
    var random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L);
    int nodes =
        disks ? 3 : 3 + Math.min(random.nextInt(6), Math.min(random.nextInt(6), random.nextInt(6)));
    int spaces = 1 + random.nextInt(2);
    int documents = 1 + random.nextInt(random.nextInt(12) + 1);
    int late = random.nextInt(4) == 0 ? 1 : 0;
    var links = links(nodes, random);
    var pace =
        switch (random.nextInt(4)) {
          case 0 -> 20 * MILLI;
          case 1 -> 500 * MILLI;
          case 2 -> 20 * SECOND;
          default -> 1800 * SECOND;
        };
    var faults = faults(random);
    double share = faults.isEmpty() ? 0 : 0.1 + random.nextDouble() * 0.4;
    int count = disks ? 16 : 14 + random.nextInt(20);
    var happenings = new ArrayList<Happening>();
    long at = 2 * SECOND;
    for (int i = 0; i < count; i++) {
      at += random.nextInt(8) == 0 ? 6 * random.nextLong(pace) : random.nextLong(pace);
      var kind =
          random.nextDouble() < share
              ? faults.get(random.nextInt(faults.size()))
              : work(random, late);
      int bursts = kind == Kind.WRITE && random.nextInt(6) == 0 ? 1 + random.nextInt(8) : 1;
      for (int burst = 0; burst < bursts; burst++) {
        int a = random.nextInt(64);
        long nanos = (long) (Math.pow(random.nextDouble(), 3) * 20 * Math.max(pace, SECOND));
        happenings.add(new Happening(at, kind, a, random.nextInt(64), nanos, random.nextLong()));
      }
    }
    return new Plan(
        seed, nodes, spaces, documents, disks ? 1 + random.nextInt(2) : 0, late, links, happenings);
  }

  private static Kind work(SplittableRandom random, int late) {
    int draw = random.nextInt(100);
    if (draw < 10) {
      return Kind.RETRY;
    }
    if (draw < 18) {
      return Kind.RESOLVE;
    }
    if (draw < 20) {
      return Kind.NEWER_KIND;
    }
    return draw < 26 && late > 0 ? Kind.JOIN : Kind.WRITE;
  }

  private static List<Kind> faults(SplittableRandom random) {
    if (random.nextInt(16) == 0) {
      return List.of();
    }
    var all = new ArrayList<Kind>();
    for (var kind : Kind.values()) {
      if (!kind.work() && random.nextInt(3) == 0 && (COPIES || kind != Kind.CLONE)) {
        all.add(kind);
      }
    }
    if (all.contains(Kind.RESTORE)) {
      all.add(Kind.BACKUP);
    }
    return all;
  }

  private static List<long[]> links(int nodes, SplittableRandom random) {
    var links = new ArrayList<long[]>();
    for (int i = 1; i < nodes; i++) {
      links.add(link(random.nextInt(i), i, random));
      for (int j = 0; j < i; j++) {
        int other = j;
        int node = i;
        if (random.nextInt(6) == 0
            && links.stream().noneMatch(l -> l[0] == other && l[1] == node)) {
          links.add(link(j, i, random));
        }
      }
    }
    return links;
  }

  private static long[] link(int a, int b, SplittableRandom random) {
    long latency = MILLI / 4 + (long) (Math.pow(random.nextDouble(), 4) * 400 * MILLI);
    long bytesPerSecond = random.nextInt(5) == 0 ? 4_000 : 10_000_000;
    return new long[] {a, b, latency, bytesPerSecond};
  }
}
