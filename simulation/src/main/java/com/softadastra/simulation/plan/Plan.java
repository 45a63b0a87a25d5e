package com.softadastra.simulation.plan;

import com.softadastra.simulation.plan.Happening.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a seed stands for: a world, and what happens in it.
 *
 * @param features what there is in that world
 * @param links pairs of nodes, as {@code {a, b, latency in nanoseconds, bytes per second}}
 * @param onDisk how many of the nodes, the first ones, have their storage in H2 on a model disk
 * @param late how many of the nodes, the last ones, join while it runs
 * @param happenings in the order of time
 * @param spare rounds of more of them, for a world in which too little happens otherwise; times
 *     count from the beginning of the round
 */
public record Plan(
    long seed,
    Set<Feature> features,
    int nodes,
    int spaces,
    int documents,
    int onDisk,
    int late,
    List<long[]> links,
    List<Happening> happenings,
    List<List<Happening>> spare) {
  private static final long MILLI = 1_000_000;
  private static final long SECOND = 1_000 * MILLI;

  /** So many happenings are a round of those to spare. */
  private static final int ROUND = 8;

  private static final int MOST_ROUNDS = 40;

  public Plan {
    features = Collections.unmodifiableSet(new TreeSet<>(features));
    Feature.requireWhatTheyNeed(features);
    links = List.copyOf(links);
    happenings = List.copyOf(happenings);
    spare = List.copyOf(spare);
  }

  /** One without any feature, and without anything to spare. */
  public Plan(
      long seed,
      int nodes,
      int spaces,
      int documents,
      int onDisk,
      int late,
      List<long[]> links,
      List<Happening> happenings) {
    this(seed, Set.of(), nodes, spaces, documents, onDisk, late, links, happenings, List.of());
  }

  public boolean has(Feature feature) {
    return features.contains(feature);
  }

  public Plan with(List<Happening> others) {
    return with(others, spare);
  }

  public Plan withoutSpare() {
    return with(happenings, List.of());
  }

  private Plan with(List<Happening> others, List<List<Happening>> toSpare) {
    return new Plan(seed, features, nodes, spaces, documents, onDisk, late, links, others, toSpare);
  }

  /** Whether a row may be damaged, or a read fail. */
  public boolean readsFail() {
    return Stream.concat(happenings.stream(), spare.stream().flatMap(List::stream))
        .anyMatch(happening ->
            switch (happening.kind()) {
              case FLIP, READ_FAILS -> true;
              default -> false;
            });
  }

  /** Whether no node can lose what it had, nor live twice, and nobody speaks in another's name. */
  public boolean nothingIsLost() {
    return Stream.concat(happenings.stream(), spare.stream().flatMap(List::stream))
        .noneMatch(happening ->
            switch (happening.kind()) {
              case FLIP, READ_FAILS, RESTORE, CLONE, ATTACK -> true;
              default -> false;
            });
  }

  /** When the last of it happens. */
  public long end() {
    return happenings.stream().mapToLong(Happening::at).max().orElse(0);
  }

  /** A source of its own for each seed and purpose: one that draws more disturbs no other. */
  public static SplittableRandom random(long seed, String purpose) {
    // mixed twice, since sources that begin a multiple of the golden ratio apart are one source
    return new SplittableRandom(mixed(mixed(seed) + purpose.hashCode()));
  }

  // "Fast Splittable Pseudorandom Number Generators", Steele and others, 2014
  private static long mixed(long seed) {
    long mixed = (seed ^ (seed >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** The plan of a seed. */
  public static Plan of(long seed) {
    return of(seed, Feature.of(seed));
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
   * @param features what there is in it, whatever the seed says of that
   */
  public static Plan of(long seed, Set<Feature> features) {
    var random = random(seed, "plan");
    boolean disks = features.contains(Feature.DATABASE);
    boolean relayed = features.contains(Feature.RELAY);
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
    if (!faults.isEmpty() && random(seed, "flapping").nextInt(4) == 0) {
      faults.add(Kind.FLAP);
    }
    if (relayed) {
      // by relays alone, what a copy had fetched is not missed while nobody writes
      faults.remove(Kind.CLONE);
    }
    double share = faults.isEmpty() ? 0 : 0.1 + random.nextDouble() * 0.4;
    var drawn = new Draws(late, pace, faults, share);
    int count = disks ? 16 : 14 + random.nextInt(20);
    var happenings = happenings(count, 2 * SECOND, drawn, random);
    rot(happenings, faults, random(seed, "rot"));
    if (features.contains(Feature.DECLARED)) {
      declarations(happenings, random(seed, "declarations"));
      clocks(happenings, random(seed, "clocks"));
    }
    if (features.contains(Feature.DIVIDED)) {
      divide(happenings, random(seed, "divided"));
    }
    if (features.contains(Feature.CARRIED)) {
      carry(happenings, random(seed, "carried"));
    }
    if (relayed) {
      relay(happenings, random(seed, "relayed"));
      relaysDisks(happenings, random(seed, "relays' disks"));
    }
    if (features.contains(Feature.DISMISSED)) {
      dismiss(happenings, random(seed, "dismissed"));
    }
    if (features.contains(Feature.RETIRED)) {
      retire(happenings, random(seed, "retired"));
    }
    if (features.contains(Feature.OLDER)) {
      raise(happenings, nodes, random(seed, "raised"));
    }
    if (features.contains(Feature.SETTLED)) {
      settle(happenings, random(seed, "settled"));
    }
    if (features.contains(Feature.UNDONE)) {
      undo(happenings, random(seed, "undone"));
    }
    // from a source of its own, so that a seed's plan doesn't hang on how much there is to spare
    var more = random.split();
    var spare = new ArrayList<List<Happening>>();
    for (int i = 0; i < MOST_ROUNDS; i++) {
      spare.add(happenings(ROUND, 0, drawn, more));
    }
    return new Plan(
        seed,
        features,
        nodes,
        spaces,
        documents,
        disks ? onDisk(nodes, random) : 0,
        late,
        links,
        happenings,
        spare);
  }

  /** Mostly all. */
  private static int onDisk(int nodes, SplittableRandom random) {
    return random.nextInt(5) == 0 ? 1 + random.nextInt(nodes) : nodes;
  }

  /**
   * What happenings are drawn from.
   *
   * @param pace nanoseconds between two of them, at most, mostly
   * @param share of faults
   */
  private record Draws(int late, long pace, List<Kind> faults, double share) {}

  private static List<Happening> happenings(
      int count, long from, Draws draws, SplittableRandom random) {
    var happenings = new ArrayList<Happening>();
    long at = from;
    for (int i = 0; i < count; i++) {
      at += random.nextInt(8) == 0 ? 6 * random.nextLong(draws.pace) : random.nextLong(draws.pace);
      var kind =
          random.nextDouble() < draws.share
              ? draws.faults.get(random.nextInt(draws.faults.size()))
              : work(random, draws.late);
      int bursts = kind == Kind.WRITE && random.nextInt(6) == 0 ? 1 + random.nextInt(8) : 1;
      for (int burst = 0; burst < bursts; burst++) {
        int a = random.nextInt(64);
        long nanos = (long) (Math.pow(random.nextDouble(), 3) * 20 * Math.max(draws.pace, SECOND));
        happenings.add(new Happening(at, kind, a, random.nextInt(64), nanos, random.nextLong()));
      }
    }
    return happenings;
  }

  /**
   * In some seeds the disk of one node rots. Where others may lose what they have, nobody might be
   * left to mend it from.
   */
  private static void rot(List<Happening> happenings, List<Kind> faults, SplittableRandom random) {
    if (random.nextInt(3) != 0 || faults.contains(Kind.RESTORE) || faults.contains(Kind.CLONE)) {
      return;
    }
    int node = random.nextInt(64);
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(0);
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      var kind = random.nextInt(4) == 0 ? Kind.READ_FAILS : Kind.FLIP;
      long at = last / 4 + random.nextLong(last);
      happenings.add(
          new Happening(
              at, kind, node, random.nextInt(64), random.nextLong(SECOND), random.nextLong()));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static void declarations(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 4 + random.nextInt(8); i > 0; i--) {
      var kind = i > 2 && random.nextInt(3) == 0 ? Kind.RELABEL : Kind.DECLARE;
      // mostly early, so that something is written under them
      long at = i <= 2 ? 2 * SECOND - i : (long) (last * Math.pow(random.nextDouble(), 2));
      happenings.add(happening(at, kind, random));
    }
    // what several write in one instant is written apart
    for (int i = 4 + random.nextInt(5); i > 0; i--) {
      long at = 2 * SECOND + random.nextLong(last);
      for (int writers = 2 + random.nextInt(3); writers > 0; writers--) {
        happenings.add(happening(at, Kind.WRITE, random));
      }
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /** In some of these seeds clocks jump, and others hear so, before what follows is written. */
  private static void clocks(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = random.nextInt(4); i > 0; i--) {
      long at = 2 * SECOND + (long) (last * Math.pow(random.nextDouble(), 3));
      int node = random.nextInt(64);
      happenings.add(new Happening(at, Kind.CLOCK, node, 0, 0, random.nextLong()));
      happenings.add(new Happening(at + 1, Kind.STOP, node, 0, MILLI, random.nextLong()));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static void divide(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(0);
    for (int i = 20 + random.nextInt(30); i > 0; i--) {
      var kind = random.nextInt(10) == 0 ? Kind.OVERSPEND : Kind.DIVIDE;
      long at = last / 10 + random.nextLong(last);
      happenings.add(
          new Happening(at, kind, random.nextInt(64), random.nextInt(64), 0, random.nextLong()));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /** Now and then a node is cut off from all others for long, so that there is no other way. */
  private static void carry(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 20 + random.nextInt(30); i > 0; i--) {
      var kind = random.nextInt(8) == 0 ? Kind.ISOLATE : Kind.CARRY;
      long nanos =
          (long) (Math.pow(random.nextDouble(), 3) * (kind == Kind.CARRY ? last : last / 2));
      happenings.add(
          new Happening(
              2 * SECOND + random.nextLong(last),
              kind,
              random.nextInt(64),
              random.nextInt(64),
              nanos,
              random.nextLong()));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /** Members are seldom up, or in reach of each other, at the same time. */
  private static void relay(List<Happening> happenings, SplittableRandom random) {
    // who reaches nobody asks nobody for what is damaged
    happenings.removeIf(happening -> happening.kind() == Kind.FLIP);
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    var kinds =
        List.of(
            Kind.APART,
            Kind.APART,
            Kind.STOP,
            Kind.CRASH,
            Kind.RELAY_CRASH,
            Kind.RELAY_AWAY,
            Kind.STRANGER,
            random.nextInt(3) == 0 ? Kind.RELAY_LOST : Kind.APART,
            random.nextInt(3) == 0 ? Kind.RELAY_DROPS : Kind.STOP);
    for (int i = 20 + random.nextInt(20); i > 0; i--) {
      var kind = random.nextInt(3) == 0 ? Kind.WRITE : kinds.get(random.nextInt(kinds.size()));
      happenings.add(mostlyShort(kind, last, random));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static Happening mostlyShort(Kind kind, long last, SplittableRandom random) {
    return new Happening(
        2 * SECOND + random.nextLong(last),
        kind,
        random.nextInt(64),
        random.nextInt(64),
        (long) (Math.pow(random.nextDouble(), 2) * last / 3),
        random.nextLong());
  }

  private static void relaysDisks(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = random.nextInt(5); i > 0; i--) {
      var kind = random.nextInt(3) == 0 ? Kind.RELAY_FULL : Kind.RELAY_DISK_FAILS;
      happenings.add(mostlyShort(kind, last, random));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static void dismiss(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 1 + random.nextInt(5); i > 0; i--) {
      happenings.add(happening(last / 8 + random.nextLong(last), Kind.DISMISS, random));
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      var kind = random.nextInt(3) == 0 ? Kind.REINSTATE : Kind.RETIRE;
      happenings.add(happening(last / 8 + random.nextLong(last), kind, random));
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /**
   * Somebody goes away, with writes that nobody has seen, and is retired meanwhile. Life goes on,
   * and it returns, sometimes to be counted on again.
   */
  private static void retire(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 2 + random.nextInt(4); i > 0; i--) {
      int away = random.nextInt(64);
      long at = 2 * SECOND + random.nextLong(last);
      long nanos = SECOND + random.nextLong(Math.max(SECOND, last / 2));
      if (random.nextInt(3) == 0) {
        for (int writes = random.nextInt(3); writes > 0; writes--) {
          happenings.add(by(at - 10 * MILLI, Kind.WRITE, away, random));
        }
        happenings.add(new Happening(at, Kind.CRASH, away, 0, nanos, random.nextLong()));
      } else {
        happenings.add(new Happening(at, Kind.ISOLATE, away, 0, nanos, random.nextLong()));
        for (int writes = 1 + random.nextInt(4); writes > 0; writes--) {
          happenings.add(by(at + 1 + random.nextLong(nanos), Kind.WRITE, away, random));
        }
      }
      for (int records = 1 + random.nextInt(2); records > 0; records--) {
        happenings.add(by(at + random.nextLong(nanos), Kind.RETIRE, away, random));
      }
      for (int writes = 2 + random.nextInt(5); writes > 0; writes--) {
        happenings.add(happening(at + random.nextLong(nanos), Kind.WRITE, random));
      }
      if (random.nextInt(2) == 0) {
        happenings.add(by(at + nanos / 2 + random.nextLong(nanos), Kind.REINSTATE, away, random));
      }
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /** One after the other gets newer software; some never do. */
  private static void raise(List<Happening> happenings, int nodes, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int node = 0; node < nodes; node++) {
      if (random.nextInt(3) > 0) {
        long at = 2 * SECOND + random.nextLong(last);
        happenings.add(
            new Happening(at, Kind.RAISE, node, 0, random.nextLong(SECOND), random.nextLong()));
      }
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  /**
   * One intent is made at several nodes in one instant, and what has no effect then is looked after
   * later, now and then at several nodes in one instant too.
   */
  private static void settle(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 4 + random.nextInt(5); i > 0; i--) {
      long at = 2 * SECOND + (long) (last * Math.pow(random.nextDouble(), 2));
      happenings.add(happening(at, Kind.WRITE, random));
      for (int again = 1 + random.nextInt(3); again > 0; again--) {
        happenings.add(happening(at + 1, Kind.RETRY, random));
      }
    }
    for (int i = 8 + random.nextInt(9); i > 0; i--) {
      long at = last / 8 + random.nextLong(last);
      for (int settlers = random.nextInt(3) == 0 ? 3 : 1; settlers > 0; settlers--) {
        happenings.add(happening(at, Kind.SETTLE, random));
      }
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static void undo(List<Happening> happenings, SplittableRandom random) {
    long last = happenings.stream().mapToLong(Happening::at).max().orElse(1);
    for (int i = 8 + random.nextInt(9); i > 0; i--) {
      long at = last / 8 + random.nextLong(last);
      for (int clients = random.nextInt(4) == 0 ? 2 : 1; clients > 0; clients--) {
        happenings.add(happening(at, Kind.UNDO, random));
      }
    }
    happenings.sort(Comparator.comparingLong(Happening::at));
  }

  private static Happening by(long at, Kind kind, int node, SplittableRandom random) {
    return new Happening(at, kind, node, random.nextInt(64), 0, random.nextLong());
  }

  private static Happening happening(long at, Kind kind, SplittableRandom random) {
    return new Happening(at, kind, random.nextInt(64), random.nextInt(64), 0, random.nextLong());
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
      return new ArrayList<>();
    }
    var all = new ArrayList<Kind>();
    for (var kind : Kind.values()) {
      if (!kind.work() && !kind.apart() && random.nextInt(3) == 0) {
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
