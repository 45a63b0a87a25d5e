package com.softadastra.edge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.softadastra.disk.Campaign;
import com.softadastra.disk.CrashSite;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskFault.Kind;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.edge.Answering.Answered;
import com.softadastra.edge.Answering.Running;
import com.softadastra.edge.forward.StoredForwards;
import com.softadastra.edge.mailbox.h2.StoredEnvelopes;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Mailboxes and kept requests live a short life on a disk of which one call fails: made anew, they
 * are written to and read, stop, start, are read and written to, stop. Then the next process goes
 * on with what is there, and the power fails at the error and after it.
 *
 * <p>An error of a write, force or cut ends the process or its start, and nothing is answered after
 * it; one of a read ends the process or fails what was asked, and who asks again is answered right.
 * Nothing that was answered is lost, before or after.
 *
 * <p>Of each kind of call so many fail, each in a life of its own, spread over the whole life: all
 * with {@code -Ddiskerrors.calls=1000000}. {@code -Ddiskerrors.seed=} replays.
 */
class EdgeDiskErrorsIT {
  private static final int CALLS = Integer.getInteger("diskerrors.calls", 12);
  private static final Duration ROUND = Duration.ofMinutes(10);
  private static final int JOURNAL_BYTES = 1 << 16;
  private static final int FIRST_DAYS = 6;
  private static final int ALL_DAYS = 9;

  /** H2 writes there what it has to say about errors; it isn't part of the data. */
  private static final String TRACE = ".trace.db";

  private static final AtomicInteger LIVES = new AtomicInteger();

  private final List<String> violations = Collections.synchronizedList(new ArrayList<>());
  private final Map<String, Integer> outcomes = Collections.synchronizedMap(new TreeMap<>());

  @Test
  void mailboxesLoseNothingAndAnswerNothingWrongAfterAnErrorOfAnyCall() throws Exception {
    run("mailboxes", seed -> new StoredEnvelopes(seed, JOURNAL_BYTES));
  }

  @Test
  void keptRequestsDoSoToo() throws Exception {
    run("kept requests", seed -> new StoredForwards(seed, JOURNAL_BYTES));
  }

  private void run(String what, LongFunction<Answering> subjects) throws Exception {
    long seed = Long.getLong("diskerrors.seed", System.nanoTime());
    System.out.println("EdgeDiskErrorsIT: -Ddiskerrors.seed=" + seed);
    var campaign = new Campaign();
    int rounds = 0;
    do {
      long content = seed + rounds++;
      assertTimeoutPreemptively(ROUND, () -> failCalls(content, subjects));
    } while (campaign.goesOn());
    Campaign.note(
        "EdgeDiskErrorsIT",
        "%s, seed %d, %d rounds, of each kind %d calls at most: %s; violations %d"
            .formatted(what, seed, rounds, CALLS, outcomes, violations.size()));

    assertThat(violations).isEmpty();
    assertThat(outcomes.keySet().stream().map(each -> each.split(",")[0]).distinct())
        .containsExactlyInAnyOrder("READ", "WRITE", "TRUNCATE", "FORCE");
  }

  private void failCalls(long seed, LongFunction<Answering> subjects) throws Exception {
    var unharmed = new Life(seed, subjects.apply(seed), null, 0);
    unharmed.live();
    var random = new Random(seed);
    try (var workers = Executors.newFixedThreadPool(2)) {
      for (var kind : Kind.values()) {
        int calls = unharmed.calls.getOrDefault(kind, 0);
        int every = Math.max(1, calls / CALLS);
        for (int number = 1 + random.nextInt(every); number <= calls; number += every) {
          var life = new Life(seed, subjects.apply(seed), kind, number);
          workers.submit(() -> {
            try {
              life.live();
            } catch (Throwable e) {
              violations.add(life + ": " + e);
            }
          });
        }
      }
    }
  }

  /** A life in which call number n of a kind fails, or none does. */
  private final class Life implements DiskFault {
    private final Answering subject;
    private final @Nullable Kind kind;
    private final int number;
    private final String scheme;
    private final ModelDisk disk;
    private final Random random;

    final Map<Kind, Integer> calls = new ConcurrentHashMap<>();
    private volatile boolean failed;
    private String failedFile = "";
    private int failedAt;
    private Answered before = Answered.of(0);
    private boolean forcedAgain;
    private volatile boolean stopped;
    private boolean noticed;

    Life(long seed, Answering subject, @Nullable Kind kind, int number) {
      this.subject = subject;
      this.kind = kind;
      this.number = number;
      // its own in each life: what H2 can't close stays open in this JVM
      this.scheme = "edgeerrors" + LIVES.incrementAndGet();
      this.disk = ModelDisk.register(scheme);
      this.random = new Random(seed + number);
    }

    @Override
    public String toString() {
      return "%s %d, of %s".formatted(kind, number, failedFile);
    }

    @Override
    public synchronized void before(Kind called, String file) throws IOException {
      if (file.endsWith(TRACE)) {
        return;
      }
      int count = calls.merge(called, 1, Integer::sum);
      if (failed) {
        forcedAgain |= called == Kind.FORCE && file.equals(failedFile);
      } else if (called == kind && count == number) {
        failed = true;
        failedFile = file;
        failedAt = disk.position();
        before = subject.answered();
        throw new IOException("planted: " + called + " of " + file);
      }
    }

    void live() {
      disk.beginRecording();
      disk.setFault(this);
      if (day(1, FIRST_DAYS)) {
        day(FIRST_DAYS + 1, ALL_DAYS);
      }
      if (failed) {
        judge();
        goOn();
      }
      disk.close();
    }

    /**
     * @return whether the process has come to its proper end
     */
    private boolean day(int from, int upTo) {
      Running running;
      try {
        running = open();
      } catch (RuntimeException e) {
        notice(e);
        return false;
      }
      try {
        lookAt(running);
        for (int commit = from; commit <= upTo; commit++) {
          int next = commit;
          twice(() -> running.commit(next));
          lookAt(running);
        }
        running.close();
        // H2 may keep to itself what ends the process
        return !stopped;
      } catch (RuntimeException e) {
        notice(e);
        // halted, a process would get no further: an answer shows what comes of going on
        quietly(() -> running.commit(subject.answered().commits() + 1));
        quietly(running::abandon);
        return false;
      }
    }

    private Running open() {
      return subject.open(
          scheme + ":/db",
          settings((file, cause) -> {
            stopped = true;
            Answering.THROWING.stop(file, cause);
          }));
    }

    /** All in its order: what is under way on another thread might be answered after an error. */
    private static GuardSettings settings(FailStop failStop) {
      return GuardSettings.production()
          .withNanoTime(() -> 0)
          .withBackground(Runnable::run)
          .withFailStop(failStop);
    }

    /** Who was answered with a failure asks once more. */
    private void twice(Runnable asking) {
      try {
        asking.run();
      } catch (RuntimeException e) {
        notice(e);
        if (stopped || kind != Kind.READ) {
          throw e;
        }
        asking.run();
      }
    }

    private void lookAt(Running running) {
      twice(() -> violated("while it runs", running.violation(subject.answered())));
    }

    private void notice(RuntimeException e) {
      if (!failed) {
        throw e;
      }
      noticed = true;
    }

    private static void quietly(Runnable work) {
      try {
        work.run();
      } catch (RuntimeException _) {
        // whoever fails here has failed before
      }
    }

    private void judge() {
      boolean changes = kind != Kind.READ;
      outcomes.merge(
          kind + (stopped ? ", stopped" : noticed ? ", failed" : ", unnoticed"), 1, Integer::sum);
      if (changes && !stopped && !noticed) {
        violated("went unnoticed", Optional.of("no error, no stop"));
      }
      if (changes && !subject.answered().equals(before)) {
        violated("answered after it", Optional.of(subject.answered() + " after " + before));
      }
      if (kind == Kind.FORCE && forcedAgain) {
        violated("forced again", Optional.of(failedFile));
      }
    }

    /** The power fails at the error, or the next process goes on, and then it fails. */
    private void goOn() {
      var after = subject.answered();
      var site = disk.crashSite();
      site.advanceTo(failedAt);
      if (kind != Kind.READ) {
        var all = CrashSite.Kind.values();
        var drawn = all[random.nextInt(all.length)];
        for (var left : EnumSet.of(CrashSite.Kind.DROPPED, CrashSite.Kind.KEPT, drawn)) {
          violated("power lost at it, " + left, look(before, site.image(left, random)));
        }
      }
      site.advanceTo(disk.position());
      violated("power lost after it", look(after, site.image(CrashSite.Kind.DROPPED, random)));

      try (var next = disk.handedOver(scheme + "next")) {
        try (var running = subject.open(scheme + "next:/db", settings(Answering.THROWING))) {
          violated("the next process", running.violation(after));
          running.commit(after.commits() + 1);
          running.commit(after.commits() + 2);
          violated("the next process later", running.violation(subject.answered()));
        }
        var later = next.crashSite();
        later.advanceTo(next.position());
        violated(
            "power lost after the next process",
            look(subject.answered(), later.image(CrashSite.Kind.DROPPED, random)));
      } catch (RuntimeException | AssertionError e) {
        violated("the next process", Optional.of(e.toString()));
      }
    }

    private Optional<String> look(Answered expected, DiskImage image) {
      var name = scheme + "image";
      try (var _ = ModelDisk.register(name, image.copy())) {
        return subject.violation(name + ":/db", expected);
      }
    }

    private void violated(String when, Optional<String> what) {
      what.ifPresent(each -> violations.add(this + ", " + when + ": " + each));
    }
  }
}
