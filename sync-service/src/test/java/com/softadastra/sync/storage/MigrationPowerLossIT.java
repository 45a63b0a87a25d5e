package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.disk.PowerCuts;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.EmbeddedDatabase.Schema;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.sql.DriverManager;
import java.util.Map;
import java.util.Random;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;

/**
 * The power fails anywhere while tables of an older schema are brought up to date, also between two
 * statements of one migration; the next start begins it again, and every acknowledged entry is
 * there, those too that only the redo log had.
 *
 * <p>{@code -Dpowerloss.seed=} replays.
 */
class MigrationPowerLossIT {
  private static final int COMMITS = 60;
  private static final int MOMENTS = 24;

  /** Each statement of a migration is forced. */
  private static final Schema FORCING = new Schema("db", 10, 4, 4 << 20);

  /** What undoes the migrations after the fifth. */
  static final String OLDER =
      """
      drop table custody;
      drop table relay_duty;
      create index conflict_of_space on conflict (space_no, open);
      drop index conflict_of_state;
      alter table space drop column clocks_followed;
      comment on column document.state is '';
      drop index conflict_change;
      alter table conflict drop column change_no;
      delete from "flyway_schema_history" where cast("version" as int) > 5;
      """;

  private final long seed = Long.getLong("powerloss.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final RecordedIntents intents = new RecordedIntents(seed, true, 1 << 16, COMMITS);

  /** All that H2 writes goes to the disk at once. */
  private static GuardFileSystem guard() {
    return GuardFileSystem.register(
        GuardSettings.production()
            .withJournalBytes(1 << 16)
            .withPendingBytes(1)
            .withFailStop((file, cause) -> {
              throw new IllegalStateException(file + " stopped", cause);
            }));
  }

  /** What software of the fifth schema left when it was killed, with entries. */
  private DiskImage older() throws Exception {
    DiskImage killed;
    try (var disk = ModelDisk.register(new DiskImage(Map.of()));
        var session = intents.start(disk.scheme() + ":/db")) {
      for (int commit = 1; commit <= COMMITS; commit++) {
        session.commit(commit);
      }
      killed = disk.image();
    }
    try (var disk = ModelDisk.register(killed)) {
      var url = "jdbc:h2:" + guard().getScheme() + ":" + disk.scheme() + ":/db";
      try (var connection = DriverManager.getConnection(url, "sa", "");
          var statement = connection.createStatement()) {
        statement.execute(OLDER);
        statement.execute("shutdown");
      }
      return disk.image();
    }
  }

  private static ModelDisk migrated(DiskImage before) {
    var disk = ModelDisk.register(before.copy());
    disk.beginRecording();
    EmbeddedDatabase.open(disk.scheme() + ":/db", guard(), FORCING).close();
    return disk;
  }

  private void requireAll(DiskImage image, String where) {
    try (var disk = ModelDisk.register(image.copy())) {
      assertThat(intents.violation(disk.scheme() + ":/db", COMMITS)).as(where).isEmpty();
    }
  }

  @Test
  void allEntriesAreThereAfterAnyOfThem() throws Exception {
    System.out.println("MigrationPowerLossIT: -Dpowerloss.seed=" + seed);
    int images;
    try (var disk = migrated(older())) {
      images =
          PowerCuts.forEach(
              disk,
              MOMENTS,
              random,
              (image, where) -> {
                requireAll(image, where);
                if (random.nextInt(15) == 0) {
                  try (var again = migrated(image)) {
                    PowerCuts.forEach(
                        again, 8, random, (left, at) -> requireAll(left, where + ", then " + at));
                  }
                }
              });
    } finally {
      FilePath.unregister(guard());
    }

    assertThat(images).isGreaterThan(40);
  }
}
