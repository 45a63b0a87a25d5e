package com.softadastra.contracts.peering;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a member may do in a space; its ordinal is what grants carry. */
public enum Role {
  @JsonProperty("reader")
  READER,
  @JsonProperty("writer")
  WRITER,
  @JsonProperty("admin")
  ADMIN;

  public boolean writes() {
    return this != READER;
  }
}
