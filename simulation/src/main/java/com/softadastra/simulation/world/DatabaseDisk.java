package com.softadastra.simulation.world;

import com.softadastra.disk.CrashSite;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Database;
import com.softadastra.sync.storage.H2Journal;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.StorageException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * The product's storage in H2, through the guard, on a model disk: what a crash leaves is what the
 * guard had forced, and of the rest any part, reordered or torn.
 */
final class DatabaseDisk extends Disk {
  private static final String FILES = ":/db";
  static final String DATA = "/db.mv.db";
  private static final int BLOCK = 4096;
  private static final int JOURNAL_BYTES = 1 << 18;

  // so small that some commits need a checkpoint
  private static final int REDO_BYTES = 32 << 10;

  private final LongClock clock;
  private DiskImage image;
  private @Nullable Open open;
  private int failing;

  /** The blocks of the database's file in which a bit was turned; of two in one none is mended. */
  private final Set<Long> turned = new HashSet<>();

  /** Nanoseconds as the guard measures them. */
  interface LongClock {
    long nanos();
  }

  /** A storage that a process has open, or had when it ended. */
  private record Open(
      ModelDisk disk, Database database, GuardFileSystem guard, boolean[] off, Owing owing) {}

  /**
   * Whether what was committed is forced, as the disk sees it: after a commit something has to be
   * written to the redo log or to a journal of the guard, and to be forced.
   */
  private static final class Owing {
    private final Set<String> written = new HashSet<>();
    private boolean committed;

    void commits() {
      committed = true;
    }

    void before(DiskFault.Kind kind, String file) {
      if (!file.endsWith(".redo") && !file.contains(".journal.")) {
        return;
      }
      if (kind == DiskFault.Kind.WRITE) {
        written.add(file);
      } else if (kind == DiskFault.Kind.FORCE && written.remove(file)) {
        committed = false;
      }
    }

    boolean nothing() {
      return !committed && written.isEmpty();
    }
  }

  /** Tables are made once, and every simulated storage begins with a copy. */
  static final class Template {
    static final DiskImage IMAGE = make();

    private static DiskImage make() {
      try (var disk = ModelDisk.register(new DiskImage(Map.of()))) {
        var settings = GuardSettings.production().withJournalBytes(JOURNAL_BYTES);
        var guard = GuardFileSystem.register("guard-" + disk.scheme(), settings);
        try {
          Database.open(disk.scheme() + FILES, guard, REDO_BYTES).close();
          return disk.image();
        } finally {
          FilePath.unregister(guard);
        }
      }
    }
  }

  /**
   * @param image what lies there
   */
  DatabaseDisk(String machine, String storage, LongClock clock, DiskImage image) {
    super(machine, storage);
    this.clock = clock;
    this.image = image;
  }

  static Disk create(String machine, String storage, LongClock clock) {
    return new DatabaseDisk(machine, storage, clock, Template.IMAGE);
  }

  @Override
  Journal open(Before before, Stop stop) {
    close();
    var disk = ModelDisk.register(image.copy());
    disk.beginRecording();
    var off = new boolean[1];
    var settings =
        GuardSettings.production()
            .withJournalBytes(JOURNAL_BYTES)
            .withNanoTime(clock::nanos)
            .withBackground(Runnable::run)
            .withFailStop((_, cause) -> {
              if (!off[0]) {
                stop.failed(cause);
              }
            });
    var guard = GuardFileSystem.register("guard-" + disk.scheme(), settings);
    Database database;
    try {
      database = Database.open(disk.scheme() + FILES, guard, REDO_BYTES);
    } catch (Throwable e) {
      FilePath.unregister(guard);
      disk.close();
      throw e;
    }
    var owing = new Owing();
    open = new Open(disk, database, guard, off, owing);
    disk.setFault((kind, file) -> {
      if (off[0]) {
        throw new IOException("the power is off");
      }
      owing.before(kind, file);
      if (kind == DiskFault.Kind.FORCE) {
        try {
          before.happens(Point.FORCE);
        } catch (StorageException e) {
          throw new IOException(e);
        }
      }
    });
    try (var connection = database.dataSource().getConnection();
        var statement = connection.createStatement()) {
      // H2 would write now and then on a thread of its own; the guard holds it all back anyway
      statement.execute("SET WRITE_DELAY 0");
    } catch (SQLException e) {
      throw new StorageException("the storage can't be set up", e);
    }
    return new DatabaseRows(
        database,
        H2Journal.open(database, clock::nanos),
        () -> {
          before.happens(Point.COMMIT);
          owing.commits();
        },
        this::beforeRead);
  }

  /**
   * Of the file: at rest, as a crash has left it, or beside the process that has it open; the guard
   * turns it back.
   */
  @Override
  void turnBit(Predicate<LoggedEntry> elsewhere, RandomGenerator random) {
    int block = random.nextInt();
    int bit = random.nextInt(BLOCK * Byte.SIZE);
    var running = open == null || open.off()[0] ? null : open.disk();
    var now = running == null ? image : running.image();
    long at = Math.floorMod(block, now.bytes(DATA).length / BLOCK);
    if (!turned.add(at)) {
      return;
    }
    if (running == null) {
      image = now.flippedBit(DATA, at * BLOCK * Byte.SIZE + bit);
    } else {
      running.turn(DATA, at * BLOCK * Byte.SIZE + bit);
    }
  }

  @Override
  Disk empty() {
    return new DatabaseDisk(machine(), storage() + "'", clock, Template.IMAGE);
  }

  @Override
  int damaged() {
    // nothing is kept from being mended when it is read
    return 0;
  }

  @Override
  void failReads(int many) {
    failing = many;
  }

  @Override
  void scrub(Consumer<DamagedRow> damage) {
    var was = open;
    if (was == null || was.off()[0]) {
      return;
    }
    try (var connection = was.database().dataSource().getConnection();
        var statement = connection.createStatement()) {
      for (var table : List.of("wal", "document", "intent", "conflict", "outbox", "statement")) {
        try (var row = statement.executeQuery("select * from " + table)) {
          while (row.next()) {}
        }
      }
    } catch (SQLException e) {
      throw new StorageException("the rows can't be read", e);
    }
  }

  private void beforeRead() {
    if (failing > 0) {
      failing--;
      throw new StorageException(SimulatedNode.REFUSED, null);
    }
  }

  @Override
  boolean isForced() {
    var was = open;
    return was == null || was.owing().nothing();
  }

  @Override
  void powerFails(RandomGenerator random) {
    var was = open;
    if (was != null && !was.off()[0]) {
      was.off()[0] = true;
      var site = was.disk().crashSite();
      site.advanceTo(was.disk().position());
      var kinds = CrashSite.Kind.values();
      // how much is drawn depends on where H2 has put what, which isn't the seed's
      var own = new SplittableRandom(random.nextLong());
      image = site.image(kinds[own.nextInt(kinds.length)], own);
    }
  }

  @Override
  void closed() {
    var was = open;
    if (was != null) {
      try {
        was.database().close();
        if (!was.off()[0]) {
          image = was.disk().image();
        }
      } finally {
        letGo(was);
      }
    }
  }

  @Override
  Disk backup(String machine, String storage) {
    var was = open;
    var forced = image;
    if (was != null && !was.off()[0]) {
      var site = was.disk().crashSite();
      site.advanceTo(was.disk().position());
      forced = site.image(CrashSite.Kind.DROPPED, new SplittableRandom(0));
    }
    var copy = new DatabaseDisk(machine, storage, clock, forced.copy());
    copy.turned.addAll(turned);
    return copied(copy);
  }

  @Override
  void close() {
    var was = open;
    if (was != null) {
      was.off()[0] = true;
      // what it writes now is nobody's; where it could not, threads of H2 would go on for ever
      was.disk().setFault(DiskFault.NONE);
      was.database().abandon();
      letGo(was);
    }
  }

  private void letGo(Open was) {
    open = null;
    was.off()[0] = true;
    was.disk().close();
    FilePath.unregister(was.guard());
  }
}
