package com.softadastra.contracts.documents;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a collection is declared to be.
 *
 * @param fields by name, or by JSON Pointer (RFC 6901) where it starts with {@code /}; only under
 *     {@link Policy#MERGE}
 * @param labels of members whose writes count, the first before the second and so on, each once;
 *     only under {@link Policy#LOCAL_ROLE}, which has at least one
 */
public record CollectionDefinition(
    Policy policy, SortedMap<String, FieldDefinition> fields, List<String> labels) {
  public static final CollectionDefinition KEEP = new CollectionDefinition(Policy.KEEP);

  public CollectionDefinition {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
    labels = List.copyOf(labels);
  }

  public CollectionDefinition(Policy policy, SortedMap<String, FieldDefinition> fields) {
    this(policy, fields, List.of());
  }

  public CollectionDefinition(Policy policy) {
    this(policy, new TreeMap<>());
  }
}
