package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** Whether somebody still has to decide, or what was decided has been taken back. */
public enum ConflictState {
  @JsonProperty("open")
  OPEN,
  @JsonProperty("resolved")
  RESOLVED,
  @JsonProperty("undone")
  UNDONE
}
