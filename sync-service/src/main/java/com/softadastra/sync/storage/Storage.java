package com.softadastra.sync.storage;

import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The open storage of a node: its database, the thread that records, and readers beside it. */
public final class Storage implements AutoCloseable {
  private final Database database;
  private final H2Journal journal;
  private final Recording recording;
  private final RecordingThread thread;
  private final Watermark watermark;
  private final Duration opening;
  private Consumer<Found> closed = _ -> {};

  private Storage(
      Database database,
      H2Journal journal,
      Recording recording,
      RecordingThread thread,
      Duration opening) {
    this.database = database;
    this.journal = journal;
    this.recording = recording;
    this.thread = thread;
    this.watermark = new Watermark(recording);
    this.opening = opening;
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
    return open(
        () -> Database.open(files, guard), key, birth, settings, clock, freeBytes, failStop);
  }

  static Storage open(
      Supplier<Database> opening,
      NodeKey key,
      Function<Optional<Found>, Birth> birth,
      RecordingSettings settings,
      InstantSource clock,
      LongSupplier freeBytes,
      FailStop failStop) {
    long begun = System.nanoTime();
    var database = opening.get();
    try {
      var journal = H2Journal.open(database);
      var machine =
          new Machine(clock, new SecureRandom(), freeBytes, ForkJoinPool.commonPool(), failStop);
      var recording = Recording.open(journal, key, birth.apply(journal.found()), settings, machine);
      journal.readers().onDamage(recording::noticed);
      var thread = new RecordingThread(recording, failStop);
      thread.start();
      var took = Duration.ofNanos(System.nanoTime() - begun);
      return new Storage(database, journal, recording, thread, took);
    } catch (RuntimeException e) {
      database.abandon();
      throw e;
    }
  }

  /** What the database says of itself as of its opening. */
  public Found found() {
    return recording.found();
  }

  /** How long it took to open it: journals and commits made again, what a start reads, forces. */
  public Duration opening() {
    return opening;
  }

  public Database database() {
    return database;
  }

  public Recording recording() {
    return recording;
  }

  public Readers readers() {
    return journal.readers();
  }

  /** How often the log of commits was forced, which needed no checkpoint. */
  public long redoForces() {
    return journal.redoLog().map(RedoLog::forces).orElse(0L);
  }

  /** Bytes written to the log of commits, padding included. */
  public long redoBytes() {
    return journal.redoLog().map(RedoLog::bytes).orElse(0L);
  }

  public Watermark watermark() {
    return watermark;
  }

  /** Tells what the storage says of itself when it has been closed properly. */
  public void whenClosed(Consumer<Found> listener) {
    closed = listener;
  }

  /** Stops to record, then closes the files properly. */
  @Override
  public void close() {
    thread.close();
    var left = recording.found();
    journal.close();
    database.close();
    closed.accept(left);
  }
}
