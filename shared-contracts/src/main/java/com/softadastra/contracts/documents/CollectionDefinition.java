package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a collection is declared to be.
 *
 * @param fields by name, or by JSON Pointer (RFC 6901) where it starts with {@code /}; only under
 *     {@link Policy#MERGE}
 * @param labels of members whose writes count, the first before the second and so on, each once;
 *     only under {@link Policy#LOCAL_ROLE}, which has at least one
 * @param resolver the name of the function that decides; only under {@link Policy#FUNCTION}, which
 *     has one
 */
public record CollectionDefinition(
    Policy policy,
    SortedMap<String, FieldDefinition> fields,
    List<String> labels,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String resolver) {
  public static final CollectionDefinition KEEP = new CollectionDefinition(Policy.KEEP);

  public CollectionDefinition {
    fields = Collections.unmodifiableSortedMap(new TreeMap<>(fields));
    labels = List.copyOf(labels);
  }

  public CollectionDefinition(
      Policy policy, SortedMap<String, FieldDefinition> fields, List<String> labels) {
    this(policy, fields, labels, null);
  }

  public CollectionDefinition(Policy policy, SortedMap<String, FieldDefinition> fields) {
    this(policy, fields, List.of());
  }

  public CollectionDefinition(Policy policy) {
    this(policy, new TreeMap<>());
  }

  /** Where that function decides. */
  public static CollectionDefinition resolvedBy(String resolver) {
    return new CollectionDefinition(Policy.FUNCTION, new TreeMap<>(), List.of(), resolver);
  }
}
