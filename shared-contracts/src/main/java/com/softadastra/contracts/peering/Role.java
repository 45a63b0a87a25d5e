package com.softadastra.contracts.peering;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a node may do in a space; its ordinal is what grants carry. */
public enum Role {
  @JsonProperty("reader")
  READER,
  @JsonProperty("writer")
  WRITER,
  @JsonProperty("admin")
  ADMIN,
  /** Is no member: keeps and hands on what members send each other, and can read none of it. */
  @JsonProperty("relay")
  RELAY;

  public boolean writes() {
    return this == WRITER || this == ADMIN;
  }
}
