package com.softadastra.contracts.peering;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.softadastra.contracts.NodeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A peer as this node sees it.
 *
 * @param via the relays that frames go by, where they don't go directly
 * @param nextAttempt when the link will be tried next; null where it stands or is off
 */
public record PeerView(
    NodeId node,
    String name,
    State state,
    Route route,
    List<NodeId> via,
    Lag lag,
    @Nullable Duration clockOffset,
    @Nullable Instant lastSeen,
    @Nullable Instant nextAttempt,
    @Nullable String lastError) {
  /** Whether the peer is in reach. */
  public enum State {
    @JsonProperty("connected")
    CONNECTED,
    @JsonProperty("unreachable")
    UNREACHABLE,
    @JsonProperty("off")
    OFF
  }

  /** How frames get there. */
  public enum Route {
    @JsonProperty("direct")
    DIRECT,
    /** Relays hand them on at once. */
    @JsonProperty("relayed")
    RELAYED,
    /** Relays keep them until the peer is there. */
    @JsonProperty("edge")
    EDGE,
    @JsonProperty("none")
    NONE
  }

  /**
   * What is recorded here and not yet acknowledged there.
   *
   * @param age of the oldest such entry, zero where there is none
   */
  public record Lag(long entries, long bytes, Duration age) {}
}
