package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A collection of a space.
 *
 * @param policy by its name on the wire; a node of a later version may have declared one that is
 *     not known here
 * @param declared whether it is more than a name in writes
 * @param generation of its definition, 0 where it has none
 * @param labels of members whose writes count, in their order
 * @param resolver the name of the function that decides, null where none does
 */
public record CollectionSummary(
    String collection,
    String policy,
    boolean declared,
    long generation,
    SortedMap<String, FieldDefinition> fields,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> labels,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String resolver) {
  public CollectionSummary {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
    // absent where it comes from a version that has none
    labels = labels == null ? List.of() : List.copyOf(labels);
  }

  public CollectionSummary(
      String collection,
      String policy,
      boolean declared,
      long generation,
      SortedMap<String, FieldDefinition> fields) {
    this(collection, policy, declared, generation, fields, List.of(), null);
  }

  /** A collection that nobody declared. */
  public static CollectionSummary undeclared(String collection) {
    return new CollectionSummary(collection, "keep", false, 0, new TreeMap<>());
  }
}
