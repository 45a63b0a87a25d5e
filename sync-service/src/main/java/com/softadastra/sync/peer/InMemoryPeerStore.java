package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuty;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is known of peers and lanes, in memory, for nodes that are simulated. Owned by who records.
 */
public final class InMemoryPeerStore implements PeerStore {
  private Rows rows = new Rows();
  private Rows forced = rows;

  private record Rows(
      Map<NodeId, PeerDirectory.Peer> peers,
      Map<NodeId, Lane.Status> lanes,
      Map<CustodyMark.Way, CustodyMark> custody,
      Map<Hash, RelayDuty> duties) {
    Rows() {
      this(new TreeMap<>(), new TreeMap<>(), new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    Rows copy() {
      return new Rows(
          new TreeMap<>(peers),
          new TreeMap<>(lanes),
          new LinkedHashMap<>(custody),
          new LinkedHashMap<>(duties));
    }
  }

  /** Whether something was put here since the last force. */
  public boolean isUnforced() {
    return rows != forced;
  }

  /** All that is here outlives a power failure. */
  public void forced() {
    forced = rows;
  }

  /** The power fails, and what was not forced is lost. */
  public void powerFails() {
    rows = forced;
  }

  /** What is forced is left as it is. */
  private Rows changing() {
    if (rows == forced) {
      rows = forced.copy();
    }
    return rows;
  }

  @Override
  public Collection<PeerDirectory.Peer> peers() {
    return List.copyOf(rows.peers.values());
  }

  @Override
  public void put(PeerDirectory.Peer peer) {
    changing().peers.put(peer.node(), peer);
  }

  @Override
  public Map<NodeId, Lane.Status> lanes() {
    var restarted = new TreeMap<>(rows.lanes);
    restarted.replaceAll((_, status) -> status.restarted());
    return restarted;
  }

  @Override
  public void putLanes(Map<NodeId, Lane.Status> all) {
    changing().lanes.putAll(all);
  }

  @Override
  public Collection<CustodyMark> custody() {
    return List.copyOf(rows.custody.values());
  }

  @Override
  public void putCustody(CustodyMark mark) {
    changing().custody.put(mark.way(), mark);
  }

  @Override
  public Collection<RelayDuty> duties() {
    return List.copyOf(rows.duties.values());
  }

  @Override
  public void putDuty(RelayDuty duty) {
    changing().duties.put(duty.pseudonym(), duty);
  }
}
