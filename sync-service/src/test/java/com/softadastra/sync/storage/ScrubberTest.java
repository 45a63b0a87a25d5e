package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.disk.ModelDisk;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** A scrubber that is moved by hand. */
class ScrubberTest {
  private static final int INTENTS = 250;

  private final SpaceOfTwo space = new SpaceOfTwo(1, 10);
  private final SpaceOfTwo.Story story = space.new Story(1);

  private static void change(SpaceOfTwo.Opened storage, String sql) throws SQLException {
    try (var connection = storage.database.connect();
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  private static void pass(Scrubber scrubber) {
    long passes = scrubber.report().passes();
    while (scrubber.report().passes() == passes) {
      scrubber.step();
    }
  }

  @Test
  void tellsWhichRowsAreDamagedForAsLongAsTheyAre() throws SQLException {
    try (var _ = ModelDisk.register("scrub");
        var storage = story.open("scrub", "scrub:/db", SpaceOfTwo.stopped());
        var schedule = new ThreadSchedule();
        var scrubber = new Scrubber(storage.journal.readers(), schedule)) {
      story.createSpace(storage);
      for (int i = 0; i < INTENTS; i += 50) {
        story.record(storage, i, 50);
      }
      story.receive(storage, 0, 10);
      pass(scrubber);
      assertThat(scrubber.report().damaged()).isEmpty();
      assertThat(scrubber.report().rows()).isGreaterThan(2 * INTENTS);

      change(storage, "update wal set recorded_at = recorded_at + 1 where position = 217");
      change(storage, "update document set live = not live where id = 'd3'");
      pass(scrubber);
      assertThat(scrubber.report().damaged())
          .containsExactly("damaged row: wal 217", "damaged row: document d3");

      change(storage, "update wal set recorded_at = recorded_at - 1 where position = 217");
      pass(scrubber);
      assertThat(scrubber.report().damaged()).containsExactly("damaged row: document d3");
    }
  }
}
