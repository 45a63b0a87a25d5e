package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How far a write has come, each level including those before. */
public enum ReceiptState {
  /** Forced to this node's disk. */
  @JsonProperty("recorded")
  RECORDED,
  /** Forced at a relay or an edge. */
  @JsonProperty("in-custody")
  IN_CUSTODY,
  /** Forced at another member. */
  @JsonProperty("delivered")
  DELIVERED,
  /** Forced at every reading member. */
  @JsonProperty("everywhere")
  EVERYWHERE
}
