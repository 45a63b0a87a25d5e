package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuty;
import java.util.Collection;
import java.util.Map;

/**
 * Keeps what is known of peers, of the lanes to them, and of relays. Changes are made on the
 * recording thread, within {@code administer}, which forces them.
 */
public interface PeerStore {
  Collection<PeerDirectory.Peer> peers();

  /** Adds a peer, or replaces what is known of it. */
  void put(PeerDirectory.Peer peer);

  /** As they can be after a restart: nothing is connected. */
  Map<NodeId, Lane.Status> lanes();

  /** Adds lanes, or replaces what is known of them; of others nothing changes. */
  void putLanes(Map<NodeId, Lane.Status> lanes);

  Collection<CustodyMark> custody();

  /** Adds a mark, or replaces that of the same way. */
  void putCustody(CustodyMark mark);

  Collection<RelayDuty> duties();

  void putDuty(RelayDuty duty);
}
