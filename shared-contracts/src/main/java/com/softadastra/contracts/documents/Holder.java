package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;

/** A replica that holds a part of something that is divided. */
public record Holder(NodeId node, Incarnation incarnation, State state) {
  /** Whether the replica can still use what it holds. */
  public enum State {
    /** It is this node's present one. */
    @JsonProperty("own")
    OWN,
    /** It is another node's present one, as far as is known. */
    @JsonProperty("current")
    CURRENT,
    /** Its node has taken another incarnation since. */
    @JsonProperty("stranded")
    STRANDED
  }
}
