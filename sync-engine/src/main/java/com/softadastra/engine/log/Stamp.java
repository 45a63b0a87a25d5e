package com.softadastra.engine.log;

import com.softadastra.contracts.Replica;
import java.util.Comparator;

/** What decides between concurrent writes: the author's clock, then replica, then sequence. */
public record Stamp(long clock, Replica author, long sequence) implements Comparable<Stamp> {
  private static final Comparator<Stamp> ORDER =
      Comparator.comparingLong(Stamp::clock)
          .thenComparing(Stamp::author)
          .thenComparingLong(Stamp::sequence);

  @Override
  public int compareTo(Stamp other) {
    return ORDER.compare(this, other);
  }
}
