package com.softadastra.engine.space;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Cause;
import com.softadastra.engine.log.LoggedEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a node knows of a space beyond its documents: the membership and how far each replica's
 * chain has come. Owned by the one thread that records; others get {@link #chains()} as a copy.
 */
public final class SpaceState {
  private Membership membership;
  private Replica self;
  private final TreeMap<Replica, ChainHead> chains;

  public SpaceState(Membership membership, Replica self, Map<Replica, ChainHead> chains) {
    this.membership = membership;
    this.self = self;
    this.chains = new TreeMap<>(chains);
  }

  public SpaceId id() {
    return membership.space();
  }

  public Membership membership() {
    return membership;
  }

  public void membership(Membership later) {
    membership = later;
  }

  public Replica self() {
    return self;
  }

  /** From now on entries are written as that replica. */
  public void reborn(Replica replica) {
    self = replica;
  }

  public ChainHead chain(Replica replica) {
    return chains.getOrDefault(replica, ChainHead.NONE);
  }

  public Map<Replica, ChainHead> chains() {
    return Map.copyOf(chains);
  }

  /** Cuts a chain back, because what follows was recorded again by another replica. */
  public void cut(Replica replica, ChainHead to) {
    if (to.sequence() == 0) {
      chains.remove(replica);
    } else {
      chains.put(replica, to);
    }
  }

  void append(LoggedEntry logged) {
    var entry = logged.entry();
    chains.put(entry.author(), new ChainHead(entry.sequence(), logged.hash(), logged.position()));
  }

  /** What this replica has seen of others since its own last entry, in the order of replicas. */
  List<Cause> causes() {
    long last = chain(self).position();
    var causes = new ArrayList<Cause>();
    chains.forEach((replica, head) -> {
      if (head.position() > last && !replica.equals(self)) {
        causes.add(new Cause(new Dot(replica, head.sequence()), head.hash()));
      }
    });
    return causes;
  }
}
