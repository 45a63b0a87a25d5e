package com.softadastra.sync.storage;

import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * The embedded H2 database, opened through the guard so that a checkpoint is a point from which
 * nothing is lost. Which settings and why is in the decision on recording.
 */
public final class Database implements AutoCloseable {
  private static final int REDO_BYTES = 16 << 20;

  private static final EmbeddedDatabase.Schema SCHEMA =
      new EmbeddedDatabase.Schema("db/migration", 10, 32, Runtime.getRuntime().maxMemory() / 8);

  private final EmbeddedDatabase embedded;
  private final GuardFileSystem guard;

  private final @Nullable RedoLogFile redoLog;

  /** Where the redo log lies, and its size. */
  record RedoLogFile(FilePath path, int bytes) {}

  private Database(
      EmbeddedDatabase embedded, GuardFileSystem guard, @Nullable RedoLogFile redoLog) {
    this.embedded = embedded;
    this.guard = guard;
    this.redoLog = redoLog;
  }

  /**
   * Opens or creates the database and brings its tables up to date.
   *
   * @param files the path without its ending, with a file system before it in tests
   * @throws StorageException where it was written by newer software, or can't be opened
   */
  public static Database open(String files, GuardSettings settings) {
    return open(files, settings, REDO_BYTES);
  }

  /**
   * @param redoBytes the size that a new redo log gets
   */
  static Database open(String files, GuardSettings settings, int redoBytes) {
    return open(files, GuardFileSystem.register(settings), redoBytes);
  }

  /**
   * The same with a guard that is registered already, of which one process may have several.
   *
   * @param redoBytes the size that a new redo log gets
   */
  public static Database open(String files, GuardFileSystem guard, int redoBytes) {
    var log = new RedoLogFile(FilePath.get(files + ".redo"), redoBytes);
    return refusing(() -> new Database(EmbeddedDatabase.open(files, guard, SCHEMA), guard, log));
  }

  /** Without the guard, which is only good for showing what it is for. */
  static Database openUnguarded(String files, GuardSettings settings) {
    var guard = GuardFileSystem.register(settings);
    return refusing(() -> new Database(EmbeddedDatabase.openUnguarded(files, SCHEMA), guard, null));
  }

  private static <T> T refusing(Supplier<T> work) {
    try {
      return work.get();
    } catch (DatabaseRefusedException e) {
      throw new StorageException(String.valueOf(e.getMessage()), e.getCause());
    }
  }

  public DataSource dataSource() {
    return embedded.dataSource();
  }

  public GuardFileSystem guard() {
    return guard;
  }

  /** Null where there is no guard, which the log relies on. */
  @Nullable RedoLogFile redoLog() {
    return redoLog;
  }

  /** Lets go of it as it lies there, as a crash of the process would. */
  public void abandon() {
    embedded.abandon();
  }

  Connection connect() throws SQLException {
    return embedded.connect();
  }

  /** Closes the files properly; the next start has nothing to replay. */
  @Override
  public void close() {
    try {
      embedded.close();
    } catch (DatabaseRefusedException e) {
      throw new StorageException(String.valueOf(e.getMessage()), e.getCause());
    }
  }
}
