package com.softadastra.simulation.world;

import com.softadastra.disk.CrashSite;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * The files of a database behind the guard, on a model disk: what a crash leaves is what the guard
 * had forced, and of the rest any part, reordered or torn.
 */
final class GuardedFiles {
  private static final String FILES = ":/db";
  private static final int JOURNAL_BYTES = 1 << 18;

  /** For what nothing happens to. */
  static final FailStop NO_STOP =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };

  private final LongClock clock;
  private DiskImage image;
  private @Nullable Open open;

  /** Nanoseconds as the guard measures them. */
  interface LongClock {
    long nanos();
  }

  /** Makes or opens a database at a path, behind a guard, and closes it. */
  interface Maker {
    void make(String path, GuardFileSystem guard);
  }

  /** What a process has open, or had when it ended. */
  private static final class Open {
    final ModelDisk disk;
    final Around around;
    final GuardFileSystem guard;
    boolean off;

    Open(ModelDisk disk, Around around, GuardFileSystem guard) {
      this.disk = disk;
      this.around = around;
      this.guard = guard;
    }
  }

  /**
   * The world as the guard sees it. H2 may know of connections, with all that is behind them, for
   * long after they are of use; then no world is behind them.
   */
  private static final class Around {
    private @Nullable LongClock clock;
    private @Nullable Consumer<Throwable> stop;

    Around(LongClock clock, Consumer<Throwable> stop) {
      this.clock = clock;
      this.stop = stop;
    }

    long nanos() {
      return clock == null ? 0 : clock.nanos();
    }

    void stops(Throwable cause) {
      if (stop != null) {
        stop.accept(cause);
      }
    }

    void isGone() {
      clock = null;
      stop = null;
    }
  }

  /**
   * @param image what lies there
   */
  GuardedFiles(LongClock clock, DiskImage image) {
    this.clock = clock;
    this.image = image;
  }

  /** What lies on an empty disk when a database was made there. */
  static DiskImage made(Maker maker) {
    try (var disk = ModelDisk.register(new DiskImage(Map.of()))) {
      var settings = GuardSettings.production().withJournalBytes(JOURNAL_BYTES);
      var guard = GuardFileSystem.register("guard-" + disk.scheme(), settings);
      try {
        maker.make(disk.scheme() + FILES, guard);
        return disk.image();
      } finally {
        FilePath.unregister(guard);
      }
    }
  }

  /**
   * Opens them for one process.
   *
   * @param stop told where the guard stops it
   */
  void open(Consumer<Throwable> stop) {
    var disk = ModelDisk.register(image.copy());
    disk.beginRecording();
    var around =
        new Around(
            clock,
            cause -> {
              if (isRunning()) {
                stop.accept(cause);
              }
            });
    var settings =
        GuardSettings.production()
            .withJournalBytes(JOURNAL_BYTES)
            .withNanoTime(around::nanos)
            .withBackground(Runnable::run)
            .withFailStop((_, cause) -> around.stops(cause));
    open = new Open(disk, around, GuardFileSystem.register("guard-" + disk.scheme(), settings));
  }

  private Open opened() {
    return Objects.requireNonNull(open);
  }

  /** Where the database is, with its file system. */
  String path() {
    return opened().disk.scheme() + FILES;
  }

  GuardFileSystem guard() {
    return opened().guard;
  }

  /** What happens before each call of the disk; without power each fails. */
  void before(DiskFault fault) {
    var now = opened();
    now.disk.setFault((kind, file) -> {
      if (now.off) {
        throw new IOException("the power is off");
      }
      fault.before(kind, file);
    });
  }

  boolean isOpen() {
    return open != null;
  }

  /** Whether a process has them open and the power is on. */
  boolean isRunning() {
    return open != null && !open.off;
  }

  /** What lies there now, at rest or beside the process that has it open. */
  DiskImage now() {
    return isRunning() ? opened().disk.image() : image;
  }

  /** What lies there after a power failure in which all is lost that wasn't forced. */
  DiskImage forced() {
    if (!isRunning()) {
      return image;
    }
    var disk = opened().disk;
    var site = disk.crashSite();
    site.advanceTo(disk.position());
    return site.image(CrashSite.Kind.DROPPED, new SplittableRandom(0));
  }

  void turnBit(String file, long bit) {
    if (isRunning()) {
      opened().disk.turn(file, bit);
    } else {
      image = image.flippedBit(file, bit);
    }
  }

  /** The process has ended, and of what was not forced some may be lost. */
  void powerFails(RandomGenerator random) {
    if (isRunning()) {
      var was = opened();
      was.off = true;
      var site = was.disk.crashSite();
      site.advanceTo(was.disk.position());
      var kinds = CrashSite.Kind.values();
      // how much is drawn depends on where H2 has put what, which isn't the seed's
      var own = new SplittableRandom(random.nextLong());
      image = site.image(kinds[own.nextInt(kinds.length)], own);
    }
  }

  /** The process closes its database properly, and ends. */
  void close(Runnable database) {
    try {
      database.run();
      image = now();
    } finally {
      letGo();
    }
  }

  /** Lets go of what a process that has ended had open. */
  void abandon(Runnable database) {
    var was = opened();
    was.off = true;
    // what it writes now is nobody's; where it could not, threads of H2 would go on for ever
    was.disk.setFault(DiskFault.NONE);
    try {
      database.run();
    } finally {
      letGo();
    }
  }

  private void letGo() {
    var was = opened();
    open = null;
    was.off = true;
    was.around.isGone();
    was.disk.setFault(DiskFault.NONE);
    was.disk.close();
    FilePath.unregister(was.guard);
  }
}
