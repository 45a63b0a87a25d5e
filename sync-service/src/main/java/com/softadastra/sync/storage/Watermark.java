package com.softadastra.sync.storage;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Lets threads wait for what a force, or a statement of a peer, makes true. */
public final class Watermark {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  private final Recording recording;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  public Watermark(Recording recording) {
    this.recording = recording;
    recording.onForced(this::move);
    recording.ledger().onChange(this::move);
  }

  /** Wakes everyone who waits, to look again. */
  public void move() {
    lock.lock();
    try {
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets an answer out only when all that it may show is forced.
   *
   * @throws Refused where the disk doesn't answer
   */
  public <T> T shown(T answer) {
    long commits = recording.commits();
    if (recording.forcedCommits() < commits
        && !await(() -> recording.forcedCommits() >= commits, ANSWER_WITHIN)) {
      throw new Refused(ProblemCode.NOT_RECORDING, "the disk did not answer in time");
    }
    return answer;
  }

  /**
   * Waits for what the recording was asked to do.
   *
   * @throws Refused where it was refused, or the disk doesn't answer
   */
  public static <T> T answered(CompletableFuture<T> done) {
    try {
      return done.get(ANSWER_WITHIN.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("a write failed", e.getCause());
    } catch (TimeoutException e) {
      throw new Refused(
          ProblemCode.NOT_RECORDING,
          "the disk did not answer in time; whether the write is recorded is not known");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused(ProblemCode.NOT_RECORDING, "interrupted while waiting for the disk");
    }
  }

  /**
   * Waits until the condition holds.
   *
   * @return whether it held in time; false also where the thread was interrupted
   */
  public boolean await(BooleanSupplier condition, Duration patience) {
    long left = patience.toNanos();
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        if (left <= 0) {
          return false;
        }
        left = moved.awaitNanos(left);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }
}
