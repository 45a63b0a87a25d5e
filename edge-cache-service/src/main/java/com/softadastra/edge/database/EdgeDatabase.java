package com.softadastra.edge.database;

import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * H2 over the guard, for all that the edge must not lose. {@link GroupCommits} changes it; whoever
 * reads uses connections beside it, and may see what isn't forced yet. Any thread may use it.
 */
public final class EdgeDatabase implements AutoCloseable {
  /** The name of the guard under it, beside others of one process. */
  public static final String GUARD = "mailguard";

  public static final EmbeddedDatabase.Schema SCHEMA =
      new EmbeddedDatabase.Schema("db/mailbox", 5, 32, Runtime.getRuntime().maxMemory() / 32);

  private final EmbeddedDatabase database;
  private final GroupCommits commits;

  /** A change, or a look at what all changes before it made. */
  public interface Work<T> {
    T on(Statements statements) throws SQLException;
  }

  /** A look from beside. */
  public interface Reading<T> {
    T on(Connection connection) throws SQLException;
  }

  /** Told on the writing thread how each group ends in which something was changed. */
  public interface Witness {
    /** Before anybody is answered. */
    void forced();

    void rolledBack() throws SQLException;
  }

  private EdgeDatabase(EmbeddedDatabase database, FailStop failStop) throws SQLException {
    this.database = database;
    var connection = database.connect();
    connection.setAutoCommit(false);
    commits = new GroupCommits(new Statements(connection), failStop);
  }

  /**
   * Opens the database, or makes it.
   *
   * @param files its path without its ending, with a file system before it in tests
   * @throws DatabaseFailure with a sentence for an operator
   */
  public static EdgeDatabase open(String files, GuardFileSystem guard, FailStop failStop) {
    EmbeddedDatabase opened;
    try {
      opened = EmbeddedDatabase.open(files, guard, SCHEMA);
    } catch (DatabaseRefusedException e) {
      throw new DatabaseFailure(String.valueOf(e.getMessage()), e.getCause());
    }
    try {
      var database = new EdgeDatabase(opened, failStop);
      database.commits.start();
      return database;
    } catch (SQLException e) {
      opened.abandon();
      throw new DatabaseFailure("The edge's database can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * @param bytes about how much it writes
   * @param forced is completed on the writing thread, after the force
   */
  public <T> void submit(int bytes, Work<T> work, CompletableFuture<T> forced) {
    commits.submit(bytes, work, forced);
  }

  /**
   * The same, awaited.
   *
   * @throws DatabaseFailure where it is not done
   */
  public <T> T call(Work<T> work) {
    var forced = new CompletableFuture<T>();
    submit(0, work, forced);
    try {
      return forced.join();
    } catch (CompletionException e) {
      throw new DatabaseFailure("the edge's database did not do it", e.getCause());
    }
  }

  public void tell(Witness witness) {
    commits.tell(witness);
  }

  /**
   * @throws DatabaseFailure where it can't be read
   */
  public <T> T read(Reading<T> reading) {
    try (var connection = database.connect()) {
      return reading.on(connection);
    } catch (SQLException e) {
      throw new DatabaseFailure("the edge's database can't be read: " + e.getMessage(), e);
    }
  }

  /** Lets go of the files as they lie there, as a crash of the process would. */
  public void abandon() {
    database.abandon();
    commits.close();
  }

  /** Commits what waits before. */
  @Override
  public void close() {
    commits.close();
    database.close();
  }
}
