package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an operation does; its ordinal is what entries carry. */
public enum OperationKind {
  @JsonProperty("put")
  PUT,
  @JsonProperty("patch")
  PATCH,
  @JsonProperty("delete")
  DELETE
}
