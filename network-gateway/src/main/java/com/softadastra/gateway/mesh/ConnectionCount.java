package com.softadastra.gateway.mesh;

import com.softadastra.contracts.NodeId;
import java.util.HashMap;
import java.util.Map;

/**
 * How many connections stand, in all and from each node, so that a swarm or a peer that calls too
 * often can't take what others need. Any thread may call.
 */
public final class ConnectionCount {
  private final int most;
  private final int mostPerNode;
  private int standing;
  private final Map<NodeId, Integer> standingFrom = new HashMap<>();

  public ConnectionCount(int most, int mostPerNode) {
    this.most = most;
    this.mostPerNode = mostPerNode;
  }

  /**
   * Counts a connection whose node isn't known yet; false, and not counted, where all are taken.
   */
  public synchronized boolean enter() {
    if (standing == most) {
      return false;
    }
    standing++;
    return true;
  }

  public synchronized void leave() {
    standing--;
  }

  /** Counts an entered connection for its node; false, and not counted, where it has its share. */
  public synchronized boolean enter(NodeId node) {
    int of = standingFrom.getOrDefault(node, 0);
    if (of == mostPerNode) {
      return false;
    }
    standingFrom.put(node, of + 1);
    return true;
  }

  public synchronized void leave(NodeId node) {
    standingFrom.computeIfPresent(node, (_, of) -> of == 1 ? null : of - 1);
  }
}
