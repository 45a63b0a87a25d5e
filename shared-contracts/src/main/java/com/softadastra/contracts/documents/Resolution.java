package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.json.JsonText;
import org.jspecify.annotations.Nullable;

/**
 * How a conflict ends: with this body, with one of its versions, or with a deletion; exactly one of
 * them.
 *
 * @param by the function that has decided; null where somebody did
 */
public record Resolution(
    @Nullable JsonText body,
    @Nullable String version,
    boolean delete,
    @Nullable String actor,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Function by) {
  /** What somebody has decided. */
  public Resolution(
      @Nullable JsonText body, @Nullable String version, boolean delete, @Nullable String actor) {
    this(body, version, delete, actor, null);
  }

  /**
   * A function that has decided.
   *
   * @param on the version of the document that it was shown; refused where that is another by now
   */
  public record Function(String name, String on) {}
}
