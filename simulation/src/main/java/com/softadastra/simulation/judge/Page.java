package com.softadastra.simulation.judge;

import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import java.util.List;

/**
 * What a journal gives from a position on.
 *
 * @param next where it goes on; the same position where there is no more
 */
record Page(List<LoggedEntry> entries, long next) {
  /** What is damaged is in it as it was written: it counts, though nobody can read it. */
  static Page of(Journal journal, Rows rows, long from) {
    try {
      var entries = journal.from(from, 512);
      return new Page(entries, entries.isEmpty() ? from : entries.getLast().position() + 1);
    } catch (DamagedRow row) {
      return new Page(List.of(rows.written(row.position())), row.position() + 1);
    }
  }
}
