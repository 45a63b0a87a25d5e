package com.softadastra.guard;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * How a guard file system works.
 *
 * @param journalBytes preallocated size of each of the two journal files; when a record would not
 *     fit, the guard turns over. A multiple of 4,096, at least 65,536.
 * @param journalAge how long one generation is written before the guard turns over, which bounds
 *     what the next start replays; looked at when a force comes
 * @param pendingBytes how much may be written without a force before the guard commits by itself;
 *     bounds its memory
 * @param failStop called when a file fails
 * @param nanoTime the clock for {@code journalAge}, in nanoseconds from any origin
 * @param background runs the force of the data file at turnover, which takes as long as the disk
 *     needs
 */
public record GuardSettings(
    int journalBytes,
    Duration journalAge,
    int pendingBytes,
    FailStop failStop,
    LongSupplier nanoTime,
    Executor background) {

  public GuardSettings {
    if (journalBytes < 16 * JournalRecord.ALIGNMENT
        || journalBytes % JournalRecord.ALIGNMENT != 0) {
      throw new IllegalArgumentException("journalBytes: " + journalBytes);
    }
    if (pendingBytes < 1) {
      throw new IllegalArgumentException("pendingBytes: " + pendingBytes);
    }
  }

  /** 16 MiB or 10 s, a commit by itself at 16 MiB, halting on failure, one thread per turnover. */
  public static GuardSettings production() {
    return new GuardSettings(
        16 << 20,
        Duration.ofSeconds(10),
        16 << 20,
        FailStop.halting(),
        System::nanoTime,
        task -> Thread.ofPlatform().daemon().name("guard-turnover").start(task));
  }

  public GuardSettings withJournalBytes(int bytes) {
    return new GuardSettings(bytes, journalAge, pendingBytes, failStop, nanoTime, background);
  }

  public GuardSettings withJournalAge(Duration age) {
    return new GuardSettings(journalBytes, age, pendingBytes, failStop, nanoTime, background);
  }

  public GuardSettings withPendingBytes(int bytes) {
    return new GuardSettings(journalBytes, journalAge, bytes, failStop, nanoTime, background);
  }

  public GuardSettings withFailStop(FailStop stop) {
    return new GuardSettings(journalBytes, journalAge, pendingBytes, stop, nanoTime, background);
  }

  public GuardSettings withNanoTime(LongSupplier clock) {
    return new GuardSettings(journalBytes, journalAge, pendingBytes, failStop, clock, background);
  }

  public GuardSettings withBackground(Executor executor) {
    return new GuardSettings(journalBytes, journalAge, pendingBytes, failStop, nanoTime, executor);
  }
}
