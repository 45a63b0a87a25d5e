package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import java.util.List;

/**
 * One document's part of an intent.
 *
 * @param parents the versions it was made on, sorted, each once
 * @param seen heads that its author knew and did not supersede, sorted; what lets a deletion close
 *     its own branch
 */
public record Operation(
    String collection, String id, List<Hash> parents, List<Hash> seen, Change change) {
  public Operation {
    parents = List.copyOf(parents);
    seen = List.copyOf(seen);
  }

  public boolean deletes() {
    return change instanceof Change.Delete;
  }
}
