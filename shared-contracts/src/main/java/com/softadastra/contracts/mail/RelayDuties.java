package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import java.util.List;

/**
 * The sync engine as the edge sees it: it holds the node's key and knows for which spaces the node
 * was made a relay.
 */
public interface RelayDuties {
  /** This node, as other relays know it. */
  NodeId node();

  /** The spaces for whose members this node is a relay, in no order. */
  List<RelayDuty> duties();

  /**
   * Certifies the key that signs custody receipts, with the node's own key.
   *
   * @param mailboxes an Ed25519 public key, 32 bytes
   * @return the signature, 64 bytes
   */
  byte[] certifyMailboxes(byte[] mailboxes);
}
