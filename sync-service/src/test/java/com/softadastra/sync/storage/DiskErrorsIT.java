package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
import com.softadastra.disk.CrashSite;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.sync.storage.SpaceOfTwo.Story;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.store.fs.FilePath;
import org.h2.store.fs.FilePathWrapper;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A storage lives a short life on a disk of which one call fails, for every call of that life:
 * created, it records and receives, stops, starts, records, stops. Then the next process goes on
 * with what is there, and the power fails at the error and after it.
 *
 * <p>What is cut there is cut as tables are made: H2's own cuts, of what has been free for 45 s,
 * are operations in a journal's record like its writes, which {@code GuardChannelTest} has.
 *
 * <p>An error of a write or force ends the process and nothing is answered after it; one of a read
 * ends the process or fails what was asked. Nothing acknowledged is lost, before or after.
 *
 * <p>{@code -Ddiskerrors.seed=} replays.
 */
class DiskErrorsIT {
  private static final int RECEIVED = 6;

  /** H2 writes there what it has to say about errors; it isn't part of the data. */
  private static final String TRACE = ".trace.db";

  private final long seed = Long.getLong("diskerrors.seed", System.nanoTime());
  private final SpaceOfTwo space = new SpaceOfTwo(seed, RECEIVED);

  /** What went wrong, and how often each kind of call failed in which way. */
  private final List<String> violations = Collections.synchronizedList(new ArrayList<>());

  private final Map<String, Integer> outcomes = Collections.synchronizedMap(new TreeMap<>());

  /** Which calls failed, each with its file. */
  private final Set<String> reached = ConcurrentHashMap.newKeySet();

  @Test
  void losesNothingAndAnswersNothingAfterAnErrorOfAnyCall() throws Exception {
    System.out.println("DiskErrorsIT: -Ddiskerrors.seed=" + seed);
    var campaign = new Campaign();
    int lives = 0;
    do {
      failEachCall(seed + lives++, "", EnumSet.allOf(DiskFault.Kind.class));
    } while (campaign.goesOn());
    Campaign.note(
        "DiskErrorsIT",
        "seed %d, %d lives, each call of them: %s; violations %d"
            .formatted(seed, lives, outcomes, violations.size()));

    assertThat(violations).isEmpty();
    assertThat(reached)
        .contains(
            "READ of /db.mv.db",
            "WRITE of /db.mv.db",
            "FORCE of /db.mv.db",
            "TRUNCATE of /db.mv.db",
            "TRUNCATE of /db.shadow",
            "FORCE of /db.redo");
  }

  /**
   * Under the guard lies a file system that tries a failed force again, and believes the answer.
   */
  @Test
  void findsAForceThatIsTriedAgain() throws Exception {
    FilePath.register(new RetryingForce());
    try {
      failEachCall(seed, "retrying:", EnumSet.of(DiskFault.Kind.FORCE));
    } finally {
      FilePath.unregister(new RetryingForce());
    }

    // what was acknowledged is gone, or lies in a file that no longer opens
    assertThat(violations).anyMatch(each -> each.contains("power lost after it"));
    assertThat(violations).anyMatch(each -> each.contains("forced again"));
  }

  /**
   * @param kinds of the calls that fail, each in a life of its own
   */
  private void failEachCall(long content, String between, Set<DiskFault.Kind> kinds)
      throws Exception {
    var next = new AtomicInteger(1);
    var over = new AtomicBoolean();
    try (var workers = Executors.newFixedThreadPool(2)) {
      for (int i = 0; i < 2; i++) {
        workers.submit(() -> {
          while (!over.get()) {
            int number = next.getAndIncrement();
            try {
              if (!new Life(number, content, between, kinds).live()) {
                over.set(true);
              }
            } catch (Throwable e) {
              violations.add("call " + number + ": " + e);
              over.set(true);
            }
          }
        });
      }
    }
  }

  /** The life in which call number n of these kinds fails. */
  private final class Life implements DiskFault {
    private final int number;
    private final Story story;
    private final String scheme;
    private final String between;
    private final Set<Kind> kinds;
    private final ModelDisk disk;
    private final Random random;

    private int calls;
    private @Nullable Kind failed;
    private String failedFile = "";
    private int failedAt;
    private @Nullable Story before;
    private boolean forcedAgain;
    private volatile boolean stopped;
    private boolean noticed;

    Life(int number, long content, String between, Set<Kind> kinds) {
      this.number = number;
      this.between = between;
      this.kinds = kinds;
      this.story = space.new Story(content);
      // its own in each life: what H2 can't close stays open in this JVM
      this.scheme = "errors-" + Math.floorMod(content, 100_000) + "-" + number;
      this.disk = ModelDisk.register(scheme);
      this.random = new Random(content + number);
    }

    /**
     * @return whether there was a call of that number
     */
    boolean live() {
      disk.beginRecording();
      disk.setFault(this);
      live(this::firstDays);
      if (failed == null) {
        live(this::laterDays);
      }
      if (failed == null) {
        disk.close();
        return false;
      }
      judge();
      goOn();
      return true;
    }

    @Override
    public synchronized void before(Kind kind, String file) throws IOException {
      if (file.endsWith(TRACE)) {
        return;
      }
      if (failed != null) {
        forcedAgain |= kind == Kind.FORCE && file.equals(failedFile);
      } else if (kinds.contains(kind) && ++calls == number) {
        failed = kind;
        failedFile = file;
        failedAt = disk.position();
        before = story.soFar();
        throw new IOException("planted: " + kind + " of " + file);
      }
    }

    private void live(Runnable days) {
      try {
        days.run();
      } catch (RuntimeException e) {
        noticed = true;
        if (failed == null) {
          throw e;
        }
      }
    }

    private SpaceOfTwo.Opened open() {
      return story.open(scheme, between + scheme + ":/db", (_, _) -> stopped = true);
    }

    private void firstDays() {
      var storage = open();
      try {
        story.createSpace(storage);
        story.record(storage, 0, 1);
        story.record(storage, 1, 4);
        story.receive(storage, 0, 3);
        story.record(storage, 5, 3);
        story.hear(storage, 6);
        story.receive(storage, 3, RECEIVED);
        story.record(storage, 8, 2);
      } catch (RuntimeException e) {
        noticed = true;
        // halted, a process would get no further: a second answer shows what comes of going on
        for (int i = 100; i < 103; i++) {
          int again = i;
          SpaceOfTwo.quietly(() -> story.record(storage, again, 1));
        }
        SpaceOfTwo.quietly(storage::close);
        throw e;
      }
      storage.close();
    }

    private void laterDays() {
      try (var storage = open()) {
        story.hear(storage, 9);
        story.record(storage, 20, 2);
        story.record(storage, 22, 1);
      }
    }

    private void judge() {
      boolean changes = failed != Kind.READ;
      reached.add(failed + " of " + failedFile);
      outcomes.merge(
          failed + (stopped ? ", stopped" : noticed ? ", failed" : ", unnoticed"), 1, Integer::sum);
      if (changes && !stopped && !noticed) {
        violated("went unnoticed", Optional.of("no error, no stop"));
      }
      if (changes && story.answers() > before.answers()) {
        violated("answered after it", Optional.of("" + (story.answers() - before.answers())));
      }
      if (failed == Kind.FORCE && forcedAgain) {
        violated("forced again", Optional.of(failedFile));
      }
    }

    /** The power fails at the error, or the next process goes on, and then it fails. */
    private void goOn() {
      var site = disk.crashSite();
      site.advanceTo(failedAt);
      var images = new ArrayList<Map.Entry<String, DiskImage>>();
      if (failed != DiskFault.Kind.READ) {
        for (var kind : CrashSite.Kind.values()) {
          images.add(Map.entry("power lost at it, " + kind, site.image(kind, random)));
        }
      }
      site.advanceTo(disk.position());
      images.add(Map.entry("power lost after it", site.image(CrashSite.Kind.DROPPED, random)));
      var atTheEnd = images.removeLast();
      for (var image : images) {
        violated(image.getKey(), look(before, image.getValue()));
      }
      violated(atTheEnd.getKey(), look(story, atTheEnd.getValue()));

      try (var next = disk.handedOver(scheme + "-next")) {
        SpaceOfTwo.shutDown("guard:" + between + scheme + ":/db");
        var files = between + scheme + "-next:/db";
        try (var storage = story.open(scheme + "-next", files, SpaceOfTwo.stopped())) {
          violated("the next process", story.violation(storage));
          var early = next.crashSite();
          early.advanceTo(next.position());
          violated(
              "power lost at the next start",
              look(story, early.image(CrashSite.Kind.DROPPED, random)));
          story.createSpace(storage);
          story.record(storage, 30, 2);
          story.record(storage, 32, 2);
          var later = next.crashSite();
          later.advanceTo(next.position());
          for (var kind : List.of(CrashSite.Kind.DROPPED, CrashSite.Kind.SUBSET)) {
            violated(
                "power lost in the next process, " + kind, look(story, later.image(kind, random)));
          }
        }
        violated("the process after that", story.violation(scheme + "-next", files));
      } catch (RuntimeException e) {
        violated("the next process", Optional.of(e.toString()));
      }
      disk.close();
    }

    private Optional<String> look(Story expected, DiskImage image) {
      var name = scheme + "-image";
      try (var _ = ModelDisk.register(name, image.copy())) {
        return expected.violation(name, name + ":/db");
      }
    }

    private void violated(String when, Optional<String> what) {
      what.ifPresent(each ->
          violations.add(
              "call %d, %s of %s, %s: %s".formatted(number, failed, failedFile, when, each)));
    }
  }

  /** What must not be done: the second force returns, and what the first lost stays lost. */
  public static final class RetryingForce extends FilePathWrapper {
    /** For H2, which makes paths by reflection. */
    public RetryingForce() {}

    @Override
    public String getScheme() {
      return "retrying";
    }

    @Override
    public FileChannel open(String mode) throws IOException {
      return new Retrying(super.open(mode));
    }
  }

  private static final class Retrying extends HandsOn {
    Retrying(FileChannel base) {
      super(base);
    }

    @Override
    public void force(boolean metaData) throws IOException {
      try {
        super.force(metaData);
      } catch (IOException _) {
        super.force(metaData);
      }
    }
  }
}
