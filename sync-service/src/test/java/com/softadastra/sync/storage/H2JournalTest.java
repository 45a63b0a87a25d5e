package com.softadastra.sync.storage;

import com.softadastra.contracts.SpaceId;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.Standing;
import com.softadastra.sync.guard.GuardSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;

/** The journal in H2 over the guard, on a disk in memory. */
class H2JournalTest extends JournalContract {
  private ModelDisk disk = ModelDisk.register("journal0");
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

  @Override
  void powerFails() {
    DiskImage left = disk.image();
    earlier.add(database);
    earlier.add(disk);
    database = null;
    disk = ModelDisk.register("journal" + ++lives, left.copy());
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
