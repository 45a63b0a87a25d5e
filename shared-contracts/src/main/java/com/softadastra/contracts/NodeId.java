package com.softadastra.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** One installation: the SHA-256 of its raw Ed25519 public key. */
public record NodeId(Hash hash) implements Comparable<NodeId> {
  /**
   * @throws IllegalArgumentException unless it is the text of a hash
   */
  @JsonCreator
  public static NodeId parse(String text) {
    return new NodeId(Hash.parse(text));
  }

  @Override
  public int compareTo(NodeId other) {
    return hash.compareTo(other.hash);
  }

  @JsonValue
  @Override
  public String toString() {
    return hash.toString();
  }
}
