package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether somebody still has to decide. */
public enum ConflictState {
  @JsonProperty("open")
  OPEN,
  @JsonProperty("resolved")
  RESOLVED
}
