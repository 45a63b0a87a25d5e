package com.softadastra.sync.storage;

import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The documents that the recording thread used last, and their row numbers. Bounded by the size of
 * their bodies; owned by that thread.
 */
final class DocumentCache {
  private static final Logger LOG = LoggerFactory.getLogger(DocumentCache.class);
  private static final int MOST_BYTES = 32 << 20;
  private static final int MOST_DOCUMENTS = 20_000;

  /** With more documents a start would take too long to read their names. */
  private static final int NAMES_READ = 100_000;

  private record Cached(DocumentState state, long documentNo, int bytes) {}

  private final LinkedHashMap<DocumentKey, Cached> documents =
      new LinkedHashMap<>(1024, 0.75f, true);
  // numbers given to documents of the batch that is being made
  private final Map<DocumentKey, Long> given = new HashMap<>();
  private long nextNumber;
  private int bytes;

  // all that a lookup can find; null where they are too many to read, or can't be read
  private final @Nullable BloomFilter found;

  /**
   * @param nextNumber the first free row number
   * @param rows what the database has
   */
  DocumentCache(long nextNumber, Rows rows) {
    this.nextNumber = nextNumber;
    found = nextNumber <= NAMES_READ ? names(rows) : null;
  }

  private static @Nullable BloomFilter names(Rows rows) {
    var names = new BloomFilter();
    try {
      rows.forEachDocument(names::add);
      return names;
    } catch (RuntimeException e) {
      LOG.warn("every document is looked up on the disk, since their names can't be read", e);
      return null;
    }
  }

  @Nullable DocumentState state(DocumentKey key, Rows rows) {
    var cached = documents.get(key);
    if (cached != null) {
      return cached.state();
    }
    var row = found == null || found.mayHave(key) ? rows.documentRow(key) : null;
    if (row == null) {
      return null;
    }
    put(row.state(), row.documentNo());
    return row.state();
  }

  /**
   * The number of the row that the document has; null for one without a row. Asked after its state.
   */
  @Nullable Long documentNo(DocumentKey key) {
    var cached = documents.get(key);
    return cached == null ? null : cached.documentNo();
  }

  /** A number for a document's first row. */
  long number(DocumentKey key) {
    return given.computeIfAbsent(
        key,
        _ -> {
          if (found != null) {
            found.add(key);
          }
          return nextNumber++;
        });
  }

  void remember(DocumentState state) {
    var number = given.get(state.key());
    put(state, number != null ? number : java.util.Objects.requireNonNull(documentNo(state.key())));
  }

  /** Takes over a document that was rebuilt, and the number that its damaged row has. */
  void adopt(DocumentState state, long documentNo) {
    put(state, documentNo);
  }

  /** Keeps the bounds; called between batches, never within one. */
  void trim() {
    given.clear();
    var eldest = documents.values().iterator();
    while ((bytes > MOST_BYTES || documents.size() > MOST_DOCUMENTS) && eldest.hasNext()) {
      bytes -= eldest.next().bytes();
      eldest.remove();
    }
  }

  private void put(DocumentState state, long documentNo) {
    int size = 256;
    for (var head : state.heads()) {
      var body = head.body();
      size += 128 + (body == null ? 0 : body.text().length());
    }
    var merged = state.merged() == null ? null : state.merged().body();
    size += 128 * state.decided().size() + (merged == null ? 0 : merged.text().length());
    var before = documents.put(state.key(), new Cached(state, documentNo, size));
    bytes += size - (before == null ? 0 : before.bytes());
  }
}
