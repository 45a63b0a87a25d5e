package com.softadastra.simulation.world;

import com.softadastra.contracts.NodeId;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.h2.H2MailboxStore;
import com.softadastra.edge.mailbox.h2.MailboxRepair;
import com.softadastra.simulation.world.Disk.Before;
import com.softadastra.simulation.world.Disk.Point;
import com.softadastra.simulation.world.Disk.Stop;
import com.softadastra.simulation.world.GuardedFiles.LongClock;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The product's mailboxes in H2, through the guard, on a model disk. */
final class DatabaseMailboxDisk extends MailboxDisk {
  private final LongClock clock;
  private final RandomGenerator random;
  private final GuardedFiles files;
  private @Nullable Open open;

  /** After the process, what a start would find; made when it is asked for. */
  private @Nullable DatabaseMailboxDisk left;

  private record Open(EdgeDatabase database, MailboxStore store) {}

  /** Tables are made once, and each begins with a copy. */
  private static final class Template {
    static final DiskImage IMAGE =
        GuardedFiles.made((path, guard) ->
            EdgeDatabase.openInSteps(
                    path, guard, GuardedFiles.NO_STOP, new MailboxRepair(), Runnable::run)
                .close());
  }

  private DatabaseMailboxDisk(LongClock clock, RandomGenerator random, DiskImage image) {
    this.clock = clock;
    this.random = random;
    this.files = new GuardedFiles(clock, image);
  }

  /**
   * @param random draws the mailboxes' key
   */
  static MailboxDisk create(LongClock clock, RandomGenerator random) {
    return new DatabaseMailboxDisk(clock, random, Template.IMAGE);
  }

  @Override
  MailboxStore open(Life life, LongSupplier freeBytes, Before before, Stop stop) {
    close();
    var store = open(step -> life.after(FORCE, step), freeBytes, stop);
    files.before((kind, file) -> {
      if (kind == DiskFault.Kind.FORCE) {
        Disk.happens(before, Point.FORCE);
      } else if (kind == DiskFault.Kind.WRITE) {
        Disk.happens(before, Point.WRITE);
      }
    });
    return store;
  }

  private MailboxStore open(Executor steps, LongSupplier freeBytes, Stop stop) {
    files.open(stop::failed);
    EdgeDatabase database;
    try {
      database =
          EdgeDatabase.openInSteps(
              files.path(),
              files.guard(),
              (_, cause) -> {
                if (files.isRunning()) {
                  stop.failed(cause);
                }
              },
              new MailboxRepair(),
              steps);
    } catch (Throwable e) {
      files.abandon(() -> {});
      throw e;
    }
    try {
      var store = new H2MailboxStore(database, QUOTAS, freeBytes, random);
      open = new Open(database, store);
      return store;
    } catch (Throwable e) {
      files.abandon(database::abandon);
      throw e;
    }
  }

  @Override
  void crash(RandomGenerator chance) {
    files.powerFails(chance);
  }

  @Override
  MailboxStore reader() {
    var now = open;
    if (now != null && files.isRunning()) {
      return now.store;
    }
    var after = left;
    if (after == null) {
      after = new DatabaseMailboxDisk(clock, random, files.now());
      left = after;
      return after.alone();
    }
    return after.reader();
  }

  /** Opened beside the world. */
  private MailboxStore alone() {
    return open(
        Runnable::run,
        () -> Long.MAX_VALUE,
        cause -> {
          throw new IllegalStateException("the mailboxes stop by themselves", cause);
        });
  }

  @Override
  void lose(NodeId destination, UUID id) {
    close();
    var gone = new CompletableFuture<Optional<Pile>>();
    alone().taken(destination, id, gone);
    gone.join();
    var was = open;
    if (was != null) {
      open = null;
      files.close(was.database::close);
    }
  }

  @Override
  MailboxDisk empty() {
    close();
    return create(clock, random);
  }

  @Override
  void close() {
    if (left != null) {
      left.close();
      left = null;
    }
    var was = open;
    if (was != null) {
      open = null;
      files.abandon(was.database::abandon);
    }
  }
}
