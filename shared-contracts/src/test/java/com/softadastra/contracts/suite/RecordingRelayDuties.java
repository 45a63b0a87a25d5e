package com.softadastra.contracts.suite;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import java.util.List;

/** A sync engine that answers what it is told to. */
public final class RecordingRelayDuties extends Recording implements RelayDuties {
  @Override
  public NodeId node() {
    return answer("node");
  }

  @Override
  public List<RelayDuty> duties() {
    return answer("duties");
  }

  @Override
  public byte[] certifyMailboxes(byte[] mailboxes) {
    return answer("certifyMailboxes", mailboxes);
  }
}
