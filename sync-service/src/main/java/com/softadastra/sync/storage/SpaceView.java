package com.softadastra.sync.storage;

import com.softadastra.contracts.Replica;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.Urgency;
import java.util.Map;

/** A space as of the last force, for any thread to look at. */
public record SpaceView(
    Membership membership, Replica self, Map<Replica, ChainHead> chains, Urgency urgency) {
  /** All entries known, with and without effect. */
  public long entries() {
    return chains.values().stream().mapToLong(ChainHead::entries).sum();
  }
}
