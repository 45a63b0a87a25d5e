package com.softadastra.fuzz;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;

/**
 * Gives a target its corpus, then damaged inputs for as long as was asked for.
 *
 * <table>
 * <caption>Settings</caption>
 * <tr><td>{@code fuzz.seconds}</td><td>for each target, 1</td></tr>
 * <tr><td>{@code fuzz.seed}</td><td>1, so that an ordinary run repeats; a long one draws its own</td></tr>
 * <tr><td>{@code fuzz.target}</td><td>the only one to run, or several with commas between them</td></tr>
 * <tr><td>{@code fuzz.input}</td><td>the number of the only input to give</td></tr>
 * </table>
 *
 * An input follows from the seeds, the seed and its number, so a fault is repeated without what
 * went before. A corpus file whose name begins with {@code taken-} or {@code refused-} must be
 * that.
 */
public final class Fuzzing {
  /** What a node must do with, and a little, since collectors count differently. */
  private static final long HEAP_BYTES = 257L << 20;

  /** Of so many inputs, however slow the machine is, some are unlike the others. */
  private static final int ENOUGH = 1_000;

  /** After which an input that is still being read is given up. */
  private static final Duration HANG = Duration.ofMinutes(1);

  private static final int POOLED_BYTES = 16 << 10;

  private static final long SEED = Long.getLong("fuzz.seed", 1);
  private static final double SECONDS = Double.parseDouble(System.getProperty("fuzz.seconds", "1"));
  private static final String ONLY = System.getProperty("fuzz.target", "");
  private static final long ONLY_INPUT = Long.getLong("fuzz.input", -1);

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Takes the targets of this thread instead of running them. */
  static final ThreadLocal<List<Target<?>>> COLLECTING = new ThreadLocal<>();

  private Fuzzing() {}

  public static Stream<DynamicTest> of(Target<?>... targets) {
    if (COLLECTING.get() != null) {
      COLLECTING.get().addAll(List.of(targets));
      return Stream.empty();
    }
    if (Runtime.getRuntime().maxMemory() > HEAP_BYTES) {
      throw new IllegalStateException("fuzzing needs -Xmx256m, to see what doesn't do with it");
    }
    return Arrays.stream(targets)
        .filter(target -> isAskedFor(target.name()))
        .map(target -> dynamicTest(target.name(), () -> new Run<>(target).all()));
  }

  static boolean isAskedFor(String target) {
    return ONLY.isEmpty() || List.of(ONLY.split(",")).contains(target);
  }

  /** What became of an input; time is that of the processor, since machines are busy. */
  record Outcome(boolean taken, long nanos, long allocated) {}

  /** An input that is being read. */
  private record Reading(String label, byte[] input, long since) {}

  /** A target and what has been found out about it. */
  static final class Run<T> {
    private final Target<T> target;
    private final List<byte[]> seeds;
    private final Map<String, byte[]> corpus;
    private final AtomicReference<Reading> reading = new AtomicReference<>();
    private long taken;
    private long refused;
    private long mostAllocated;
    private long longest;

    Run(Target<T> target) {
      this.corpus = corpus(target.name());
      this.corpus.putAll(Reached.of(target.name()));
      // large ones are replayed, but would slow down whatever is made from them
      this.target =
          target.seededWith(
              corpus.values().stream().filter(file -> file.length <= POOLED_BYTES).toList());
      this.seeds = target.seeds();
    }

    /** Inputs that the target takes, made by the encoders. */
    List<byte[]> seeds() {
      return seeds;
    }

    void all() throws Exception {
      var failure = new AtomicReference<Throwable>();
      var worker =
          Thread.ofPlatform()
              .daemon()
              .name("fuzz-" + target.name())
              .start(() -> {
                try {
                  work();
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      while (!worker.join(Duration.ofMillis(200))) {
        var now = reading.get();
        if (now != null && System.nanoTime() - now.since() > HANG.toNanos()) {
          var trace = Arrays.toString(worker.getStackTrace());
          throw fault(now.label(), now.input(), "is still being read: " + trace, null);
        }
      }
      if (failure.get() instanceof Error error) {
        throw error;
      } else if (failure.get() != null) {
        throw new IllegalStateException(failure.get());
      }
    }

    private void work() throws Exception {
      for (byte[] seed : seeds) {
        // twice, so that what is made once for all inputs isn't counted against one
        once(seed);
        once(seed);
      }
      int number = 0;
      for (byte[] seed : seeds) {
        if (!give("seed " + number++, seed).taken()) {
          throw new AssertionError(target.name() + ": seed " + (number - 1) + " was not taken");
        }
      }
      for (var file : corpus.entrySet()) {
        boolean took = give("corpus file " + file.getKey(), file.getValue()).taken();
        if (file.getKey().startsWith(took ? "refused-" : "taken-")) {
          throw new AssertionError(
              target.name() + ": " + file.getKey() + " was " + (took ? "taken" : "refused"));
        }
      }
      if (ONLY_INPUT >= 0) {
        give(repeated(ONLY_INPUT), input(ONLY_INPUT));
        return;
      }
      taken = 0;
      refused = 0;
      long end = System.nanoTime() + (long) (SECONDS * 1e9);
      long input = 0;
      for (; input < 50 || System.nanoTime() < end; input++) {
        var outcome = give(repeated(input), input(input));
        if (outcome.taken()) {
          taken++;
        } else {
          refused++;
        }
      }
      System.out.printf(
          "fuzz %-22s seed %d: %,9d inputs, %,8d taken; at most %,6d kB and %,5d ms for one%n",
          target.name(), SEED, input, taken, mostAllocated >> 10, longest / 1_000_000);
      if (input > ENOUGH && (refused == 0 && !target.refusals().isEmpty() || taken == 0)) {
        throw new AssertionError(
            target.name() + ": all inputs alike, " + taken + " taken and " + refused + " refused");
      }
    }

    private byte[] input(long number) {
      var random =
          new SplittableRandom(SEED ^ target.name().hashCode() ^ number * 0x9e3779b97f4a7c15L);
      var mutator = new Mutator(random, target.seeds(), target.form(), target.most());
      var generator = target.generator();
      return generator != null && random.nextInt(3) == 0 ? generator.next(mutator) : mutator.next();
    }

    private String repeated(long number) {
      return "-Dfuzz.target=" + target.name() + " -Dfuzz.seed=" + SEED + " -Dfuzz.input=" + number;
    }

    /**
     * Once more where the bound was passed: the first time pays for what is loaded or collected.
     */
    Outcome give(String label, byte[] input) {
      reading.set(new Reading(label, input, System.nanoTime()));
      try {
        var outcome = once(input);
        for (int again = 0; again < 2 && beyond(outcome, input); again++) {
          reading.set(new Reading(label, input, System.nanoTime()));
          outcome = once(input);
        }
        if (beyond(outcome, input)) {
          throw new AssertionError(
              "took %,d ms and allocated %,d bytes, bounds are %,d and %,d"
                  .formatted(
                      outcome.nanos() / 1_000_000,
                      outcome.allocated(),
                      target.longest().toMillis(),
                      target.room().of(input)));
        }
        mostAllocated = Math.max(mostAllocated, outcome.allocated());
        longest = Math.max(longest, outcome.nanos());
        return outcome;
      } catch (Throwable e) {
        throw fault(label, input, String.valueOf(e), e);
      } finally {
        reading.set(null);
      }
    }

    private boolean beyond(Outcome outcome, byte[] input) {
      return outcome.allocated() > target.room().of(input)
          || outcome.nanos() > target.longest().toNanos();
    }

    private Outcome once(byte[] input) throws Exception {
      byte[] given = input.clone();
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long since = THREADS.getCurrentThreadCpuTime();
      T decoded;
      try {
        decoded = target.decoder().decode(given);
      } catch (Throwable e) {
        if (target.refusals().stream().noneMatch(kind -> kind.isInstance(e))) {
          throw e;
        }
        return outcome(false, since, allocated);
      }
      var outcome = outcome(true, since, allocated);
      target.check().check(decoded, input);
      return outcome;
    }

    private static Outcome outcome(boolean taken, long since, long allocated) {
      return new Outcome(
          taken,
          THREADS.getCurrentThreadCpuTime() - since,
          THREADS.getCurrentThreadAllocatedBytes() - allocated);
    }

    /** Keeps the input, so that it can join the corpus. */
    private AssertionError fault(String label, byte[] input, String what, Throwable cause) {
      var file =
          Path.of(System.getProperty("fuzz.found", "target/found"))
              .resolve(target.name())
              .resolve(Integer.toHexString(Arrays.hashCode(input)) + ".bin");
      try {
        Files.createDirectories(file.getParent());
        Files.write(file, input);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return new AssertionError(
          "%s: %s\n  %,d bytes, kept in %s\n  again with: ./mvnw test -pl fuzzing -am"
                  .formatted(target.name(), what, input.length, file)
              + " -Dtest='*FuzzTest' -Dsurefire.failIfNoSpecifiedTests=false "
              + label,
          cause);
    }
  }

  /** The files of a target by their names; one that ends in {@code .gz} is unpacked. */
  private static Map<String, byte[]> corpus(String target) {
    var folder = Path.of("src/test/resources/corpus", target);
    var corpus = new TreeMap<String, byte[]>();
    if (!Files.isDirectory(folder)) {
      return corpus;
    }
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        byte[] bytes = Files.readAllBytes(file);
        var name = file.getFileName().toString();
        if (name.endsWith(".gz")) {
          try (var unpacked = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            bytes = unpacked.readAllBytes();
          }
        }
        corpus.put(name, bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return corpus;
  }

  /** Lines of {@code name = hex} in a golden file. */
  public static List<byte[]> golden(String file, String prefix) {
    var vectors = new ArrayList<byte[]>();
    try {
      for (var line :
          Files.readAllLines(Path.of(System.getProperty("fuzz.golden")).resolve(file + ".txt"))) {
        if (line.startsWith(prefix)) {
          vectors.add(
              java.util.HexFormat.of().parseHex(line.substring(line.indexOf('=') + 1).strip()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return vectors;
  }
}
