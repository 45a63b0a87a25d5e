package com.softadastra.contracts.time;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A schedule and a clock that go on when they are told to: steps run on the thread that tells,
 * ordered by when they are due, then by when they came. Any thread may add one.
 */
public final class EventQueue implements Schedule, InstantSource {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingLong(Event::nanos).thenComparingLong(Event::number));
  private long nanos;
  private long number;

  private record Event(long nanos, long number, Runnable step) {}

  @Override
  public void execute(Runnable step) {
    after(Duration.ZERO, step);
  }

  @Override
  public synchronized Due after(Duration time, Runnable step) {
    var event = new Event(nanos + time.toNanos(), number++, step);
    events.add(event);
    return () -> cancel(event);
  }

  private synchronized void cancel(Event event) {
    events.remove(event);
  }

  @Override
  public synchronized long nanoTime() {
    return nanos;
  }

  @Override
  public Instant instant() {
    return START.plusNanos(nanoTime());
  }

  /** Runs what is due now, and what that makes due now. */
  public void run() {
    advance(Duration.ZERO);
  }

  /** Lets time pass, and runs what becomes due, each at its time. */
  public void advance(Duration time) {
    long until = nanoTime() + time.toNanos();
    for (var step = next(until); step != null; step = next(until)) {
      step.run();
    }
  }

  private synchronized Runnable next(long until) {
    var event = events.peek();
    if (event == null || event.nanos() > until) {
      nanos = until;
      return null;
    }
    events.remove();
    nanos = Math.max(nanos, event.nanos());
    return event.step();
  }

  /** Steps that are due at some time. */
  public synchronized int size() {
    return events.size();
  }
}
