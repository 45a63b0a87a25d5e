package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuty;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.transaction.support.TransactionTemplate;

/** Peers, lanes and what concerns relays, as entities. */
final class JpaPeerStore implements PeerStore {
  private final PeerRepository peers;
  private final LaneRepository lanes;
  private final CustodyRepository custody;
  private final RelayDutyRepository duties;
  private final TransactionTemplate transaction;

  JpaPeerStore(
      PeerRepository peers,
      LaneRepository lanes,
      CustodyRepository custody,
      RelayDutyRepository duties,
      TransactionTemplate transaction) {
    this.peers = peers;
    this.lanes = lanes;
    this.custody = custody;
    this.duties = duties;
    this.transaction = transaction;
  }

  @Override
  public Collection<PeerDirectory.Peer> peers() {
    return peers.findAll().stream().map(PeerEntity::peer).toList();
  }

  @Override
  public void put(PeerDirectory.Peer peer) {
    transaction.executeWithoutResult(_ -> peers.save(new PeerEntity(peer)));
  }

  @Override
  public Map<NodeId, Lane.Status> lanes() {
    var statuses = new TreeMap<NodeId, Lane.Status>();
    lanes.findAll().forEach(lane -> statuses.put(lane.node(), lane.status()));
    return statuses;
  }

  @Override
  public void putLanes(Map<NodeId, Lane.Status> statuses) {
    var entities =
        statuses.entrySet().stream()
            .map(lane -> new LaneEntity(lane.getKey(), lane.getValue()))
            .toList();
    transaction.executeWithoutResult(_ -> lanes.saveAll(entities));
  }

  @Override
  public Collection<CustodyMark> custody() {
    return custody.findAll().stream().map(CustodyEntity::mark).toList();
  }

  @Override
  public void putCustody(CustodyMark mark) {
    transaction.executeWithoutResult(_ -> custody.save(new CustodyEntity(mark)));
  }

  @Override
  public Collection<RelayDuty> duties() {
    return duties.findAll().stream().map(RelayDutyEntity::duty).toList();
  }

  @Override
  public void putDuty(RelayDuty duty) {
    transaction.executeWithoutResult(_ -> duties.save(new RelayDutyEntity(duty)));
  }
}
