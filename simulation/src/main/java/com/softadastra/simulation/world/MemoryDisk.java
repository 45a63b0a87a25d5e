package com.softadastra.simulation.world;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.Journal;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/** A storage in memory that forgets what was not forced. */
final class MemoryDisk extends Disk {
  private final InMemoryJournal.Medium medium;

  MemoryDisk(String machine, String storage, Map<Hash, LoggedEntry> entries) {
    this(machine, storage, new InMemoryJournal.Medium());
    medium.share(entries);
  }

  private MemoryDisk(String machine, String storage, InMemoryJournal.Medium medium) {
    super(machine, storage);
    this.medium = medium;
  }

  @Override
  Journal open(Before before, Stop stop) {
    medium.faults(
        () -> {
          before.happens(Point.COMMIT);
          before.happens(Point.WRITE);
        },
        () -> before.happens(Point.FORCE));
    return new InMemoryJournal(medium);
  }

  @Override
  void turnBit(Predicate<LoggedEntry> elsewhere, RandomGenerator random) {
    var entries = medium.entries().stream().filter(elsewhere).toList();
    var documents = medium.documents();
    int draw = random.nextInt();
    int bit = random.nextInt();
    if (!entries.isEmpty() && (documents.isEmpty() || random.nextInt(3) > 0)) {
      var _ = medium.turnEntry(entries.get(Math.floorMod(draw, entries.size())).position(), bit);
    } else if (!documents.isEmpty()) {
      var _ = medium.turnDocument(documents.get(Math.floorMod(draw, documents.size())), bit);
    }
  }

  @Override
  int damaged() {
    return medium.damaged();
  }

  @Override
  void failReads(int many) {
    medium.failReads(many);
  }

  @Override
  void scrub(Consumer<DamagedRow> damage) {
    medium.scrub(damage);
  }

  @Override
  Disk empty() {
    return new MemoryDisk(machine(), storage() + "'", medium.empty());
  }

  @Override
  boolean isForced() {
    return medium.unforced() == 0;
  }

  @Override
  void powerFails(RandomGenerator random) {
    medium.powerFails(random.nextInt(medium.unforced() + 1));
  }

  @Override
  void closed() {}

  @Override
  Disk backup(String machine, String storage) {
    return copied(new MemoryDisk(machine, storage, medium.copy()));
  }
}
