package com.softadastra.engine.space;

import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The holdings of the divided documents of a space that were judged last, so that the next
 * operation needs no look at those before it. What is kept of a document never goes beyond the log:
 * it is taken further, up to where the document ends, when it is asked for; and is dropped when an
 * entry of the document comes to stand otherwise. Owned by the thread that records.
 */
final class HoldingsCache {
  /** In units of a version, about 200 bytes each. */
  static final int MOST_WEIGHT = 1 << 16;

  /** Where more was added meanwhile, all is read anew. */
  private static final int MOST_ADDED = 64;

  private record Kept(Part part, int weight) {}

  private final LinkedHashMap<DocumentKey, Kept> parts = new LinkedHashMap<>(16, 0.75f, true);
  private int weight;

  /** A document's holdings as the log has them now. */
  Part part(DocumentKey key, Reads reads) {
    return part(key, reads, MOST_WEIGHT);
  }

  Part part(DocumentKey key, Reads reads, int mostWeight) {
    var state = reads.document(key);
    long end = state == null ? 0 : state.lastPosition();
    var part = follow(remove(key), end, key, reads);
    if (part == null) {
      part = Holdings.part(key, reads);
    }
    int size = part.weight();
    if (size <= mostWeight) {
      parts.put(key, new Kept(part, size));
      weight += size;
      var eldest = parts.values().iterator();
      while (weight > mostWeight) {
        weight -= eldest.next().weight();
        eldest.remove();
      }
    }
    return part;
  }

  /** Takes what was added since; null where that isn't all that has changed. */
  private static @Nullable Part follow(
      @Nullable Part part, long end, DocumentKey key, Reads reads) {
    var added = new ArrayDeque<LoggedEntry>();
    long position = end;
    while (part != null && position > part.position()) {
      var logged = reads.entry(position);
      boolean plain =
          logged.standing() != Standing.FORKED && logged.standing() != Standing.DUPLICATE;
      if (!plain || added.size() == MOST_ADDED) {
        return null;
      }
      added.addFirst(logged);
      position = logged.previous().get(DocumentUpdate.index(logged, key));
    }
    if (part == null || position != part.position()) {
      return null;
    }
    for (var logged : added) {
      var operation = logged.entry().operations().get(DocumentUpdate.index(logged, key));
      part.take(
          logged,
          operation,
          DocumentUpdate.version(logged, operation),
          logged.entry().author(),
          Definitions.of(operation, key.space(), reads));
    }
    return part;
  }

  /** Forgets documents whose entries have come to stand otherwise, or are to be read in order. */
  void drop(Collection<DocumentKey> touched) {
    touched.forEach(this::remove);
  }

  int weight() {
    return weight;
  }

  private @Nullable Part remove(DocumentKey key) {
    var kept = parts.remove(key);
    if (kept == null) {
      return null;
    }
    weight -= kept.weight();
    return kept.part();
  }
}
