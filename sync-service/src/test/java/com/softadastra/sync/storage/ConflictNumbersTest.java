package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.space.Write;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** Changes of conflicts are numbered from schema 6 on. */
class ConflictNumbersTest {
  private static final String DATABASE = "jdbc:h2:mem:numbers;DB_CLOSE_DELAY=-1";

  private static void migrateTo(String version) {
    Flyway.configure()
        .dataSource(DATABASE, "", "")
        .locations("classpath:db/migration")
        .target(version)
        .load()
        .migrate();
  }

  @Test
  void whatWasNoticedBeforeIsNumberedInItsOrder() throws SQLException {
    try (var connection = DriverManager.getConnection(DATABASE)) {
      migrateTo("5");
      insert(connection, RowChange.INSERT_UNNUMBERED_CONFLICT, 3, 1, 1_000);
      insert(connection, RowChange.INSERT_UNNUMBERED_CONFLICT, 1, 1, 2_000);
      insert(connection, RowChange.INSERT_UNNUMBERED_CONFLICT, 2, 2, 3_000);
      migrateTo("6");
      assertThat(number(connection, 3)).isEqualTo(1);
      assertThat(number(connection, 1)).isEqualTo(2);
      assertThat(number(connection, 2)).isEqualTo(1);

      // a log of commits may still hold changes of the form before
      insert(connection, RowChange.INSERT_UNNUMBERED_CONFLICT, 4, 1, 4_000);
      assertThat(number(connection, 4)).isZero();
      connection.createStatement().execute("shutdown");
    }
  }

  /** A restored database doesn't know the last numbers that the life before it gave out. */
  @Test
  void anotherLifeNumbersAboveTheOneBefore() throws SQLException {
    var space = new SpaceOfTwo(1, 0);
    var story = space.new Story(1);
    try (var _ = ModelDisk.register("numbers");
        var storage = story.open("numbers", "numbers:/db", SpaceOfTwo.stopped())) {
      story.createSpace(storage);
      assertThat(put(1, space, storage)).isEqualTo(1);
      assertThat(put(2, space, storage)).isEqualTo(2);

      var birth = new Batch(storage.journal, Instant.EPOCH);
      birth.node(new Journal.Node(storage.recording.incarnation(), 2, Birth.STRIDE));
      storage.journal.commit(birth);

      assertThat(put(1, space, storage)).isEqualTo(Birth.STRIDE + 1);
      assertThat(put(3, space, storage)).isEqualTo(Birth.STRIDE + 2);
    }
  }

  @Test
  void whatIsUndoneIsToldAgainWhereItWasNoticed() throws SQLException {
    var space = new SpaceOfTwo(1, 0);
    var story = space.new Story(1);
    try (var _ = ModelDisk.register("undone");
        var storage = story.open("undone", "undone:/db", SpaceOfTwo.stopped())) {
      story.createSpace(storage);
      assertThat(put(1, space, storage)).isEqualTo(1);
      assertThat(put(2, space, storage)).isEqualTo(2);
      var key = new DocumentKey(space.space(), "documents", "d1");
      var batch = new Batch(storage.journal, Instant.EPOCH);
      batch.add(
          List.of(
              new Write.UndoConflict(Hash.of(id(1)), key),
              new Write.UndoConflict(Hash.of(id(3)), key)));
      storage.journal.commit(batch);
      try (var connection = storage.database.connect();
          var select =
              connection
                  .createStatement()
                  .executeQuery("select change_no, open, sides from conflict order by id")) {
        assertThat(select.next()).isTrue();
        assertThat(select.getLong(1)).isEqualTo(3);
        assertThat(select.getBoolean(2)).isTrue();
        assertThat(Readers.hashes(select.getBytes(3))).containsExactly(Hash.ZERO);
        assertThat(select.next()).isTrue();
        assertThat(select.getLong(1)).isEqualTo(2);
        assertThat(select.next()).isFalse();
      }
    }
  }

  /** Writes a conflict. @return the number of that change */
  private static long put(int id, SpaceOfTwo space, SpaceOfTwo.Opened storage) throws SQLException {
    var batch = new Batch(storage.journal, Instant.EPOCH);
    batch.add(
        List.of(
            new Write.PutConflict(
                Hash.of(id(id)),
                new DocumentKey(space.space(), "documents", "d1"),
                true,
                null,
                List.of(Hash.ZERO),
                null,
                Instant.EPOCH)));
    storage.journal.commit(batch);
    try (var connection = storage.database.connect()) {
      return number(connection, id);
    }
  }

  private static void insert(
      Connection connection, RowChange change, int id, int space, long detectedAt)
      throws SQLException {
    try (var insert = connection.prepareStatement(change.sql())) {
      insert.setBytes(1, id(id));
      insert.setInt(2, space);
      insert.setInt(3, 1);
      insert.setString(4, "a");
      insert.setBoolean(5, true);
      insert.setBytes(6, null);
      insert.setBytes(7, new byte[] {1});
      insert.setBytes(8, null);
      insert.setLong(9, detectedAt);
      assertThat(insert.executeUpdate()).isEqualTo(1);
    }
  }

  private static long number(Connection connection, int id) throws SQLException {
    try (var select = connection.prepareStatement("select change_no from conflict where id = ?")) {
      select.setBytes(1, id(id));
      try (var row = select.executeQuery()) {
        assertThat(row.next()).isTrue();
        return row.getLong(1);
      }
    }
  }

  private static byte[] id(int number) {
    byte[] id = new byte[32];
    id[31] = (byte) number;
    return id;
  }
}
