package com.softadastra.sync.storage;

import com.softadastra.engine.log.DocumentKey;
import org.jspecify.annotations.Nullable;

/** A row whose checksum doesn't match its content; it is never served. */
public final class DamagedRow extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final long position;
  private final transient @Nullable DocumentKey document;

  private DamagedRow(String table, Object row, long position, @Nullable DocumentKey document) {
    super("damaged row: " + table + " " + row);
    this.position = position;
    this.document = document;
  }

  static DamagedRow ofLog(long position) {
    return new DamagedRow("wal", position, position, null);
  }

  static DamagedRow ofDocument(DocumentKey key) {
    return new DamagedRow("document", key.id(), 0, key);
  }

  static DamagedRow ofIntent(String id) {
    return new DamagedRow("intent", id, 0, null);
  }

  /** Which entry of the log it is; 0 where it is none. */
  public long position() {
    return position;
  }

  /** Which document it is; null where it is none. */
  public @Nullable DocumentKey document() {
    return document;
  }
}
