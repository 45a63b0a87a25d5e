package com.softadastra.contracts;

import java.util.Comparator;

/**
 * The author of log entries: a node in one life of its storage. Ordered by node, then incarnation.
 */
public record Replica(NodeId node, Incarnation incarnation) implements Comparable<Replica> {
  private static final Comparator<Replica> ORDER =
      Comparator.comparing(Replica::node).thenComparing(Replica::incarnation);

  @Override
  public int compareTo(Replica other) {
    return ORDER.compare(this, other);
  }
}
