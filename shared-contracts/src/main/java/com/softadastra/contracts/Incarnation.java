package com.softadastra.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;

/**
 * One life of a node's storage: 128 random bits, drawn when the storage is created and anew when it
 * is found to have been restored or copied.
 */
public final class Incarnation implements Comparable<Incarnation> {
  public static final int BYTES = 16;

  private final byte[] bytes;

  private Incarnation(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * @throws IllegalArgumentException unless there are 16 bytes
   */
  public static Incarnation of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("an incarnation has 16 bytes, not " + bytes.length);
    }
    return new Incarnation(bytes.clone());
  }

  /**
   * @throws IllegalArgumentException unless it is the text of an incarnation
   */
  @JsonCreator
  public static Incarnation parse(String text) {
    return of(Base32.decode(text));
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public int compareTo(Incarnation other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Incarnation that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @JsonValue
  @Override
  public String toString() {
    return Base32.encode(bytes);
  }
}
