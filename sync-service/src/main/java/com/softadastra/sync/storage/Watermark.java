package com.softadastra.sync.storage;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Lets threads wait for what a force, or a statement of a peer, makes true. */
public final class Watermark {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();

  public Watermark(Recording recording) {
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
