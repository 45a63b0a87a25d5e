package com.softadastra.contracts.documents;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A collection of a space.
 *
 * @param policy by its name on the wire; a node of a later version may have declared one that is
 *     not known here
 * @param declared whether it is more than a name in writes
 * @param generation of its definition, 0 where it has none
 */
public record CollectionSummary(
    String collection,
    String policy,
    boolean declared,
    long generation,
    SortedMap<String, FieldDefinition> fields) {
  public CollectionSummary {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
  }

  /** A collection that nobody declared. */
  public static CollectionSummary undeclared(String collection) {
    return new CollectionSummary(collection, "keep", false, 0, new TreeMap<>());
  }
}
