package com.softadastra.edge.mailbox;

import com.softadastra.edge.mailbox.MailboxStore.Why;
import java.util.Optional;

/**
 * How much the mailboxes take, in bytes of envelopes.
 *
 * @param sender of one node's own
 * @param destination for one node
 * @param total in all
 * @param reserve of free disk, below which nothing is taken
 */
public record Quotas(long sender, long destination, long total, long reserve) {
  /**
   * What is used when an envelope comes.
   *
   * @param senderPiles that the sender has, with the one that the envelope would begin
   */
  public record Used(long sender, long senderPiles, long destination, long total, long free) {}

  /** Why an envelope of that size can't be taken, where it can't. */
  public Optional<Why> refuse(int bytes, Used used) {
    if (used.sender() + bytes > sender) {
      return Optional.of(Why.SENDER_QUOTA);
    }
    if (used.senderPiles() > MailboxStore.PILES) {
      return Optional.of(Why.SENDER_DESTINATIONS);
    }
    if (used.destination() + bytes > destination) {
      return Optional.of(Why.DESTINATION_QUOTA);
    }
    if (used.total() + bytes > total) {
      return Optional.of(Why.TOTAL_QUOTA);
    }
    return used.free() < reserve + bytes ? Optional.of(Why.DISK) : Optional.empty();
  }
}
