package com.softadastra.simulation.world;

import java.util.PriorityQueue;

/**
 * What is to happen, in the order of simulated time and, at one time, in the order in which it was
 * put here. There is no other time: it stands still while a step runs, and jumps to the next step.
 */
public final class Agenda {
  private final PriorityQueue<Item> items = new PriorityQueue<>();
  private long now;
  private long numbers;
  private long done;

  /** A step with its time. */
  public static final class Item implements Comparable<Item> {
    private final long at;
    private final long number;
    private final Runnable step;
    private boolean cancelled;

    private Item(long at, long number, Runnable step) {
      this.at = at;
      this.number = number;
      this.step = step;
    }

    public void cancel() {
      cancelled = true;
    }

    @Override
    public int compareTo(Item other) {
      int order = Long.compare(at, other.at);
      return order != 0 ? order : Long.compare(number, other.number);
    }
  }

  /** Nanoseconds since the beginning. */
  public long now() {
    return now;
  }

  /** Steps that were run. */
  public long done() {
    return done;
  }

  public Item at(long time, Runnable step) {
    var item = new Item(Math.max(time, now), numbers++, step);
    items.add(item);
    return item;
  }

  public Item after(long nanos, Runnable step) {
    return at(now + nanos, step);
  }

  /**
   * Runs the next step.
   *
   * @return false where there is none up to that time; it is that time then
   */
  public boolean runNext(long until) {
    while (!items.isEmpty() && items.peek().at <= until) {
      var next = items.remove();
      if (!next.cancelled) {
        now = next.at;
        done++;
        next.step.run();
        return true;
      }
    }
    now = Math.max(now, until);
    return false;
  }
}
