package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How urgent an intent is; its ordinal is what entries carry. */
public enum Priority {
  @JsonProperty("bulk")
  BULK,
  @JsonProperty("normal")
  NORMAL,
  @JsonProperty("urgent")
  URGENT
}
