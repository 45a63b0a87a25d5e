package com.softadastra.edge.database;

import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.h2.engine.Database;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.jspecify.annotations.Nullable;

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
  private final Damage damage;
  private final FailStop failStop;
  private final GroupCommits commits;
  private final Connection writing;
  private final Database h2;
  private final CountDownLatch closing = new CountDownLatch(1);

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

  /** Brings in order what was copied of a damaged database, where some of it is missing. */
  public interface Repair {
    void on(Connection connection) throws SQLException;
  }

  private EdgeDatabase(
      EmbeddedDatabase database, Damage damage, FailStop failStop, @Nullable Executor steps)
      throws SQLException {
    this.database = database;
    this.damage = damage;
    this.failStop = failStop;
    writing = database.connect();
    writing.setAutoCommit(false);
    commits = new GroupCommits(new Statements(writing), damage, failStop, steps);
    var session = (SessionLocal) writing.unwrap(JdbcConnection.class).getSession();
    h2 = session.getDatabase();
  }

  private void start() {
    commits.start();
    Thread.ofPlatform().daemon().name("edge-database-watch").start(this::watch);
  }

  private void writeAtCommitsAlone() throws SQLException {
    try (var connection = database.connect();
        var statement = connection.createStatement()) {
      statement.execute("set write_delay 0");
    }
  }

  /**
   * Where H2's own thread fails, H2 closes its store, and whoever asks it for something may turn in
   * a loop for ever.
   */
  private void watch() {
    var store = h2.getStore().getMvStore();
    try {
      while (!closing.await(1, TimeUnit.SECONDS)) {
        if (store.isClosed() && closing.getCount() > 0) {
          failStop.stop("the edge's database", damage.failure("H2 has closed it", null));
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Opens the database, or makes it. Where it was found damaged before, what can be read of it is
   * copied first.
   *
   * @param files its path without its ending, with a file system before it in tests
   * @throws DatabaseFailure with a sentence for an operator
   */
  public static EdgeDatabase open(
      String files, GuardFileSystem guard, FailStop failStop, Repair repair) {
    return open(files, guard, failStop, repair, null);
  }

  /**
   * The same without a thread: changes are made in steps, and nothing is written between them.
   *
   * @param steps runs each, later and one after the other
   */
  public static EdgeDatabase openInSteps(
      String files, GuardFileSystem guard, FailStop failStop, Repair repair, Executor steps) {
    return open(files, guard, failStop, repair, steps);
  }

  private static EdgeDatabase open(
      String files,
      GuardFileSystem guard,
      FailStop failStop,
      Repair repair,
      @Nullable Executor steps) {
    var damage = new Damage(files, guard);
    EmbeddedDatabase opened;
    try {
      var salvage = new Salvage(files, guard, damage, repair);
      salvage.finish();
      if (damage.isNoted()) {
        salvage.copy();
        damage.forget();
      }
      opened = EmbeddedDatabase.open(files, guard, SCHEMA);
    } catch (DatabaseRefusedException e) {
      throw damage.failure(String.valueOf(e.getMessage()), e.getCause());
    } catch (IOException e) {
      throw new DatabaseFailure(
          "The files of " + files + " can't be changed: " + e.getMessage(), e);
    }
    try {
      var database = new EdgeDatabase(opened, damage, failStop, steps);
      if (steps == null) {
        database.start();
      } else {
        database.writeAtCommitsAlone();
      }
      return database;
    } catch (SQLException | RuntimeException e) {
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
    commits.isAwaited();
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
      throw damage.failure("the edge's database can't be read: " + e.getMessage(), e);
    }
  }

  /** Reads that failed since the start because a block isn't what was written there. */
  public long damagedReads() {
    return damage.reads();
  }

  /** Lets go of the files as they lie there, as a crash of the process would. */
  public void abandon() {
    closing.countDown();
    h2.shutdownImmediately();
    database.abandon();
    commits.close();
  }

  /** H2 would know of it, and of all that is behind it, for ever. */
  private void closeWriting() {
    try {
      writing.close();
    } catch (SQLException _) {
      // the database is closed, or about to be
    }
  }

  /** Commits what waits before. */
  @Override
  public void close() {
    closing.countDown();
    commits.isAwaited();
    commits.close();
    closeWriting();
    database.close();
  }
}
