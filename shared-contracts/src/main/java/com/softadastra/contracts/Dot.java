package com.softadastra.contracts;

/**
 * The name of an entry: its author and the author's count in this space.
 *
 * @param sequence from 1, without gaps per space and replica
 */
public record Dot(Replica replica, long sequence) {
  public Dot {
    if (sequence < 1) {
      throw new IllegalArgumentException("sequences start at 1, not " + sequence);
    }
  }
}
