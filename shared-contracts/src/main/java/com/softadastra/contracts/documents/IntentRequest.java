package com.softadastra.contracts.documents;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a user asks for: one or more operations on documents of a space, all or nothing.
 *
 * @param id makes a retry harmless; null lets the engine name the intent
 * @param actor who asked, in the application's words
 */
public record IntentRequest(
    String space,
    @Nullable String id,
    @Nullable String actor,
    Priority priority,
    List<OperationRequest> operations) {
  public IntentRequest {
    operations = List.copyOf(operations);
  }
}
