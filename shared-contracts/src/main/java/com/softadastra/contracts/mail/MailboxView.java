package com.softadastra.contracts.mail;

import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;

/**
 * What a relay keeps for one node.
 *
 * @param bytes of the envelopes, sealed
 * @param oldest when the oldest was kept
 * @param connected whether the node is connected to this relay
 * @param custodyReceipts of the envelopes that were kept last, the last first, a bounded number
 */
public record MailboxView(
    NodeId node,
    long envelopes,
    long bytes,
    Instant oldest,
    boolean connected,
    List<CustodyReceipt> custodyReceipts) {
  public MailboxView {
    custodyReceipts = List.copyOf(custodyReceipts);
  }

  /**
   * What the relay has given its signature for.
   *
   * @param envelope its id, in hexadecimal
   * @param from who made it
   * @param keptAt when it was forced to the relay's disk
   * @param expires when it lapses
   * @param receipt the signed bytes, in hexadecimal
   * @param signature of the mailboxes' key, in hexadecimal
   */
  public record CustodyReceipt(
      String envelope,
      NodeId from,
      Instant keptAt,
      Instant expires,
      String receipt,
      String signature) {}
}
