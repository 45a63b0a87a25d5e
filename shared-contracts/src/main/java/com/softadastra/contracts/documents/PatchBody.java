package com.softadastra.contracts.documents;

import com.softadastra.contracts.json.JsonText;

/** A change of a document, in one of two notations. */
public record PatchBody(Notation notation, JsonText text) {
  /** The notation; its ordinal is what entries carry. */
  public enum Notation {
    /** RFC 7396. */
    MERGE,
    /**
     * {@code set}, {@code unset}, {@code increment}, {@code add} and {@code remove} by field; and
     * {@code move}, a part of a share to another replica, which is asked for on its own.
     */
    FIELDS
  }
}
