package com.softadastra.contracts.documents;

import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far an intent has come, as this node knows it now.
 *
 * @param position where this node's log has it
 */
public record Receipt(
    String intent,
    String space,
    long position,
    ReceiptState state,
    Instant recordedAt,
    List<OperationReceipt> operations,
    List<Delivery> deliveries) {
  /**
   * One operation's outcome.
   *
   * @param conflict the document has an open conflict
   */
  public record OperationReceipt(String collection, String id, String version, boolean conflict) {}

  /**
   * The way to one other member.
   *
   * @param at when that member said that it has the intent, by its own clock; in custody when the
   *     relay signed for it, by the relay's
   * @param via the node that told us, where it was not that member itself; in custody the relay
   * @param asOf when that member last said what it has, by its own clock: what is known of it here
   *     is as old as that; null where it never has
   */
  public record Delivery(
      NodeId node,
      String name,
      DeliveryState state,
      @Nullable Instant at,
      @Nullable NodeId via,
      int attempts,
      @Nullable String error,
      @Nullable Instant asOf) {}
}
