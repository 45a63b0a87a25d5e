package com.softadastra.contracts.documents;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a collection is declared to be.
 *
 * @param fields by name, or by JSON Pointer (RFC 6901) where it starts with {@code /}; only under
 *     {@link Policy#MERGE}
 */
public record CollectionDefinition(Policy policy, SortedMap<String, FieldDefinition> fields) {
  public static final CollectionDefinition KEEP = new CollectionDefinition(Policy.KEEP);

  public CollectionDefinition {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
  }

  public CollectionDefinition(Policy policy) {
    this(policy, new TreeMap<>());
  }
}
