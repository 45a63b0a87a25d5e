package com.softadastra.sync.storage;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** The units that wait, in the order in which they came. Any thread puts, one takes. */
final class UnitQueue {
  private final int capacity;
  private final ArrayDeque<Unit> units = new ArrayDeque<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition room = lock.newCondition();
  private int awaited;
  private boolean taking;
  private boolean closed;

  UnitQueue(int capacity) {
    this.capacity = capacity;
  }

  int size() {
    lock.lock();
    try {
      return units.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for room.
   *
   * @return false where the queue is closed
   */
  boolean put(Unit unit) throws InterruptedException {
    lock.lock();
    try {
      while (units.size() >= capacity && !closed) {
        room.await();
      }
      if (closed) {
        return false;
      }
      units.add(unit);
      if (unit.awaited()) {
        awaited++;
      }
      if (taking && (units.size() == 1 || awaited == 1)) {
        changed.signal();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more units; what waits can still be taken. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signal();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is closed and nothing waits. */
  boolean drained() {
    lock.lock();
    try {
      return closed && units.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until there is something, and where nobody waits for it a moment longer.
   *
   * @return whether there is something
   */
  boolean await(Duration patience, Duration company) throws InterruptedException {
    long left = patience.toNanos();
    lock.lock();
    try {
      taking = true;
      while (units.isEmpty() && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      left = company.toNanos();
      while (!units.isEmpty() && awaited == 0 && !closed && left > 0) {
        left = changed.awaitNanos(left);
      }
      return !units.isEmpty();
    } finally {
      taking = false;
      lock.unlock();
    }
  }

  /** Takes what fits in one group: administration is a group of its own. */
  List<Unit> take(int mostUnits, int mostBytes) {
    var group = new ArrayList<Unit>();
    int bytes = 0;
    lock.lock();
    try {
      for (var next = units.peek(); next != null; next = units.peek()) {
        int size = next.size();
        boolean alone = next instanceof Unit.Administered<?>;
        if (!group.isEmpty() && (alone || group.size() >= mostUnits || bytes + size > mostBytes)) {
          break;
        }
        units.remove();
        if (next.awaited()) {
          awaited--;
        }
        group.add(next);
        bytes += size;
        if (alone) {
          break;
        }
      }
      room.signalAll();
      return group;
    } finally {
      lock.unlock();
    }
  }
}
