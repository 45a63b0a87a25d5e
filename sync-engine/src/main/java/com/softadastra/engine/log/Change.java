package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.JsonText;

/** What an operation does to its document. */
public sealed interface Change {
  /** The whole document. */
  record Put(JsonText body) implements Change {}

  /** A difference to the body of the version it was made on. */
  record Patch(Notation notation, JsonText text) implements Change {}

  /** A tombstone. */
  record Delete() implements Change {}

  /**
   * A put on a known version where the policy merges: what it changes there.
   *
   * @param text by field, as {@link Notation#FIELDS}
   * @param of the hash of the body that was put
   */
  record Difference(JsonText text, Hash of) implements Change {}

  /**
   * Gives back what a decided conflict's losing version had.
   *
   * @param conflict the conflict's id
   * @param restoring a put, a patch by field or a deletion
   */
  record Undo(Hash conflict, Change restoring) implements Change {
    public Undo {
      boolean fits =
          switch (restoring) {
            case Put _, Delete _ -> true;
            case Patch(var notation, _) -> notation == Notation.FIELDS;
            case Difference _, Undo _ -> false;
          };
      if (!fits) {
        throw new IllegalArgumentException("a change that restores nothing");
      }
    }
  }

  Delete DELETE = new Delete();

  /** Whether whoever made it said what the whole document is. */
  default boolean isWhole() {
    return this instanceof Put || this instanceof Difference;
  }

  /** Whether it leaves a tombstone. */
  default boolean deletes() {
    return this instanceof Delete || (this instanceof Undo undo && undo.restoring().deletes());
  }
}
