package com.softadastra.sync.storage;

import com.softadastra.contracts.Incarnation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.guard.FailStop;
import com.softadastra.sync.guard.GuardSettings;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/** The open storage of a node: its database, the thread that records, and readers beside it. */
public final class Storage implements AutoCloseable {
  private final Database database;
  private final Recording recording;
  private final Readers readers;
  private final Watermark watermark;

  /**
   * What the database says of itself when it is opened.
   *
   * @param opened how often it was opened before
   * @param lastPosition the last position of its log
   */
  public record Found(Incarnation incarnation, long opened, long lastPosition) {}

  private Storage(Database database, Recording recording) {
    this.database = database;
    this.recording = recording;
    this.readers = new Readers(database, recording);
    this.watermark = new Watermark(recording);
  }

  /**
   * Opens the storage, or creates it.
   *
   * @param files the database's path without its ending, with a file system before it in tests
   * @param birth decides the incarnation by what is found; empty for a new database
   * @param freeBytes how much room the disk has
   * @throws StorageException with a sentence for an operator
   */
  public static Storage open(
      String files,
      NodeKey key,
      Function<Optional<Found>, Birth> birth,
      RecordingSettings settings,
      GuardSettings guard,
      InstantSource clock,
      LongSupplier freeBytes,
      FailStop failStop) {
    return open(Database.open(files, guard), key, birth, settings, clock, freeBytes, failStop);
  }

  static Storage open(
      Database database,
      NodeKey key,
      Function<Optional<Found>, Birth> birth,
      RecordingSettings settings,
      InstantSource clock,
      LongSupplier freeBytes,
      FailStop failStop) {
    try {
      var born = birth.apply(found(database));
      return new Storage(
          database, Recording.open(database, key, born, settings, clock, freeBytes, failStop));
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** What the database says of itself now. */
  public Found found() {
    return found(database).orElseThrow();
  }

  private static Optional<Found> found(Database database) {
    try (var connection = database.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select incarnation, opened, greatest(first_position, coalesce((select max(position) from wal), 0)) from node")) {
      return row.next()
          ? Optional.of(new Found(Incarnation.of(row.getBytes(1)), row.getLong(2), row.getLong(3)))
          : Optional.empty();
    } catch (SQLException e) {
      throw new StorageException("The database can't be read: " + e.getMessage(), e);
    }
  }

  public Database database() {
    return database;
  }

  public Recording recording() {
    return recording;
  }

  public Readers readers() {
    return readers;
  }

  public Watermark watermark() {
    return watermark;
  }

  /** Stops to record, then closes the files properly. */
  @Override
  public void close() {
    recording.close();
    readers.close();
    database.close();
  }
}
