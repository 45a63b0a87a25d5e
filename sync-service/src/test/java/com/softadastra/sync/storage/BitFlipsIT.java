package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.sync.storage.SpaceOfTwo.Opened;
import com.softadastra.sync.storage.SpaceOfTwo.Story;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * One bit of a database that lies there closed turns into the other; then it is opened and all of
 * it is read. What is read is right, or an error says that it isn't.
 *
 * <p>{@code -Dbitflips.flips=} sets how many databases are opened, {@code -Dbitflips.seed=} replays.
 */
class BitFlipsIT {
  private static final int INTENTS = 240;
  private static final int RECEIVED = 60;
  private static final String DATA = "/db.mv.db";

  private final long seed = Long.getLong("bitflips.seed", System.nanoTime());
  private final SpaceOfTwo space = new SpaceOfTwo(seed, RECEIVED);
  private final Story story = space.new Story(seed);

  /** What came of a flip. */
  private enum Outcome {
    HARMLESS,
    /** The database does not open, in a sentence. */
    REFUSED,
    /** An error of a type made for it, when what is damaged is read. */
    DETECTED,
    /** Another error. */
    FAILED,
    /** The database opens as it was some commits earlier. */
    OLDER,
    /** Something else than was there. */
    WRONG
  }

  @Test
  void aWrongByteIsNeverServed() throws Exception {
    int flips = Integer.getInteger("bitflips.flips", 2_000);
    System.out.println("BitFlipsIT: -Dbitflips.seed=" + seed);
    var closed = closed();
    Map<String, String> expected;
    try (var _ = ModelDisk.register("flips", closed.copy());
        var storage = story.open("flips", "flips:/db", SpaceOfTwo.stopped())) {
      expected = all(storage);
    }
    assertThat(expected.values()).noneMatch(each -> each.startsWith("error"));

    var outcomes = Collections.synchronizedMap(new TreeMap<Outcome, Integer>());
    var samples = Collections.synchronizedMap(new TreeMap<String, Integer>());
    var next = new AtomicInteger();
    try (var workers = Executors.newFixedThreadPool(2)) {
      for (int worker = 0; worker < 2; worker++) {
        workers.submit(() -> {
          for (int i = next.getAndIncrement(); i < flips; i = next.getAndIncrement()) {
            var random = new Random(seed + i);
            long bits = 8L * closed.bytes(DATA).length;
            long bit = random.nextLong(bits);
            var found = new ArrayList<String>();
            var outcome = opened("flip-" + i, closed.flippedBit(DATA, bit), expected, found);
            outcomes.merge(outcome, 1, Integer::sum);
            found.forEach(each -> samples.merge(outcome + ": " + each, 1, Integer::sum));
          }
        });
      }
    }
    System.out.println("BitFlipsIT: " + outcomes + " of a file of " + closed.bytes(DATA).length);
    samples.forEach((sample, count) -> System.out.println("BitFlipsIT: " + count + " x " + sample));
    assertThat(outcomes).doesNotContainKeys(Outcome.WRONG, Outcome.OLDER);
  }

  private DiskImage closed() {
    try (var disk = ModelDisk.register("closed")) {
      for (int life = 0; life < 3; life++) {
        try (var storage = story.open("closed", "closed:/db", SpaceOfTwo.stopped())) {
          if (life == 0) {
            story.createSpace(storage);
          }
          int intents = INTENTS / 3;
          for (int i = 0; i < intents; i += 4) {
            story.record(storage, life * intents + i, 4);
          }
          story.receive(storage, life * RECEIVED / 3, (life + 1) * RECEIVED / 3);
        }
      }
      return disk.image();
    }
  }

  private Outcome opened(
      String disk, DiskImage image, Map<String, String> expected, List<String> found) {
    try (var _ = ModelDisk.register(disk, image)) {
      Opened storage;
      try {
        storage = story.open(disk, disk + ":/db", (_, _) -> {});
      } catch (StorageException | DamagedRow e) {
        found.add("at the start");
        return Outcome.REFUSED;
      } catch (RuntimeException e) {
        found.add("at the start: " + e.getClass().getSimpleName());
        return Outcome.FAILED;
      }
      try {
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
                : answer.contains("DamagedRow") || answer.contains("StorageException")
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
    part(parts, "log", () -> storage.journal.from(0, Integer.MAX_VALUE).stream()
        .map(each -> each.position() + each.hash().toString() + each.standing()).toList());
    part(parts, "log by position", () -> {
      var hashes = new ArrayList<Object>();
      for (long position = 1; position <= INTENTS + RECEIVED; position++) {
        hashes.add(storage.journal.entry(position).hash());
      }
      return hashes;
    });
    part(parts, "log by sequence", () -> {
      var hashes = new ArrayList<Object>();
      for (var chain : storage.recording.view(space.space()).orElseThrow().chains().entrySet()) {
        for (long sequence = 1; sequence <= chain.getValue().sequence(); sequence++) {
          hashes.add(storage.journal.find(space.space(), chain.getKey(), sequence).map(each -> each.hash()));
        }
      }
      return hashes.stream().map(Object::toString).sorted().toList();
    });
    part(parts, "chains", () -> new TreeMap<>(
        storage.recording.view(space.space()).orElseThrow().chains().entrySet().stream()
            .collect(java.util.stream.Collectors.toMap(Object::toString, each -> 1))));
    part(parts, "documents", () -> space.looks(storage.journal));
    part(parts, "intents", () -> story.positionsIn(storage));
    part(parts, "membership", () -> storage.recording.view(space.space()).orElseThrow().membership()
        .records().stream().map(each -> each.hash()).toList());
    table(parts, storage, "document", "select id, live, state, crc from document order by collection_no, id");
    table(parts, storage, "conflict", "select * from conflict order by id");
    table(parts, storage, "outbox", "select * from outbox order by position");
    table(parts, storage, "wal_mark", "select * from wal_mark order by space_no, replica_no, sequence");
    table(parts, storage, "intent", "select * from intent order by slot");
    table(parts, storage, "names", "select space.name, collection.name from space join collection using (space_no)");
    table(parts, storage, "replica", "select * from replica order by replica_no");
    return parts;
  }

  private static void part(Map<String, String> parts, String name, Reading reading) {
    try {
      parts.put(name, reading.read().toString());
    } catch (Exception e) {
      parts.put(name, "error " + e.getClass().getSimpleName());
    }
  }

  private static void table(Map<String, String> parts, Opened storage, String name, String query) {
    part(parts, "table " + name, () -> {
      var rows = new StringBuilder();
      try (var connection = storage.database.connect();
          var select = connection.createStatement();
          var row = select.executeQuery(query)) {
        int columns = row.getMetaData().getColumnCount();
        while (row.next()) {
          for (int i = 1; i <= columns; i++) {
            var value = row.getObject(i);
            rows.append(value instanceof byte[] bytes ? java.util.HexFormat.of().formatHex(bytes) : value).append('|');
          }
          rows.append('\n');
        }
      }
      return rows;
    });
  }
}
