package com.softadastra.sync.guard;

import com.softadastra.disk.CrashSubject;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Three tables of H2: one that only grows, one that is updated in place, and an outbox that is
 * filled at one end and emptied at the other.
 *
 * <p>A commit holds 1 to 32 rows of 500 bytes and ends with {@code CHECKPOINT SYNC}.
 */
final class PlainTables implements CrashSubject {

  /** No lazy queries: H2's background writer can drop chunks that such a one still reads. */
  private static final String OPTIONS =
      ";WRITE_DELAY=500;MAX_COMPACT_TIME=0;DB_CLOSE_ON_EXIT=FALSE";

  private static final int BODY_BYTES = 500;
  private static final int DOCUMENTS = 300;
  private static final int OUTBOX_ROWS = 40;

  private final long seed;

  PlainTables(long seed) {
    this.seed = seed;
  }

  /** What the tables hold. */
  private static final class Content {
    long entries;
    final long[] versions = new long[DOCUMENTS];
    long outboxFrom = 1;
    long outboxTo = 1;
  }

  /** The rows of one commit. */
  private interface Rows {
    void entry(long id) throws SQLException;

    void document(int id, long version) throws SQLException;

    void outbox(long deletedBelow) throws SQLException;
  }

  private static final Rows UNSEEN =
      new Rows() {
        @Override
        public void entry(long id) {}

        @Override
        public void document(int id, long version) {}

        @Override
        public void outbox(long deletedBelow) {}
      };

  private void commit(int number, Content content, Rows rows) throws SQLException {
    SplittableRandom random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    int count = 1 + random.nextInt(random.nextInt(5) == 0 ? 32 : 6);
    for (int i = 0; i < count; i++) {
      if (random.nextInt(3) > 0) {
        rows.entry(++content.entries);
      } else {
        int id = random.nextInt(DOCUMENTS);
        content.versions[id] = number * 64L + i;
        rows.document(id, content.versions[id]);
      }
    }
    content.outboxTo += count;
    content.outboxFrom = Math.max(content.outboxFrom, content.outboxTo - OUTBOX_ROWS);
    rows.outbox(content.outboxFrom);
  }

  /** 500 bytes that only this row in this version has. */
  private byte[] body(int table, long id, long version) {
    ByteBuffer bytes = ByteBuffer.allocate(BODY_BYTES + 4);
    SplittableRandom random =
        new SplittableRandom(seed ^ (table * 31L + id) * 0x9E3779B97F4A7C15L + version);
    while (bytes.remaining() >= Long.BYTES) {
      bytes.putLong(random.nextLong());
    }
    return Arrays.copyOf(bytes.array(), BODY_BYTES);
  }

  @Override
  public Session start(String files) throws SQLException {
    return new Running(DriverManager.getConnection("jdbc:h2:" + files + OPTIONS, "sa", ""));
  }

  /** Writes the rows. */
  private final class Running implements Session, Rows {

    private final Connection connection;
    private final Statement statement;
    private final PreparedStatement insertEntry;
    private final PreparedStatement mergeDocument;
    private final PreparedStatement insertOutbox;
    private final PreparedStatement deleteOutbox;
    private final Content content = new Content();
    private long outboxWritten = 1;

    Running(Connection connection) throws SQLException {
      this.connection = connection;
      statement = connection.createStatement();
      statement.execute("CREATE TABLE entry(id BIGINT PRIMARY KEY, body VARBINARY(500))");
      statement.execute(
          "CREATE TABLE document(id INT PRIMARY KEY, version BIGINT, body VARBINARY(500))");
      statement.execute("CREATE TABLE outbox(id BIGINT PRIMARY KEY, body VARBINARY(500))");
      connection.setAutoCommit(false);
      insertEntry = connection.prepareStatement("INSERT INTO entry VALUES(?, ?)");
      mergeDocument = connection.prepareStatement("MERGE INTO document VALUES(?, ?, ?)");
      insertOutbox = connection.prepareStatement("INSERT INTO outbox VALUES(?, ?)");
      deleteOutbox = connection.prepareStatement("DELETE FROM outbox WHERE id < ?");
    }

    @Override
    public void commit(int number) throws SQLException {
      PlainTables.this.commit(number, content, this);
      connection.commit();
      statement.execute("CHECKPOINT SYNC");
    }

    @Override
    public void entry(long id) throws SQLException {
      insertEntry.setLong(1, id);
      insertEntry.setBytes(2, body(1, id, 0));
      insertEntry.executeUpdate();
    }

    @Override
    public void document(int id, long version) throws SQLException {
      mergeDocument.setInt(1, id);
      mergeDocument.setLong(2, version);
      mergeDocument.setBytes(3, body(2, id, version));
      mergeDocument.executeUpdate();
    }

    @Override
    public void outbox(long deletedBelow) throws SQLException {
      while (outboxWritten < content.outboxTo) {
        insertOutbox.setLong(1, outboxWritten);
        insertOutbox.setBytes(2, body(3, outboxWritten, 0));
        insertOutbox.executeUpdate();
        outboxWritten++;
      }
      deleteOutbox.setLong(1, deletedBelow);
      deleteOutbox.executeUpdate();
    }

    @Override
    public void close() throws SQLException {
      connection.close();
    }
  }

  @Override
  public Optional<String> violation(String files, int acknowledged) {
    try (Connection connection =
            DriverManager.getConnection("jdbc:h2:" + files + OPTIONS, "sa", "");
        Statement statement = connection.createStatement()) {
      Content content = new Content();
      for (int number = 1; number <= acknowledged; number++) {
        commit(number, content, UNSEEN);
      }
      Optional<String> found = difference(statement, content);
      if (found.isPresent()) {
        commit(acknowledged + 1, content, UNSEEN);
        if (difference(statement, content).isEmpty()) {
          found = Optional.empty();
        }
      }
      statement.execute("SHUTDOWN IMMEDIATELY");
      return found;
    } catch (SQLException | RuntimeException e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return Optional.of("can't be opened or read: " + e.getMessage() + " / " + cause);
    }
  }

  private Optional<String> difference(Statement statement, Content content) throws SQLException {
    try (ResultSet rows = statement.executeQuery("SELECT id, body FROM entry ORDER BY id")) {
      Optional<String> found = sequence(rows, 1, 1, content.entries + 1);
      if (found.isPresent()) {
        return found;
      }
    }
    try (ResultSet rows = statement.executeQuery("SELECT id, body FROM outbox ORDER BY id")) {
      Optional<String> found = sequence(rows, 3, content.outboxFrom, content.outboxTo);
      if (found.isPresent()) {
        return found;
      }
    }
    long[] versions = new long[DOCUMENTS];
    try (ResultSet rows = statement.executeQuery("SELECT id, version, body FROM document")) {
      while (rows.next()) {
        int id = rows.getInt(1);
        versions[id] = rows.getLong(2);
        if (!Arrays.equals(rows.getBytes(3), body(2, id, versions[id]))) {
          return Optional.of("document " + id + " is garbled");
        }
      }
    }
    int differs = Arrays.mismatch(versions, content.versions);
    return differs < 0
        ? Optional.empty()
        : Optional.of(
            "document %d has version %d, not %d"
                .formatted(differs, versions[differs], content.versions[differs]));
  }

  private Optional<String> sequence(ResultSet rows, int table, long from, long upTo)
      throws SQLException {
    long id = from;
    while (rows.next()) {
      if (rows.getLong(1) != id || !Arrays.equals(rows.getBytes(2), body(table, id, 0))) {
        return Optional.of("table %d: row %d is missing or garbled".formatted(table, id));
      }
      id++;
    }
    return id == upTo
        ? Optional.empty()
        : Optional.of("table %d ends before %d, not %d".formatted(table, id, upTo));
  }
}
