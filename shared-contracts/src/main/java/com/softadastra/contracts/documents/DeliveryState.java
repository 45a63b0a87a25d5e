package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How far a write has come on its way to one member. */
public enum DeliveryState {
  @JsonProperty("queued")
  QUEUED,
  @JsonProperty("in-flight")
  IN_FLIGHT,
  @JsonProperty("in-custody")
  IN_CUSTODY,
  @JsonProperty("delivered")
  DELIVERED,
  @JsonProperty("dead-letter")
  DEAD_LETTER
}
