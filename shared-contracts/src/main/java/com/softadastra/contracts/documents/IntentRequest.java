package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user asks for: one or more operations on documents of a space, all or nothing.
 *
 * @param id makes a retry harmless; null lets the engine name the intent
 * @param actor who asked, in the application's words
 * @param replaces the dead letter in whose place it is made; null for one that stands by itself
 * @param function the name of the application's function that made it; null where none did
 */
public record IntentRequest(
    String space,
    @Nullable String id,
    @Nullable String actor,
    Priority priority,
    List<OperationRequest> operations,
    @Nullable String replaces,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String function) {
  public IntentRequest {
    operations = List.copyOf(operations);
  }

  public IntentRequest(
      String space,
      @Nullable String id,
      @Nullable String actor,
      Priority priority,
      List<OperationRequest> operations,
      @Nullable String replaces) {
    this(space, id, actor, priority, operations, replaces, null);
  }

  /** An intent that stands by itself. */
  public IntentRequest(
      String space,
      @Nullable String id,
      @Nullable String actor,
      Priority priority,
      List<OperationRequest> operations) {
    this(space, id, actor, priority, operations, null, null);
  }
}
