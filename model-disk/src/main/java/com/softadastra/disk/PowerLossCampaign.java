package com.softadastra.disk;

import com.softadastra.disk.CrashSite.Kind;
import com.softadastra.disk.CrashSite.Tear;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Lets a store commit on a model disk, then opens what power failures at many moments could have
 * left.
 */
public final class PowerLossCampaign {

  private static final int KEPT_SAMPLES = 10;
  private static final int EXHAUSTIVE_EVERY = 25;

  private final CrashSubject subject;
  private final UnaryOperator<String> files;
  private final Plan plan;
  private final Random random;

  /**
   * @param base commits before the log begins; they count as forced
   * @param age how old the store has to be when the log begins; meanwhile it commits now and then
   * @param recorded commits in the log
   * @param images how many images to open, at least
   * @param workers threads that open images
   * @param lying whether the disk forces nothing while it is recorded
   */
  public record Plan(
      int base, Duration age, int recorded, int images, int workers, boolean lying, long seed) {}

  /**
   * @param rewrites recorded writes to the data file below its end, H2's file header left out
   * @param violations by the kind of image
   * @param samples the first few, with what replays them
   */
  public record Result(
      int changes,
      int forces,
      int rewrites,
      Map<Kind, Integer> images,
      Map<Kind, Integer> violations,
      List<String> samples) {

    public int total() {
      return images.values().stream().mapToInt(Integer::intValue).sum();
    }

    public int violated() {
      return violations.values().stream().mapToInt(Integer::intValue).sum();
    }
  }

  /**
   * @param files from a disk's scheme to the name that the subject opens
   */
  public PowerLossCampaign(CrashSubject subject, UnaryOperator<String> files, Plan plan) {
    this.subject = subject;
    this.files = files;
    this.plan = plan;
    this.random = new Random(plan.seed());
  }

  /**
   * @param dataFile the file whose rewrites are counted
   */
  public Result run(String dataFile) throws Exception {
    return run(dataFile, this::drawSome);
  }

  /**
   * Each moment of the recording, and there each unforced block missing, each block that was
   * written last torn, and a random subset of all.
   *
   * @param tears how many ways to tear a block, drawn at random from all
   */
  public Result runThrough(String dataFile, int tears) throws Exception {
    return run(dataFile, (disk, end) -> drawAll(disk, end, tears));
  }

  /** Which images to open, in the order of the moments. */
  private interface Draws {
    Stream<Draw> of(ModelDisk disk, int end);
  }

  private Result run(String dataFile, Draws draws) throws Exception {
    try (ModelDisk disk = ModelDisk.register("model")) {
      int number = 0;
      CrashSubject.Session session = subject.start(files.apply("model"));
      try {
        long started = System.nanoTime();
        while (number < plan.base()) {
          session.commit(++number);
        }
        while (System.nanoTime() - started < plan.age().toNanos()) {
          session.commit(++number);
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        disk.beginRecording();
        disk.setLying(plan.lying());
        int[] acknowledged = new int[plan.recorded()];
        int before = number;
        for (int i = 0; i < plan.recorded(); i++) {
          session.commit(++number);
          acknowledged[i] = disk.position();
        }
        return open(disk, before, acknowledged, dataFile, draws);
      } finally {
        disk.setLying(false);
        session.close();
      }
    }
  }

  private Result open(ModelDisk disk, int before, int[] acknowledged, String dataFile, Draws draws)
      throws InterruptedException {
    int end = acknowledged[acknowledged.length - 1];
    Map<Kind, Integer> images = new TreeMap<>();
    Map<Kind, Integer> violations = new TreeMap<>();
    List<String> samples = new ArrayList<>();
    AtomicInteger opened = new AtomicInteger();
    Semaphore waiting = new Semaphore(4 * plan.workers());
    try (ExecutorService workers = Executors.newFixedThreadPool(plan.workers())) {
      for (Draw draw : (Iterable<Draw>) draws.of(disk, end)::iterator) {
        int kept = before + countUpTo(acknowledged, draw.position());
        waiting.acquire();
        int number = opened.incrementAndGet();
        workers.execute(() -> {
          try {
            Optional<String> violation = check(draw.image(), number, kept);
            synchronized (images) {
              images.merge(draw.kind(), 1, Integer::sum);
              if (violation.isPresent()) {
                violations.merge(draw.kind(), 1, Integer::sum);
                if (samples.size() < KEPT_SAMPLES) {
                  samples.add(
                      "seed %d, change %d of %d, %s, %d acknowledged: %s"
                          .formatted(
                              plan.seed(),
                              draw.position(),
                              end,
                              draw.kind(),
                              kept,
                              violation.get()));
                }
              }
            }
          } finally {
            waiting.release();
          }
        });
      }
    }
    int rewrites = disk.rewrites(dataFile, 2 * BlockFile.BLOCK);
    return new Result(end, disk.forces().size(), rewrites, images, violations, samples);
  }

  /** A violation is looked at once more, since one that is in the image shows again. */
  private Optional<String> check(DiskImage image, int number, int kept) {
    Optional<String> first = open(image.copy(), "image-" + number, kept);
    return first.map(violation ->
        violation
            + "; again: "
            + open(image.copy(), "again-" + number, kept).orElse("nothing wrong"));
  }

  private Optional<String> open(DiskImage image, String scheme, int kept) {
    try (ModelDisk _ = ModelDisk.register(scheme, image)) {
      return subject.violation(files.apply(scheme), kept);
    }
  }

  private record Draw(int position, Kind kind, DiskImage image) {}

  private Stream<Draw> drawSome(ModelDisk disk, int end) {
    CrashSite site = disk.crashSite();
    AtomicInteger points = new AtomicInteger();
    return positions(disk, end).stream()
        .flatMap(position -> {
          site.advanceTo(position);
          return draw(site, points.getAndIncrement() % EXHAUSTIVE_EVERY == 0).stream();
        });
  }

  private Stream<Draw> drawAll(ModelDisk disk, int end, int tears) {
    CrashSite site = disk.crashSite();
    return IntStream.rangeClosed(1, end)
        .boxed()
        .flatMap(position -> {
          int before = site.unforced();
          site.advanceTo(position);
          // what a force took away from before makes this more than what was written last
          int last = Math.min(before, site.unforced());
          return Stream.of(
                  Stream.of(new Draw(position, Kind.SUBSET, site.image(Kind.SUBSET, random))),
                  IntStream.range(0, site.unforced())
                      .mapToObj(i -> new Draw(position, Kind.HOLE, site.without(i))),
                  IntStream.range(last, site.unforced())
                      .boxed()
                      .flatMap(i ->
                          tears(tears)
                              .map(tear ->
                                  new Draw(position, Kind.TORN, site.torn(i, tear, random)))))
              .flatMap(Function.identity());
        });
  }

  private Stream<Tear> tears(int count) {
    List<Tear> all = Tear.all();
    Collections.shuffle(all, random);
    return all.stream().limit(count);
  }

  /** Ten images at most, or one for every piece that may be missing. */
  private List<Draw> draw(CrashSite site, boolean exhaustive) {
    List<Draw> draws = new ArrayList<>();
    if (exhaustive) {
      // older pieces are many and alike; the last ones are the commit that is being written
      for (int i = Math.max(0, site.unforced() - 64); i < site.unforced(); i++) {
        draws.add(new Draw(site.position(), Kind.HOLE, site.without(i)));
      }
      return draws;
    }
    for (Kind kind :
        new Kind[] {
          Kind.DROPPED, Kind.SUBSET, Kind.SUBSET, Kind.TORN, Kind.TORN, Kind.TORN, Kind.UNCUT
        }) {
      draws.add(new Draw(site.position(), kind, site.image(kind, random)));
    }
    for (int i = 0; i < 3 && site.unforced() > 0; i++) {
      int late = Math.min(site.unforced(), 32);
      draws.add(
          new Draw(
              site.position(),
              Kind.HOLE,
              site.without(
                  i == 0
                      ? random.nextInt(site.unforced())
                      : site.unforced() - 1 - random.nextInt(late))));
    }
    return draws;
  }

  /** Moments in order: a third anywhere, a third around forces, a third around the rare ones. */
  private TreeSet<Integer> positions(ModelDisk disk, int end) {
    List<Integer> forces = disk.forces();
    List<Integer> rare = disk.forcesOfRarestFile();
    TreeSet<Integer> positions = new TreeSet<>();
    int wanted = Math.min(end, plan.images() / 10 + 1);
    for (int tries = 0; positions.size() < wanted && tries < 100 * wanted; tries++) {
      int position =
          switch (random.nextInt(3)) {
            case 0 -> around(forces, end);
            case 1 -> around(rare, end);
            default -> random.nextInt(end + 1);
          };
      positions.add(Math.clamp(position, 0, end));
    }
    return positions;
  }

  private int around(List<Integer> forces, int end) {
    if (forces.isEmpty()) {
      return random.nextInt(end + 1);
    }
    return forces.get(random.nextInt(forces.size())) - 2 + random.nextInt(5);
  }

  private static int countUpTo(int[] acknowledged, int position) {
    int count = 0;
    while (count < acknowledged.length && acknowledged[count] <= position) {
      count++;
    }
    return count;
  }
}
