package com.softadastra.simulation.world;

import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.simulation.world.GuardedFiles.LongClock;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Database;
import com.softadastra.sync.storage.H2Journal;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.StorageException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The product's storage in H2, through the guard, on a model disk. */
final class DatabaseDisk extends Disk {
  static final String DATA = "/db.mv.db";
  private static final int BLOCK = 4096;

  // so small that some commits need a checkpoint
  private static final int REDO_BYTES = 32 << 10;

  private final LongClock clock;
  private final GuardedFiles files;
  private @Nullable Database database;
  private Owing owing = new Owing();
  private int failing;

  /** The blocks of the database's file in which a bit was turned; of two in one none is mended. */
  private final Set<Long> turned = new HashSet<>();

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
    static final DiskImage IMAGE =
        GuardedFiles.made((path, guard) -> Database.open(path, guard, REDO_BYTES).close());
  }

  /**
   * @param image what lies there
   */
  DatabaseDisk(String machine, String storage, LongClock clock, DiskImage image) {
    super(machine, storage);
    this.clock = clock;
    this.files = new GuardedFiles(clock, image);
  }

  static Disk create(String machine, String storage, LongClock clock) {
    return new DatabaseDisk(machine, storage, clock, Template.IMAGE);
  }

  @Override
  Journal open(Before before, Stop stop) {
    close();
    files.open(stop::failed);
    Database opened;
    try {
      opened = Database.open(files.path(), files.guard(), REDO_BYTES);
    } catch (Throwable e) {
      files.abandon(() -> {});
      throw e;
    }
    database = opened;
    var owes = new Owing();
    owing = owes;
    files.before((kind, file) -> {
      owes.before(kind, file);
      if (kind == DiskFault.Kind.FORCE) {
        happens(before, Point.FORCE);
      } else if (kind == DiskFault.Kind.WRITE) {
        happens(before, Point.WRITE);
      }
    });
    try (var connection = opened.dataSource().getConnection();
        var statement = connection.createStatement()) {
      // H2 would write now and then on a thread of its own; the guard holds it all back anyway
      statement.execute("SET WRITE_DELAY 0");
    } catch (SQLException e) {
      throw new StorageException("the storage can't be set up", e);
    }
    return new DatabaseRows(
        opened,
        H2Journal.open(opened, clock::nanos),
        () -> {
          before.happens(Point.COMMIT);
          owes.commits();
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
    long at = Math.floorMod(block, files.now().bytes(DATA).length / BLOCK);
    if (turned.add(at)) {
      files.turnBit(DATA, at * BLOCK * Byte.SIZE + bit);
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
    if (!files.isRunning() || database == null) {
      return;
    }
    try (var connection = database.dataSource().getConnection();
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
    return database == null || owing.nothing();
  }

  @Override
  void powerFails(RandomGenerator random) {
    files.powerFails(random);
  }

  @Override
  void closed() {
    var was = database;
    if (was != null) {
      database = null;
      files.close(was::close);
    }
  }

  @Override
  Disk backup(String machine, String storage) {
    var copy = new DatabaseDisk(machine, storage, clock, files.forced().copy());
    copy.turned.addAll(turned);
    return copied(copy);
  }

  @Override
  void close() {
    var was = database;
    if (was != null) {
      database = null;
      files.abandon(was::abandon);
    }
  }
}
