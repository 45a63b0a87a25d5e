package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.peer.RelayDirectory;
import java.util.List;

/** The sync engine as the edge sees it. */
public final class RelayService implements RelayDuties {
  private final RelayDirectory relays;
  private final NodeKey key;

  public RelayService(RelayDirectory relays, NodeKey key) {
    this.relays = relays;
    this.key = key;
  }

  @Override
  public NodeId node() {
    return key.nodeId();
  }

  @Override
  public List<RelayDuty> duties() {
    return relays.duties();
  }

  @Override
  public byte[] certifyMailboxes(byte[] mailboxes) {
    return Custody.certify(mailboxes, key);
  }
}
