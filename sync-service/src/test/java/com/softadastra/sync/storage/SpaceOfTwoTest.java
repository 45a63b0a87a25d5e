package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the tests of power failures and of errors ask of a storage sees each sort of loss. */
class SpaceOfTwoTest {
  private final SpaceOfTwo space = new SpaceOfTwo(1, 10);
  private final SpaceOfTwo.Story story = space.new Story(1);
  private DiskImage closed;

  @BeforeEach
  void record() throws Exception {
    try (var disk = ModelDisk.register("two")) {
      try (var storage = story.open("two", "two:/db", SpaceOfTwo.stopped())) {
        story.createSpace(storage);
        story.record(storage, 0, 20);
        story.receive(storage, 0, 10);
        story.hear(storage, 5);
        change(storage, "create table earlier as select * from document where live");
        change(storage, "create table said as select * from statement");
        story.record(storage, 20, 10);
        story.hear(storage, 15);
      }
      closed = disk.image();
    }
  }

  private static int change(SpaceOfTwo.Opened storage, String sql) throws Exception {
    try (var connection = storage.database.connect();
        var statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private Optional<String> violationAfter(String sql) throws Exception {
    try (var _ = ModelDisk.register("planted", closed.copy())) {
      try (var storage = story.open("planted", "planted:/db", SpaceOfTwo.stopped())) {
        assertThat(change(storage, sql)).isPositive();
      }
      return story.violation("planted", "planted:/db");
    }
  }

  @Test
  void whatIsWholeHasNoViolation() throws Exception {
    assertThat(violationAfter("update node set opened = opened + 1")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          delete from document where id = 'd3' | document d3
          merge into document using earlier on document.document_no = earlier.document_no \
              when matched then update set state = earlier.state, crc = earlier.crc | document d
          delete from outbox where sequence = 20 | is not owed
          delete from outbox | is not owed
          delete from intent | does not lead to its entry
          update intent set position = position + 1 | damaged row: intent
          delete from conflict where open | the conflicts
          update conflict set open = not open | the conflicts
          delete from statement | forgotten
          update statement set (statement, signature) = \
              (select statement, signature from said) | forgotten
          delete from wal where position = (select max(position) from wal) | nothing at position
          """)
  void aLossIsSeen(String sql, String found) throws Exception {
    assertThat(violationAfter(sql)).hasValueSatisfying(said -> assertThat(said).contains(found));
  }
}
