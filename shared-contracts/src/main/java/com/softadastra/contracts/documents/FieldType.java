package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How concurrent changes of a field come together under {@link Policy#MERGE}. */
public enum FieldType {
  /** A number; changes add up. */
  @JsonProperty("counter")
  COUNTER,
  /** An array without order; what was added stays unless somebody who saw it removed it. */
  @JsonProperty("set")
  SET,
  /** A number that only grows. */
  @JsonProperty("max")
  MAX,
  /** A number that only shrinks. */
  @JsonProperty("min")
  MIN,
  /**
   * A number that is divided among replicas, each of which spends only what it holds, so that it
   * never falls below zero.
   */
  @JsonProperty("escrow")
  ESCROW
}
