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
  private final Map<NodeId, PeerDirectory.Peer> peers = new TreeMap<>();
  private final Map<NodeId, Lane.Status> lanes = new TreeMap<>();
  private final Map<CustodyMark.Way, CustodyMark> custody = new LinkedHashMap<>();
  private final Map<Hash, RelayDuty> duties = new LinkedHashMap<>();

  @Override
  public Collection<PeerDirectory.Peer> peers() {
    return List.copyOf(peers.values());
  }

  @Override
  public void put(PeerDirectory.Peer peer) {
    peers.put(peer.node(), peer);
  }

  @Override
  public Map<NodeId, Lane.Status> lanes() {
    return new TreeMap<>(lanes);
  }

  @Override
  public void putLanes(Map<NodeId, Lane.Status> all) {
    lanes.clear();
    lanes.putAll(all);
  }

  @Override
  public Collection<CustodyMark> custody() {
    return List.copyOf(custody.values());
  }

  @Override
  public void putCustody(CustodyMark mark) {
    custody.put(mark.way(), mark);
  }

  @Override
  public Collection<RelayDuty> duties() {
    return List.copyOf(duties.values());
  }

  @Override
  public void putDuty(RelayDuty duty) {
    duties.put(duty.pseudonym(), duty);
  }
}
