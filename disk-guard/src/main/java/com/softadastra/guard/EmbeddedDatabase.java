package com.softadastra.guard;

import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationVersion;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.jdbcx.JdbcConnectionPool;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.MVStoreException;

/**
 * An embedded H2 database with its tables as this software knows them. Under a guard {@link
 * #checkpoint} is a point from which nothing is lost. Any thread may use it.
 */
public final class EmbeddedDatabase implements AutoCloseable {
  private static final String OPTIONS =
      ";WRITE_DELAY=500;MAX_COMPACT_TIME=0;DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1;QUERY_CACHE_SIZE=64"
          + ";LOCK_TIMEOUT=30000;TRACE_LEVEL_FILE=0;CACHE_SIZE=";

  static {
    // objects are never serialised into the database
    System.setProperty("h2.serializeJavaObject", "false");
    // hardly a value occurs twice, and each would be looked up
    System.setProperty("h2.objectCache", "false");
  }

  // Flyway's own table
  private static final String HISTORY = "flyway_schema_history";

  private final JdbcConnectionPool pool;

  /**
   * What a database is for.
   *
   * @param migrations where its migrations are, on the class path
   * @param newest the number of the last of them
   * @param connections that are open at once, at most
   * @param cacheBytes of pages in memory
   */
  public record Schema(String migrations, int newest, int connections, long cacheBytes) {}

  private EmbeddedDatabase(JdbcConnectionPool pool) {
    this.pool = pool;
  }

  /**
   * Opens or creates the database and brings its tables up to date.
   *
   * @param files the path without its ending, with a file system before it in tests
   * @throws DatabaseRefusedException where it was written by newer software, or can't be opened
   */
  public static EmbeddedDatabase open(String files, GuardFileSystem guard, Schema schema) {
    return open(guard.getScheme() + ":" + files, files, true, schema);
  }

  /** Without the guard, which is only good for showing what it is for. */
  public static EmbeddedDatabase openUnguarded(String files, Schema schema) {
    return open(files, files, false, schema);
  }

  private static EmbeddedDatabase open(String path, String files, boolean guarded, Schema schema) {
    var pool =
        JdbcConnectionPool.create(
            "jdbc:h2:" + path + OPTIONS + schema.cacheBytes() / 1024, "sa", "");
    pool.setMaxConnections(schema.connections());
    var database = new EmbeddedDatabase(pool);
    boolean open = false;
    try {
      pool.getConnection().close();
      open = true;
      if (database.isOlderThan(schema)) {
        if (guarded) {
          database.migrateAtOnce(schema, files);
        } else {
          database.migrate(schema);
        }
      }
      return database;
    } catch (SQLException | IOException | RuntimeException e) {
      if (open) {
        database.abandon();
      } else {
        pool.dispose();
      }
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof DatabaseRefusedException known) {
          throw known;
        }
        if (cause instanceof GuardRefusedException) {
          throw new DatabaseRefusedException(String.valueOf(cause.getMessage()), e);
        }
      }
      throw new DatabaseRefusedException(
          "The database " + files + " can't be opened: " + e.getMessage(), e);
    }
  }

  public DataSource dataSource() {
    return pool;
  }

  public Connection connect() throws SQLException {
    return pool.getConnection();
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

  /**
   * Closes the files properly; the next start has nothing to replay.
   *
   * @throws DatabaseRefusedException where that fails
   */
  @Override
  public void close() {
    try (var connection = pool.getConnection();
        var statement = connection.createStatement()) {
      statement.execute("SHUTDOWN");
    } catch (SQLException e) {
      throw new DatabaseRefusedException(
          "The database did not close properly: " + e.getMessage(), e);
    } finally {
      pool.dispose();
    }
  }

  private boolean isOlderThan(Schema schema) throws SQLException {
    var newest = MigrationVersion.fromVersion(Integer.toString(schema.newest()));
    var written = written();
    if (written.isPresent() && written.get().compareTo(newest) > 0) {
      throw new DatabaseRefusedException(
          "The data was written by a newer version of Softadastra (schema "
              + written.get()
              + ", this software knows "
              + newest
              + "); start that version.",
          null);
    }
    return written.isEmpty() || written.get().compareTo(newest) < 0;
  }

  private void migrate(Schema schema) {
    Flyway.configure()
        .dataSource(pool)
        .locations("classpath:" + schema.migrations())
        .loggers("slf4j")
        .load()
        .migrate();
  }

  /**
   * H2 commits each statement that changes a table by itself, and a migration that was cut off
   * between two can't be begun again. So the disk gets all of them at once.
   */
  private void migrateAtOnce(Schema schema, String files) throws IOException {
    GuardChannel file = GuardFileSystem.channelOf(files);
    file.beginReplacement();
    try {
      migrate(schema);
      checkpoint();
    } catch (SQLException | RuntimeException e) {
      throw new DatabaseRefusedException(
          "The database "
              + files
              + " can't be brought up to date, and is left as it was: "
              + reason(e),
          e);
    }
    file.endReplacement();
  }

  /**
   * Returns when all that is committed is in the file and forced. H2 writes in the background what
   * it has taken for that, and {@code CHECKPOINT SYNC} alone forces the file without waiting for it
   * where nothing is left to take. Not for a thread that may be interrupted, for which H2 doesn't
   * wait either.
   */
  public static void checkpoint(Connection connection) throws SQLException {
    var store = store(connection);
    try {
      store.commit();
      store.executeFilestoreOperation(() -> {});
    } catch (MVStoreException e) {
      throw new SQLException("what is committed can't be written: " + e.getMessage(), e);
    }
    try (var statement = connection.createStatement()) {
      statement.execute("CHECKPOINT SYNC");
    }
  }

  /** Lets go of the pages in memory, of which the next reads make new ones. */
  public static void clearPages(Connection connection) throws SQLException {
    var store = store(connection);
    // asked for in MB, given in kB
    store.setCacheSize(1024 * Math.max(1, store.getCacheSize()));
  }

  private static MVStore store(Connection connection) throws SQLException {
    var session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
    return session.getDatabase().getStore().getMvStore();
  }

  private void checkpoint() throws SQLException {
    try (var connection = pool.getConnection()) {
      checkpoint(connection);
    }
  }

  /** Where the file has failed, H2 says no more than that. */
  private static String reason(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof GuardFailedException && cause.getCause() != null) {
        return String.valueOf(cause.getCause().getMessage());
      }
    }
    return String.valueOf(e.getMessage());
  }

  /**
   * The newest migration that was applied whole; empty for a new database. Read here and not by
   * Flyway, which looks for all migrations first: nearly every start finds nothing to do.
   */
  private Optional<MigrationVersion> written() throws SQLException {
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
