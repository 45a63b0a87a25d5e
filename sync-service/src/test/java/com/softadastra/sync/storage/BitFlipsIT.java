package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.sync.storage.SpaceOfTwo.Opened;
import com.softadastra.sync.storage.SpaceOfTwo.Story;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A database that lies there closed, or as a process that was killed left it, is damaged; then it
 * is opened and all of it is read, of every table. What is read is right, or an error says that it
 * isn't. Where a single bit has turned, of the database or of its checksums, all of it is read.
 *
 * <p>{@code -Dbitflips.flips=} sets how many databases are opened, {@code -Dbitflips.seed=}
 * replays.
 */
class BitFlipsIT {
  private static final int INTENTS = 240;
  private static final int GROUP = 20;
  private static final int RECEIVED = 60;
  private static final int WORKERS = 2;
  private static final String DATA = "/db.mv.db";
  private static final String SUMS = "/db.sums";
  private static final int SECTOR = 512;
  private static final int BLOCK = 4096;

  private final long seed = Long.getLong("bitflips.seed", System.nanoTime());
  private final SpaceOfTwo space = new SpaceOfTwo(seed, RECEIVED);
  private final Story story = space.new Story(seed);

  /** What is damaged. */
  private enum Damage {
    BIT,
    BIT_OF_SUMS,
    /** 512 bytes become others. */
    SECTOR;

    static Damage of(int flip) {
      return flip % 8 < 4 ? BIT : flip % 8 == 4 ? BIT_OF_SUMS : SECTOR;
    }
  }

  /** What came of it. */
  private enum Outcome {
    HARMLESS,
    /** The database does not open, in a sentence. */
    REFUSED,
    /**
     * An older state, which a start takes for a restored one: the incarnation's file knows more.
     */
    OLDER,
    /** An error of a type made for it, when what is damaged is read. */
    DETECTED,
    /** Another error. */
    FAILED,
    /** Something else than was there. */
    WRONG
  }

  @Test
  void aWrongByteIsNeverServed() throws Exception {
    int flips = Integer.getInteger("bitflips.flips", 2_000);
    System.out.println("BitFlipsIT: -Dbitflips.seed=" + seed);
    var closed = closed();
    var killed = killed(closed);
    var expected = expected(closed);
    var expectedOfKilled = expected(killed);

    var outcomes = new ConcurrentSkipListMap<Damage, Map<Outcome, Integer>>();
    for (var damage : Damage.values()) {
      outcomes.put(damage, new ConcurrentSkipListMap<>());
    }
    var details = new ConcurrentSkipListMap<String, Integer>();
    long bytes = closed.bytes(DATA).length;
    long bytesOfKilled = killed.bytes(DATA).length;
    var campaign = new Campaign();
    var next = new AtomicInteger();
    try (var workers = Executors.newFixedThreadPool(WORKERS)) {
      var work = new ArrayList<Future<?>>();
      for (int worker = 0; worker < WORKERS; worker++) {
        work.add(
            workers.submit(() -> {
              for (int i = next.getAndIncrement();
                  i < flips || campaign.goesOn();
                  i = next.getAndIncrement()) {
                var found = new ArrayList<String>();
                var damage = Damage.of(i);
                boolean kills = i / 8 % 2 == 1;
                var image = damaged(kills ? killed : closed, damage, new Random(seed + i));
                var outcome =
                    opened(
                        "flip-" + i,
                        image,
                        kills ? expectedOfKilled : expected,
                        found,
                        INTENTS + RECEIVED + (kills ? INTENTS : 0));
                outcomes.get(damage).merge(outcome, 1, Integer::sum);
                found.forEach(
                    each -> details.merge(damage + " " + outcome + ", " + each, 1, Integer::sum));
              }
            }));
      }
      for (var each : work) {
        each.get();
      }
    }
    Campaign.note(
        "BitFlipsIT",
        "seed %d, damage in files of %,d and %,d bytes: %s"
            .formatted(seed, bytes, bytesOfKilled, outcomes));
    details.forEach(
        (detail, count) -> System.out.println("BitFlipsIT: " + count + " times " + detail));

    assertThat(outcomes.get(Damage.BIT)).containsOnlyKeys(Outcome.HARMLESS);
    assertThat(outcomes.get(Damage.BIT_OF_SUMS)).containsOnlyKeys(Outcome.HARMLESS);
    assertThat(outcomes.get(Damage.SECTOR))
        .doesNotContainKey(Outcome.WRONG)
        .containsKey(Outcome.DETECTED);
  }

  /** Each block is of use to something else: some only tell whether it is the right file. */
  @Test
  void aTurnedBitOfAnyBlockKeepsNoStartAfterAKill() {
    var killed = killed(closed());
    var expected = expected(killed);
    int blocks = killed.bytes(DATA).length / BLOCK;
    for (int block = 0; block < blocks; block++) {
      long bit = 8L * BLOCK * block + new Random(seed + block).nextInt(8 * BLOCK);
      var found = new ArrayList<String>();
      var outcome =
          opened(
              "block-" + block,
              killed.flippedBit(DATA, bit),
              expected,
              found,
              INTENTS + RECEIVED + INTENTS);
      assertThat(outcome).as("bit %d: %s", bit, found).isEqualTo(Outcome.HARMLESS);
    }
  }

  private Map<String, String> expected(DiskImage image) {
    try (var _ = ModelDisk.register("flips", image.copy());
        var storage = story.open("flips", "flips:/db", SpaceOfTwo.stopped())) {
      var expected = all(storage);
      assertThat(expected.values()).noneMatch(each -> each.startsWith("error"));
      return expected;
    }
  }

  private static DiskImage damaged(DiskImage closed, Damage damage, Random random) {
    return switch (damage) {
      case BIT -> closed.flippedBit(DATA, random.nextLong(8L * closed.bytes(DATA).length));
      case BIT_OF_SUMS -> closed.flippedBit(SUMS, random.nextLong(8L * closed.bytes(SUMS).length));
      case SECTOR -> {
        var sector = new byte[SECTOR];
        random.nextBytes(sector);
        yield closed.written(
            DATA, random.nextLong(closed.bytes(DATA).length / SECTOR) * SECTOR, sector);
      }
    };
  }

  private DiskImage closed() {
    try (var disk = ModelDisk.register("closed")) {
      for (int life = 0; life < 3; life++) {
        try (var storage = story.open("closed", "closed:/db", SpaceOfTwo.stopped())) {
          if (life == 0) {
            story.createSpace(storage);
          }
          int intents = INTENTS / 3;
          for (int i = 0; i < intents; i += GROUP) {
            story.record(storage, life * intents + i, GROUP);
          }
          story.receive(storage, life * RECEIVED / 3, (life + 1) * RECEIVED / 3);
        }
      }
      return disk.image();
    }
  }

  /** The same database after more was recorded, as a process leaves it that is killed. */
  private DiskImage killed(DiskImage closed) {
    try (var disk = ModelDisk.register("killed", closed.copy())) {
      var storage = story.open("killed", "killed:/db", SpaceOfTwo.stopped());
      for (int i = 0; i < INTENTS; i += GROUP) {
        story.record(storage, INTENTS + i, GROUP);
        storage.journal.force();
      }
      var image = disk.image();
      storage.journal.close();
      storage.database.abandon();
      return image;
    }
  }

  private Outcome opened(
      String disk, DiskImage image, Map<String, String> expected, List<String> found, int last) {
    try (var _ = ModelDisk.register(disk, image)) {
      Opened storage;
      try {
        storage = story.open(disk, disk + ":/db", (_, _) -> {});
      } catch (StorageException | DamagedRow e) {
        found.add("at the start");
        SpaceOfTwo.shutDown("guard:" + disk + ":/db");
        return Outcome.REFUSED;
      } catch (RuntimeException e) {
        found.add("at the start: " + e.getClass().getSimpleName());
        SpaceOfTwo.shutDown("guard:" + disk + ":/db");
        return Outcome.FAILED;
      }
      try {
        if (storage.recording.found().lastPosition() < last) {
          return Outcome.OLDER;
        }
        return compared(all(storage), expected, found);
      } finally {
        SpaceOfTwo.quietly(storage::close);
        SpaceOfTwo.shutDown("guard:" + disk + ":/db");
      }
    }
  }

  private static Outcome compared(
      Map<String, String> read, Map<String, String> expected, List<String> found) {
    var outcome = Outcome.HARMLESS;
    for (var part : expected.entrySet()) {
      var answer = read.get(part.getKey());
      if (!part.getValue().equals(answer)) {
        found.add(part.getKey() + (answer.startsWith("error") ? " " + answer : ""));
        var each =
            !answer.startsWith("error")
                ? Outcome.WRONG
                : answer.contains("DamagedRow")
                        || answer.contains("StorageException")
                        || answer.contains("damaged block")
                    ? Outcome.DETECTED
                    : Outcome.FAILED;
        outcome = each.compareTo(outcome) > 0 ? each : outcome;
      }
    }
    return outcome;
  }

  private interface Reading {
    Object read() throws Exception;
  }

  /** Everything that is kept, part by part, each as its readers get it. */
  private Map<String, String> all(Opened storage) {
    var parts = new LinkedHashMap<String, String>();
    part(
        parts,
        "log",
        () ->
            storage.journal.from(0, Integer.MAX_VALUE).stream()
                .map(each -> each.position() + each.hash().toString() + each.standing())
                .toList());
    part(
        parts,
        "log by position",
        () -> {
          var hashes = new ArrayList<Object>();
          for (long position = 1; position <= INTENTS + RECEIVED; position++) {
            hashes.add(storage.journal.entry(position).hash());
          }
          return hashes;
        });
    part(
        parts,
        "log by sequence",
        () -> {
          var hashes = new ArrayList<Object>();
          for (var chain :
              storage.recording.view(space.space()).orElseThrow().chains().entrySet()) {
            for (long sequence = 1; sequence <= chain.getValue().sequence(); sequence += 29) {
              hashes.add(
                  storage
                      .journal
                      .find(space.space(), chain.getKey(), sequence)
                      .map(each -> each.hash()));
            }
          }
          return hashes.stream().map(Object::toString).sorted().toList();
        });
    part(
        parts,
        "table chain, as the start takes it",
        () ->
            new TreeMap<>(
                storage.recording.view(space.space()).orElseThrow().chains().entrySet().stream()
                    .collect(java.util.stream.Collectors.toMap(Object::toString, each -> 1))));
    part(parts, "documents", () -> space.looks(storage.journal));
    part(
        parts,
        "documents in order",
        () ->
            storage
                .journal
                .readers()
                .read(reader -> {
                  var looks = new ArrayList<String>();
                  try (var select = reader.connection().createStatement();
                      var row =
                          select.executeQuery(
                              "select id, live, state, crc from document order by collection_no, id")) {
                    while (row.next()) {
                      var key = new DocumentKey(space.space(), "documents", row.getString(1));
                      looks.add(
                          SpaceOfTwo.look(
                              reader.state(
                                  key, row.getBoolean(2), row.getBytes(3), row.getInt(4))));
                    }
                  }
                  return looks;
                }));
    part(parts, "table intent, as it leads to the log", () -> story.positionsIn(storage));
    part(
        parts,
        "table membership_record, as the start takes it",
        () ->
            storage.recording.view(space.space()).orElseThrow().membership().records().stream()
                .map(each -> each.hash())
                .toList());
    table(parts, storage, "conflict", "select * from conflict order by id");
    table(parts, storage, "outbox", "select * from outbox order by position");
    table(
        parts,
        storage,
        "wal_mark",
        "select * from wal_mark order by space_no, replica_no, sequence");
    table(parts, storage, "intent", "select * from intent order by slot");
    table(
        parts,
        storage,
        "names",
        "select space.name, collection.name from space join collection using (space_no)");
    table(parts, storage, "replica", "select * from replica order by replica_no");
    return parts;
  }

  private static void part(Map<String, String> parts, String name, Reading reading) {
    try {
      parts.put(name, reading.read().toString());
    } catch (Exception e) {
      var said = new java.io.StringWriter();
      e.printStackTrace(new java.io.PrintWriter(said));
      boolean block = said.toString().contains("are damaged: they are not what was written there");
      parts.put(name, "error " + e.getClass().getSimpleName() + (block ? ", damaged block" : ""));
    }
  }

  private static void table(Map<String, String> parts, Opened storage, String name, String query) {
    part(
        parts,
        "table " + name,
        () -> {
          var rows = new StringBuilder();
          try (var connection = storage.database.connect();
              var select = connection.createStatement();
              var row = select.executeQuery(query)) {
            int columns = row.getMetaData().getColumnCount();
            while (row.next()) {
              for (int i = 1; i <= columns; i++) {
                var value = row.getObject(i);
                rows.append(
                        value instanceof byte[] bytes
                            ? java.util.HexFormat.of().formatHex(bytes)
                            : value)
                    .append('|');
              }
              rows.append('\n');
            }
          }
          return rows;
        });
  }
}
