package com.softadastra.sync.storage;

/** A row whose checksum doesn't match its content; it is never served. */
public final class DamagedRow extends RuntimeException {
  private static final long serialVersionUID = 1;

  DamagedRow(String table, Object key) {
    super("damaged row: " + table + " " + key);
  }
}
