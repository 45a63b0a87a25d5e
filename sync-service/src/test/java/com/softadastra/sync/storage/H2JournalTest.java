package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.disk.CrashSite;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.Standing;
import com.softadastra.guard.GuardSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The journal in H2 over the guard, on a disk in memory. */
class H2JournalTest extends JournalContract {
  private ModelDisk disk = recording(ModelDisk.register("journal0"));
  private int lives;
  private Database database;
  private final List<AutoCloseable> earlier = new ArrayList<>();

  @Override
  Journal open() {
    if (database != null) {
      database.close();
    }
    return opened();
  }

  private Journal opened() {
    var settings =
        GuardSettings.production()
            .withFailStop((file, cause) -> {
              throw new IllegalStateException(file, cause);
            });
    database = Database.open("journal" + lives + ":/db", settings);
    return H2Journal.open(database);
  }

  private static ModelDisk recording(ModelDisk disk) {
    disk.beginRecording();
    return disk;
  }

  @Override
  void powerFails() {
    var site = disk.crashSite();
    site.advanceTo(disk.position());
    var left = site.image(CrashSite.Kind.DROPPED, new Random(0));
    earlier.add(database);
    earlier.add(disk);
    database = null;
    disk = recording(ModelDisk.register("journal" + ++lives, left));
  }

  @Override
  List<Long> outbox(Journal journal, SpaceId space) throws Exception {
    var found = new ArrayList<Long>();
    try (var connection = database.connect();
        var select = connection.createStatement();
        var row = select.executeQuery("select sequence from outbox order by position")) {
      while (row.next()) {
        found.add(row.getLong(1));
      }
    }
    return found;
  }

  @Override
  Map<Long, Standing> deadLetters(Journal journal) throws Exception {
    var found = new HashMap<Long, Standing>();
    try (var connection = database.connect();
        var select = connection.createStatement();
        var row = select.executeQuery("select position, standing from dead_letter")) {
      while (row.next()) {
        found.put(row.getLong(1), Standing.values()[row.getInt(2)]);
      }
    }
    return found;
  }

  private int update(String sql) throws Exception {
    try (var connection = database.connect();
        var statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  @Test
  void aStatementThatCantBeReadIsLeftOutUntilItsMemberMakesAnother() throws Exception {
    var by = new Replica(OTHER.nodeId(), LIFE);
    note(new Statement(space, by, 1, 1, Map.of()));
    assertThat(update("update statement set statement = X'8701'")).isEqualTo(1);
    restart(new Birth(LIFE, 0));
    assertThat(recording.ledger().by(space, OTHER.nodeId())).isEmpty();
    var later = new Statement(space, by, 2, 2, Map.of());
    note(later);
    restart(new Birth(LIFE, 0));
    assertThat(recording.ledger().by(space, OTHER.nodeId()))
        .hasValueSatisfying(known -> assertThat(known.statement()).isEqualTo(later));
  }

  private void note(Statement statement) {
    recording.note(new Ledger.Known(statement, statement.sign(OTHER).signature(), null));
    recording.recordNext();
  }

  @Test
  void whatAChainHasNotIsNotLookedForInAllThatFollows() throws Exception {
    for (int n = 1; n <= 3; n++) {
      put(null, "a", "{\"n\":" + n + "}");
    }
    receive(List.of(byTheOther("theirs")));
    var self = recording.view(space).orElseThrow().self();
    administer(recording::finish);
    restart(new Birth(LIFE, 0));
    // so that whoever comes past it finds it damaged
    assertThat(
            update(
                "update wal set sequence = 9, replica_no = (select replica_no from wal where position = 1)"
                    + " where position = 4"))
        .isEqualTo(1);

    assertThat(journal.find(space, self, 4)).isEmpty();
    assertThat(journal.run(space, self, 2)).hasSize(2);
    assertThat(journal.intents(space, IntentIds.generate(self, 9, new byte[5]))).isEmpty();
    var fourth = put(null, "a", "{}");
    assertThat(journal.find(space, self, 4))
        .hasValueSatisfying(found -> assertThat(found.hash()).isEqualTo(fourth.hash()));
    assertThat(journal.run(space, self, 1)).hasSize(4);
  }

  @AfterEach
  @Override
  void end() throws Exception {
    super.end();
    database.close();
    disk.close();
    for (var each : earlier) {
      each.close();
    }
  }
}
