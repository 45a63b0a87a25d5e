package com.softadastra.contracts.peering;

import com.softadastra.contracts.NodeId;
import java.util.List;

/**
 * What came of an envelope. All of it that was taken is forced to disk.
 *
 * @param from the node that made it
 * @param entries that were in it, those included that were here already
 * @param refused whose entries were not taken, and why, in no order
 */
public record EnvelopeTaken(NodeId from, int entries, List<Refusal> refused) {
  public EnvelopeTaken {
    refused = List.copyOf(refused);
  }

  /** An author of whom entries were not taken. */
  public record Refusal(NodeId author, String reason) {}
}
