package com.softadastra.contracts.documents;

/** What a collection is declared to be; {@code keep} is the one policy of this version. */
public record CollectionDefinition(String policy) {
  public static final CollectionDefinition KEEP = new CollectionDefinition("keep");
}
