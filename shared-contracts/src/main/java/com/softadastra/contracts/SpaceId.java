package com.softadastra.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** A unit of replication: the SHA-256 of its create record. */
public record SpaceId(Hash hash) implements Comparable<SpaceId> {
  /**
   * @throws IllegalArgumentException unless it is the text of a hash
   */
  @JsonCreator
  public static SpaceId parse(String text) {
    return new SpaceId(Hash.parse(text));
  }

  @Override
  public int compareTo(SpaceId other) {
    return hash.compareTo(other.hash);
  }

  @JsonValue
  @Override
  public String toString() {
    return hash.toString();
  }
}
