package com.softadastra.contracts.documents;

/**
 * What a sequence's numbers look like.
 *
 * @param width digits, at least; shorter numbers have zeros in front
 */
public record SequenceDefinition(String prefix, int width) {
  public static final int MOST_PREFIX = 64;
  public static final int MOST_WIDTH = 15;
}
