package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One document's part of an intent.
 *
 * @param definition what the collection was declared to be when it was made; null where it never
 *     was, and for definitions themselves
 * @param parents the versions it was made on, sorted, each once
 * @param seen heads that its author knew and did not supersede, sorted; what lets a deletion close
 *     its own branch
 */
public record Operation(
    String collection,
    String id,
    @Nullable DefinitionName definition,
    List<Hash> parents,
    List<Hash> seen,
    Change change) {
  /**
   * The collection whose documents define collections: the id is a collection's name, the body what
   * it is declared to be. No application's collection has this name.
   */
  public static final String DEFINITIONS = "$definitions";

  /**
   * The collection whose documents are sequences of numbers: the id is a sequence's name, each
   * operation says what becomes of its numbers. No application's collection has this name.
   */
  public static final String SEQUENCES = "$sequences";

  /**
   * The collection whose documents say what became of entries without effect: the id is the entry's
   * hash. They have a document as soon as one settles it.
   */
  public static final String DEAD_LETTERS = "$dead-letters";

  /** The collection of documents that say whose clock is suspect. */
  public static final String CLOCKS = "$clocks";

  public Operation {
    parents = List.copyOf(parents);
    seen = List.copyOf(seen);
  }

  /** An operation in a collection that was never declared. */
  public Operation(
      String collection, String id, List<Hash> parents, List<Hash> seen, Change change) {
    this(collection, id, null, parents, seen, change);
  }

  public boolean deletes() {
    return change.deletes();
  }

  /** Whether a collection is the engine's own, of which applications see nothing. */
  public static boolean isReserved(String collection) {
    return collection.startsWith("$");
  }

  /** Whether it is in a collection of the engine's own. */
  public boolean isReserved() {
    return isReserved(collection);
  }

  /** Whether it says what a collection is. */
  public boolean defines() {
    return collection.equals(DEFINITIONS);
  }

  /** Whether it says what becomes of a sequence's numbers. */
  public boolean numbers() {
    return collection.equals(SEQUENCES);
  }
}
