package com.softadastra.engine.log;

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

  Delete DELETE = new Delete();
}
