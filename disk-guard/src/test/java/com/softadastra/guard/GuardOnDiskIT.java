package com.softadastra.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.guard.EmbeddedDatabase.Schema;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import org.flywaydb.core.Flyway;
import org.h2.api.ErrorCode;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.MVStore;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/** H2 on the guard on a real disk; prints what a durable commit costs there. */
class GuardOnDiskIT {

  private static final String OPTIONS =
      ";WRITE_DELAY=500;MAX_COMPACT_TIME=0;DB_CLOSE_ON_EXIT=FALSE";
  private static final int WARM_UP = 300;
  private static final int MEASURED = Integer.getInteger("guard.commits", 1_000);

  @TempDir Path directory;

  private final AtomicReference<Throwable> stopped = new AtomicReference<>();
  private final GuardSettings settings =
      GuardSettings.production().withFailStop((_, cause) -> stopped.set(cause));

  private Connection connect(String fileSystem) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:h2:" + fileSystem + directory.resolve("db") + OPTIONS, "sa", "");
  }

  @Test
  void keepsTablesAcrossCloseAndOpen() throws SQLException {
    GuardCounters counters = GuardFileSystem.register(settings).counters();
    try (Connection connection = connect("guard:");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(id INT PRIMARY KEY)");
      statement.execute("INSERT INTO t VALUES(1)");
      statement.execute("CHECKPOINT SYNC");
    }
    try (Connection connection = connect("guard:");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id FROM t")) {
      assertThat(rows.next()).isTrue();
    }
    assertThat(counters.replayedRecords()).isZero();
    try (Connection connection = connect("");
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT id FROM t")) {
      assertThat(rows.next()).as("the file is H2's own").isTrue();
    }
  }

  /** Over a link, since H2 opens what a path comes to. */
  @Test
  void bringsTablesUpToDateThatAreLargerThanWhatIsHeldInMemory() throws Exception {
    Path real = Files.createDirectory(directory.resolve("real"));
    Path link = Files.createSymbolicLink(directory.resolve("link"), real);
    String files = link.resolve("db").toString();
    GuardFileSystem guard = GuardFileSystem.register(settings.withPendingBytes(1 << 20));
    Flyway.configure()
        .dataSource("jdbc:h2:guard:" + files, "sa", "")
        .locations("classpath:db/large")
        .target("1")
        .load()
        .migrate();
    long journaled = guard.counters().journalBytes();
    long written = guard.counters().dataBytes();
    Schema schema = new Schema("db/large", 2, 4, 8 << 20);

    for (int life = 0; life < 2; life++) {
      try (EmbeddedDatabase database = EmbeddedDatabase.open(files, guard, schema);
          Connection connection = database.connect();
          Statement statement = connection.createStatement();
          ResultSet row =
              statement.executeQuery(
                  "select count(*), sum(added), sum(length(filling) / length(id)) from large")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getInt(1)).isEqualTo(150_000);
        assertThat(row.getInt(2)).isEqualTo(75_000 * 15);
        assertThat(row.getInt(3)).isEqualTo(150_000 * 40);
      }
    }
    assertThat(guard.counters().dataBytes() - written).isGreaterThan(32 << 20);
    assertThat(guard.counters().journalBytes() - journaled).isLessThan(4 << 20);
    assertThat(real.resolve("db.shadow")).doesNotExist();
    assertThat(stopped).hasNullValue();
  }

  @Test
  @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
  void aCheckpointWaitsForWhatH2IsWriting() throws SQLException {
    GuardCounters counters = GuardFileSystem.register(settings).counters();
    try (Connection connection = connect("guard:");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(id INT PRIMARY KEY, filling VARBINARY(64000000))");
      EmbeddedDatabase.checkpoint(connection);
      long before = counters.dataBytes();
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES(1, ?)")) {
        insert.setBytes(1, new byte[64_000_000]);
        insert.executeUpdate();
      }
      SessionLocal session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
      MVStore store = session.getDatabase().getStore().getMvStore();
      store.tryCommit();
      while (store.hasUnsavedChanges()) {
        Thread.onSpinWait();
      }
      EmbeddedDatabase.checkpoint(connection);
      assertThat(counters.dataBytes() - before).isGreaterThan(64_000_000);
    }
  }

  @Test
  void thereIsAsMuchRoomForPagesAfterTheyWereLetGoOf() throws SQLException {
    GuardFileSystem.register(settings);
    try (Connection connection = connect("guard:")) {
      SessionLocal session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
      MVStore store = session.getDatabase().getStore().getMvStore();
      int before = store.getCacheSize();
      EmbeddedDatabase.clearPages(connection);
      assertThat(store.getCacheSize()).isEqualTo(before).isGreaterThan(1);
    }
  }

  @Test
  void movesWithItsJournalsOnceClosed() throws IOException {
    GuardFileSystem.register(settings);
    FilePath from = FilePath.get("guard:" + directory.resolve("from.mv.db"));
    FilePath to = FilePath.get("guard:" + directory.resolve("to.mv.db"));
    FileChannel channel = from.open("rw");
    channel.write(ByteBuffer.wrap(new byte[4096]), 0);
    channel.force(true);
    assertThatThrownBy(() -> from.moveTo(to, true)).isInstanceOf(IllegalStateException.class);
    channel.close();
    from.moveTo(to, true);

    try (FileChannel moved = to.open("rw")) {
      assertThat(moved.size()).isEqualTo(4096);
    }
    assertThat(directory.resolve("from.journal.0")).doesNotExist();
    assertThat(directory.resolve("to.journal.0")).exists();
  }

  @Test
  void isLockedForOthers() throws SQLException, IOException {
    GuardFileSystem.register(settings);
    GuardFileSystem.register("guardtwo", settings);
    try (Connection _ = connect("guard:")) {
      assertThatThrownBy(() -> connect("guardtwo:"))
          .isInstanceOf(SQLException.class)
          .extracting(e -> ((SQLException) e).getErrorCode())
          .isEqualTo(ErrorCode.DATABASE_ALREADY_OPEN_1);
    }
  }

  @Test
  void takesAnInterruptForAFailure() throws IOException {
    GuardFileSystem.register(settings);
    FileChannel channel = FilePath.get("guard:" + directory.resolve("x.mv.db")).open("rw");
    channel.write(ByteBuffer.wrap(new byte[4096]), 0);
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);
    } finally {
      Thread.interrupted();
    }
    assertThat(stopped.get()).isInstanceOf(ClosedByInterruptException.class);
    assertThatThrownBy(() -> channel.force(true)).isInstanceOf(GuardFailedException.class);
  }

  @Test
  void forcesOnceForEachCheckpointSync() throws Exception {
    GuardCounters counters = GuardFileSystem.register(settings).counters();
    double raw = rawMicros();
    double plain = h2Micros("", null);
    Files.delete(directory.resolve("db.mv.db"));
    double guarded = h2Micros("guard:", counters);
    System.out.printf(
        "GuardOnDiskIT: p50 of a durable commit of one row, microseconds:"
            + " raw append and force %.0f, H2 alone %.0f, H2 under the guard %.0f%n",
        raw, plain, guarded);
  }

  private double rawMicros() throws IOException {
    long[] nanos = new long[MEASURED];
    byte[] row = new byte[4096];
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("raw"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      for (int i = 0; i < MEASURED; i++) {
        long start = System.nanoTime();
        channel.write(ByteBuffer.wrap(row));
        channel.force(false);
        nanos[i] = System.nanoTime() - start;
      }
    }
    return median(nanos);
  }

  private double h2Micros(String fileSystem, GuardCounters counters) throws SQLException {
    long[] nanos = new long[MEASURED];
    try (Connection connection = connect(fileSystem);
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE t(id BIGINT PRIMARY KEY, body VARBINARY(500))");
      connection.setAutoCommit(false);
      long forces = 0;
      long bytes = 0;
      long dataForces = 0;
      try (PreparedStatement insert = connection.prepareStatement("INSERT INTO t VALUES(?, ?)")) {
        for (int i = -WARM_UP; i < MEASURED; i++) {
          if (i == 0 && counters != null) {
            forces = counters.journalForces();
            bytes = counters.journalBytes();
            dataForces = counters.dataForces();
          }
          long start = System.nanoTime();
          insert.setLong(1, i);
          insert.setBytes(2, new byte[500]);
          insert.executeUpdate();
          connection.commit();
          statement.execute("CHECKPOINT SYNC");
          if (i >= 0) {
            nanos[i] = System.nanoTime() - start;
          }
        }
      }
      if (counters != null) {
        long extra = counters.turnovers();
        System.out.printf(
            "GuardOnDiskIT: %d commits, %d journal forces, %d data forces, %d turnovers,"
                + " %d journal bytes a commit%n",
            MEASURED,
            counters.journalForces() - forces,
            counters.dataForces() - dataForces,
            extra,
            (counters.journalBytes() - bytes) / MEASURED);
        assertThat(counters.journalForces() - forces)
            .as("one for each commit, one more for each turnover")
            .isBetween((long) MEASURED, MEASURED + extra + 5);
      }
    }
    return median(nanos);
  }

  private static double median(long[] nanos) {
    Arrays.sort(nanos);
    return nanos[nanos.length / 2] / 1_000.0;
  }
}
