package com.softadastra.engine.document;

import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.json.Json;
import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a change does to one field of a document. */
sealed interface Effect {
  /** The field as a pointer. */
  String field();

  /**
   * Gives the field a value, whatever it had.
   *
   * @param value null takes the field away
   */
  record Write(String field, @Nullable Json value) implements Effect {}

  /** Adds to a number. */
  record Add(String field, BigDecimal by) implements Effect {}

  /** Adds items to an array that are not in it, and removes items from it. */
  record Items(String field, List<Json> added, List<Json> removed) implements Effect {}

  /**
   * Raises or lowers a number to another.
   *
   * @param type {@link FieldType#MAX} or {@link FieldType#MIN}
   */
  record Bound(String field, FieldType type, Json.Num number) implements Effect {}
}
