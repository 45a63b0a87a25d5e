package com.softadastra.sync.storage;

import com.softadastra.sync.guard.GuardFileSystem;
import com.softadastra.sync.guard.GuardRefusedException;
import com.softadastra.sync.guard.GuardSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * The embedded H2 database, opened through the guard so that {@code CHECKPOINT SYNC} is a point
 * from which nothing is lost. Which settings and why is in the decision on recording.
 */
public final class Database implements AutoCloseable {
  // The newest migration that this software knows.
  private static final MigrationVersion SCHEMA = MigrationVersion.fromVersion("7");

  // Flyway's own table
  private static final String HISTORY = "flyway_schema_history";

  private static final int REDO_BYTES = 16 << 20;

  private static final String OPTIONS =
      ";WRITE_DELAY=500;MAX_COMPACT_TIME=0;DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1;QUERY_CACHE_SIZE=64"
          + ";LOCK_TIMEOUT=30000;TRACE_LEVEL_FILE=0;CACHE_SIZE="
          + Runtime.getRuntime().maxMemory() / 8 / 1024;

  static {
    // objects are never serialised into the database
    System.setProperty("h2.serializeJavaObject", "false");
    // hardly a value occurs twice, and each would be looked up
    System.setProperty("h2.objectCache", "false");
  }

  private final JdbcConnectionPool pool;
  private final GuardFileSystem guard;

  private final @Nullable RedoLogFile redoLog;

  /** Where the redo log lies, and its size. */
  record RedoLogFile(FilePath path, int bytes) {}

  private Database(JdbcConnectionPool pool, GuardFileSystem guard, @Nullable RedoLogFile redoLog) {
    this.pool = pool;
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
    return open(guard.getScheme() + ":" + files, guard, files, log);
  }

  /** Without the guard, which is only good for showing what it is for. */
  static Database openUnguarded(String files, GuardSettings settings) {
    return open(files, GuardFileSystem.register(settings), files, null);
  }

  private static Database open(
      String path, GuardFileSystem guard, String files, @Nullable RedoLogFile redoLog) {
    var pool = JdbcConnectionPool.create("jdbc:h2:" + path + OPTIONS, "sa", "");
    pool.setMaxConnections(32);
    var database = new Database(pool, guard, redoLog);
    boolean open = false;
    try {
      pool.getConnection().close();
      open = true;
      database.migrate();
      return database;
    } catch (SQLException | RuntimeException e) {
      if (open) {
        database.abandon();
      } else {
        pool.dispose();
      }
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof StorageException known) {
          throw known;
        }
        if (cause instanceof GuardRefusedException) {
          throw new StorageException(String.valueOf(cause.getMessage()), e);
        }
      }
      throw new StorageException(
          "The database " + files + " can't be opened: " + e.getMessage(), e);
    }
  }

  public DataSource dataSource() {
    return pool;
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
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("SHUTDOWN IMMEDIATELY");
    } catch (SQLException e) {
      // it had failed before, and is closed for that
    } finally {
      pool.dispose();
    }
  }

  Connection connect() throws SQLException {
    return pool.getConnection();
  }

  /** Closes the files properly; the next start has nothing to replay. */
  @Override
  public void close() {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("SHUTDOWN");
    } catch (SQLException e) {
      throw new StorageException("The database did not close properly: " + e.getMessage(), e);
    } finally {
      pool.dispose();
    }
  }

  private void migrate() throws SQLException {
    var written = schema();
    if (written.isPresent() && written.get().compareTo(SCHEMA) > 0) {
      throw new StorageException(
          "The data was written by a newer version of Softadastra (schema "
              + written.get()
              + ", this software knows "
              + SCHEMA
              + "); start that version.",
          null);
    }
    if (written.isEmpty() || written.get().compareTo(SCHEMA) < 0) {
      Flyway.configure()
          .dataSource(pool)
          .locations("classpath:db/migration")
          .loggers("slf4j")
          .load()
          .migrate();
    }
  }

  /**
   * The newest migration that was applied whole; empty for a new database. Read here and not by
   * Flyway, which looks for all migrations first: nearly every start finds nothing to do.
   */
  private Optional<MigrationVersion> schema() throws SQLException {
    try (var connection = pool.getConnection();
        var history = connection.getMetaData().getTables(null, "PUBLIC", HISTORY, null)) {
      if (!history.next()) {
        return Optional.empty();
      }
      var versions = new ArrayList<MigrationVersion>();
      try (var select = connection.createStatement();
          var row =
              select.executeQuery(
                  "select \"version\" from \"" + HISTORY + "\" where \"success\"")) {
        while (row.next()) {
          versions.add(MigrationVersion.fromVersion(row.getString(1)));
        }
      }
      return versions.stream().max(Comparator.naturalOrder());
    }
  }
}
