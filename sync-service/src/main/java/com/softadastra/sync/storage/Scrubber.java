package com.softadastra.sync.storage;

import com.softadastra.contracts.time.Schedule;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads all rows again, one table after the other and without haste, so that damage is known, and
 * mended where it can be, before the row is needed.
 */
public final class Scrubber implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int ROWS_AT_ONCE = 100;
  private static final int MOST_TOLD = 100;
  private static final List<String> TABLES =
      List.of(
          "wal",
          "document",
          "intent",
          "dead_letter",
          "outbox",
          "conflict",
          "wal_mark",
          "chain",
          "statement",
          "membership_record",
          "replica",
          "collection",
          "space",
          "peer",
          "lane",
          "invitation");

  private final Readers readers;
  private final Schedule schedule;
  private Schedule.@Nullable Due due;
  private boolean closed;

  private int table;
  private long after = Long.MIN_VALUE;
  private long rows;
  private final List<String> damaged = new ArrayList<>();
  private volatile Report report = new Report(0, 0, List.of());

  /**
   * What it has found.
   *
   * @param passes how often it has read everything
   * @param rows how many it has read in all
   * @param damaged a sentence for each damage that the last pass found, and this one so far; those
   *     beyond a bound are left out
   */
  public record Report(long passes, long rows, List<String> damaged) {}

  public Scrubber(Readers readers, Schedule schedule) {
    this.readers = readers;
    this.schedule = schedule;
  }

  public synchronized void start() {
    if (!closed) {
      due = schedule.after(PAUSE, this::next);
    }
  }

  public Report report() {
    return report;
  }

  private synchronized void next() {
    if (!closed) {
      step();
      start();
    }
  }

  /** Reads some rows on. */
  synchronized void step() {
    int read;
    try {
      read = readers.read(this::read);
    } catch (RuntimeException e) {
      // what follows in this table can't be reached past a page that can't be read
      tell(TABLES.get(table) + " behind row " + after + ": " + cause(e));
      read = 0;
    }
    rows += read;
    long passes = report.passes();
    var told = report.damaged();
    if (read == 0) {
      after = Long.MIN_VALUE;
      table = (table + 1) % TABLES.size();
      if (table == 0) {
        passes++;
        told = List.copyOf(damaged);
        damaged.clear();
      }
    }
    if (!damaged.isEmpty()) {
      told = Stream.concat(told.stream(), damaged.stream()).distinct().toList();
    }
    report = new Report(passes, rows, told);
  }

  private int read(Readers.Reader reader) throws SQLException {
    var name = TABLES.get(table);
    int read = 0;
    try (var select =
        reader
            .connection()
            .prepareStatement(
                "select _rowid_, t.* from "
                    + name
                    + " t where _rowid_ > ? order by _rowid_ limit "
                    + ROWS_AT_ONCE)) {
      select.setLong(1, after);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          after = row.getLong(1);
          read++;
          check(name, row, reader);
        }
      }
    }
    return read;
  }

  private void check(String name, ResultSet row, Readers.Reader reader) throws SQLException {
    try {
      switch (name) {
        case "wal" -> reader.entry(row.getLong("position"));
        case "document" -> reader.requireWhole(row);
        default -> {
          // to have read it is enough: the guard compares
        }
      }
    } catch (StorageException e) {
      throw e;
    } catch (DamagedRow damage) {
      reader.met(damage);
      tell(String.valueOf(damage.getMessage()));
    } catch (RuntimeException e) {
      tell(String.valueOf(e.getMessage()));
    }
  }

  private void tell(String damage) {
    if (damaged.size() < MOST_TOLD && !damaged.contains(damage)) {
      damaged.add(damage);
      LOG.error("damage in the database: {}", damage);
    }
  }

  private static String cause(Throwable failure) {
    var last = failure;
    while (last.getCause() != null) {
      last = last.getCause();
    }
    return String.valueOf(last.getMessage());
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (due != null) {
      due.cancel();
    }
  }
}
