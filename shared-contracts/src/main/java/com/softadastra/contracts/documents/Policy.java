package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What becomes of concurrent writes of one document. */
public enum Policy {
  /** Nothing is merged: the conflict is open until somebody resolves it. */
  @JsonProperty("keep")
  KEEP,
  /** Changes of different fields are both kept; of one field the later counts. */
  @JsonProperty("merge")
  MERGE,
  /** The later write counts, whole. */
  @JsonProperty("latest")
  LATEST,
  /** The write of a member with a label counts, whole; between equals it is as under keep. */
  @JsonProperty("local-role")
  LOCAL_ROLE,
  /** A function of the application's own decides; until it has, it is as under keep. */
  @JsonProperty("function")
  FUNCTION
}
