package com.softadastra.simulation.world;

import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.sync.identity.IncarnationFile;
import com.softadastra.sync.peer.InMemoryPeerStore;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.StorageException;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** What a node has that outlives its process: its storage, and beside it the incarnation file. */
abstract class Disk implements IncarnationFile {
  private final String machine;
  private final String storage;
  private final InMemoryPeerStore peers = new InMemoryPeerStore();
  private @Nullable Content incarnation;
  private @Nullable Content incarnationThen;
  private Runnable beforeIncarnation = () -> {};
  private @Nullable RandomGenerator chance;

  /** Where a process may end, or its disk fail. */
  enum Point {
    COMMIT,
    /** Of a file. */
    WRITE,
    FORCE,
    INCARNATION
  }

  /** Asked before the disk does something; may throw. */
  interface Before {
    void happens(Point point);
  }

  /** The same of a call to the model disk. */
  static void happens(Before before, Point point) throws IOException {
    try {
      before.happens(point);
    } catch (StorageException e) {
      throw new IOException(e);
    }
  }

  /** Told where the storage stops the process by itself. */
  interface Stop {
    void failed(Throwable cause);
  }

  Disk(String machine, String storage) {
    this.machine = machine;
    this.storage = storage;
  }

  /** Opens the storage for one process. */
  abstract Journal open(Before before, Stop stop);

  /** Whether everything committed is forced. */
  abstract boolean isForced();

  /** The process has ended, and of what was not forced some may be lost. */
  final void crash(RandomGenerator random) {
    if (peers.isUnforced() && random.nextBoolean()) {
      peers.powerFails();
    }
    peers.forced();
    powerFails(random);
  }

  /** The same of the storage alone. */
  abstract void powerFails(RandomGenerator random);

  /** The process has ended after closing everything properly. */
  abstract void closed();

  /**
   * Turns a bit into the other: of a row in memory, of a database in its file. Which bit of the
   * file is whose differs from one JVM to the next, so there it is one that the guard turns back.
   *
   * @param elsewhere whether an entry of the log is held by others too, that could mend it
   */
  abstract void turnBit(Predicate<LoggedEntry> elsewhere, RandomGenerator random);

  /** How many rows are not what was written. */
  abstract int damaged();

  /** Lets so many reads by sessions fail that come next. */
  abstract void failReads(int many);

  /** What is found damaged when all of it is read. */
  abstract void scrub(Consumer<DamagedRow> damage);

  /** What a backup of the storage has, as it was forced last; without the incarnation file. */
  abstract Disk backup(String machine, String storage);

  /** What the incarnation file said when this copy of the storage was made. */
  Optional<Content> incarnationThen() {
    return Optional.ofNullable(incarnationThen);
  }

  /**
   * Remembers, in a copy, what this one's incarnation file says; of what relays have is the same.
   */
  Disk copied(Disk copy) {
    copy.incarnationThen = incarnation;
    peers.custody().forEach(copy.peers::putCustody);
    copy.peers.forced();
    return copy;
  }

  /** Another one with nothing on it. */
  abstract Disk empty();

  /** Gives back what it took of the machine that simulates. */
  void close() {}

  InMemoryPeerStore peers() {
    return peers;
  }

  @Override
  public Optional<Content> read() {
    return Optional.ofNullable(incarnation);
  }

  /**
   * What happens when the incarnation file is replaced; may throw.
   *
   * @param random decides whether the file is the new one then
   */
  void beforeIncarnation(Runnable happens, RandomGenerator random) {
    beforeIncarnation = happens;
    chance = random;
  }

  /** It is forced under another name, renamed, and that forced: a crash leaves the old or new. */
  @Override
  public void write(Content content) {
    var before = incarnation;
    incarnation = content;
    try {
      beforeIncarnation.run();
    } catch (Halted e) {
      if (chance != null && chance.nextBoolean()) {
        incarnation = before;
      }
      throw e;
    }
  }

  @Override
  public String machine() {
    return machine;
  }

  @Override
  public String storage() {
    return storage;
  }
}
