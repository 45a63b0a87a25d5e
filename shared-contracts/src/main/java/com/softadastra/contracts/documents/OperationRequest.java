package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.json.JsonText;
import org.jspecify.annotations.Nullable;

/**
 * One document's part of an intent.
 *
 * @param body the whole document of a put, else null
 * @param patch the change of a patch, else null
 * @param undoes the id of the decided conflict that this takes back, null for any other operation
 * @param number the number that the document is to get, null for none; not in a deletion
 */
public record OperationRequest(
    OperationKind op,
    String collection,
    String id,
    @Nullable JsonText body,
    @Nullable PatchBody patch,
    Condition condition,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String undoes,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable NumberRequest number) {
  public OperationRequest(
      OperationKind op,
      String collection,
      String id,
      @Nullable JsonText body,
      @Nullable PatchBody patch,
      Condition condition,
      @Nullable String undoes) {
    this(op, collection, id, body, patch, condition, undoes, null);
  }

  public OperationRequest(
      OperationKind op,
      String collection,
      String id,
      @Nullable JsonText body,
      @Nullable PatchBody patch,
      Condition condition) {
    this(op, collection, id, body, patch, condition, null, null);
  }
}
