package com.softadastra.guard;

import com.softadastra.guard.BlockSums.DamagedBlock;
import com.softadastra.guard.JournalRecord.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * A data file whose force is atomic: after a power failure it holds every operation up to the last
 * force that returned, and maybe the operations up to one that didn't, never a part.
 *
 * <p>Operations are kept in memory, where reads see them, until the file is forced. A force appends
 * them as one record to the journal, forces only that, and then writes them to the data file
 * without forcing it. A force with nothing pending does nothing.
 *
 * <p><b>Turnover.</b> Generations of records use the two journal files in turn. When the current
 * file is full or old, writing goes on in the other, and the data file is forced in the background;
 * then the generation that ended is <em>checkpointed</em>, and the next records say so.
 *
 * <p><b>Why this is safe.</b>
 *
 * <ul>
 *   <li>The data file is written only after the record that holds the operation has been forced. So
 *       whatever part of the unforced writes reaches the data file, all of it is in the records
 *       since the checkpoint.
 *   <li>Replaying those, complete and in order, gives the same file from any such part: each byte
 *       that they touch ends as the last of them leaves it, and the others were forced. It can be
 *       done twice.
 *   <li>A part of a generation must never be replayed alone: it would put old bytes over later
 *       ones. The first record of generation g + 2 overwrites g. If it is torn, g + 1 is the newest
 *       generation; so by then g + 1 holds a forced record which says that g is checkpointed, and
 *       {@link Journal#nextGeneration()} insists on it.
 *   <li>A torn record is the last one, since each is forced before the next is written, and its
 *       checksum gives it away. Nobody was told that it was safe.
 *   <li>H2 may lose its latest whole writes, not a part of one; so what it writes beyond a bound
 *       without a force is committed by the guard itself.
 * </ul>
 *
 * <p><b>At once.</b> From {@link #beginReplacement} to {@link #endReplacement} whatever is
 * committed goes to a {@link Shadow} instead, unforced, and to no journal. The end forces the
 * shadow, and then one record which says that it counts; what it holds is written to the data file
 * and forced, the generation is checkpointed, and the shadow deleted. Before that record the data
 * file and what its journals call for stay what they were, so that whoever opens them finds the old
 * file, older software too, and a shadow that is only deleted. From the record on the shadow is
 * what has to be replayed, like any other record.
 *
 * <p><b>Damage.</b> What is read is compared with {@link BlockSums}; a bit that has turned is
 * turned back, and any other block that isn't what was written is a failed read.
 *
 * <p><b>Failure.</b> The first error poisons the channel for ever and calls {@link FailStop}. A
 * force is never tried again. A thread that is interrupted in here closes the files underneath,
 * which is such an error. A failed read that leaves the files open is passed on without poisoning,
 * but not before the first commit: while H2 opens a file, it takes what it can't read for the end
 * of its data, and would go on from an older state.
 *
 * <p><b>Threads.</b> Any thread may call; operations and forces wait for one another, reads wait
 * only while the overlay changes.
 */
final class GuardChannel extends FileBaseDefault {

  /** Room for the chunk of a usual group commit, in bytes. */
  private static final int PENDING_CAPACITY = 256 << 10;

  /** Those that have their file locked, by its name; a process has a lock once. */
  private static final Map<String, GuardChannel> LOCKED = new ConcurrentHashMap<>();

  private final FilePath path;
  private final boolean readOnly;
  private final GuardSettings settings;
  private final GuardCounters counters;
  private final FileChannel data;

  /** Held while operations are added, committed or recovered. */
  private final ReentrantLock operations = new ReentrantLock();

  /** Guards the overlay: readers share, changes exclude. */
  private final ReentrantReadWriteLock view = new ReentrantReadWriteLock();

  private final PendingRecord pending = new PendingRecord(PENDING_CAPACITY);

  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile @Nullable Overlay overlay;
  private volatile @Nullable Shadow shadow;
  private @Nullable Journal journal;
  private volatile @Nullable BlockSums sums;
  private @Nullable FileLock lock;
  private boolean lockGiven;

  /** Whether this channel has begun a generation of its own. */
  private volatile boolean begun;

  private long begunNanos;

  /** What the last write of the current generation left. */
  private Witness lastWitness = Witness.NONE;

  private volatile Checkpoint checkpoint = new Checkpoint(0, Witness.NONE);
  private CompletableFuture<?> dataForce = CompletableFuture.completedFuture(null);

  /**
   * Opens without touching the content, which is recovered with the first call.
   *
   * @param path the data file in the file system below
   * @param mode as in {@link FilePath#open(String)}
   */
  GuardChannel(FilePath path, String mode, GuardSettings settings, GuardCounters counters)
      throws IOException {
    this.path = path;
    this.readOnly = mode.equals("r");
    this.settings = settings;
    this.counters = counters;
    this.data = path.open(readOnly ? "r" : "rw");
  }

  /** The one that has locked this file. */
  static GuardChannel lockedAt(FilePath path) {
    GuardChannel channel = LOCKED.get(path.name);
    if (channel == null) {
      throw new IllegalStateException("not locked: " + path);
    }
    return channel;
  }

  /**
   * Takes the lock of the data file, then recovers the file. The lock is kept until this channel is
   * closed, even if it is released before: closing still writes.
   */
  @Override
  public @Nullable FileLock tryLock(long position, long size, boolean shared) throws IOException {
    requireUsable();
    operations.lock();
    try {
      if (lockGiven) {
        throw new OverlappingFileLockException();
      }
      if (lock == null) {
        lock = data.tryLock(position, size, shared);
      }
      if (lock == null) {
        return null;
      }
      recover();
      lockGiven = true;
      LOCKED.put(path.name, this);
      return new HeldLock(position, size, shared);
    } finally {
      operations.unlock();
    }
  }

  @Override
  public long size() throws IOException {
    Overlay current = recovered();
    view.readLock().lock();
    try {
      return current.size();
    } finally {
      view.readLock().unlock();
    }
  }

  @Override
  public int read(ByteBuffer target, long position) throws IOException {
    Overlay current = recovered();
    int start = target.position();
    try {
      return read(current, target, position);
    } catch (DamagedBlock e) {
      // unless it was being written
      operations.lock();
      try {
        while (true) {
          requireUsable();
          try {
            return read(current, target.position(start), position);
          } catch (DamagedBlock damage) {
            mend(damage);
          }
        }
      } finally {
        operations.unlock();
      }
    }
  }

  /** Puts a block right of which one bit has turned; else the read fails. */
  private void mend(DamagedBlock damage) throws IOException {
    boolean mended;
    try {
      mended = !readOnly && openSums().mend(file(), damage);
    } catch (IOException e) {
      throw failed(e);
    }
    if (!mended) {
      counters.damagedBlocks.increment();
      throw refused(damage);
    }
    counters.mendedBlocks.increment();
  }

  private int read(Overlay current, ByteBuffer target, long position) throws IOException {
    BlockSums checked = openSums();
    view.readLock().lock();
    try {
      FileChannel file = file();
      return current.read(target, position, (to, at) -> checked.read(file, to, at));
    } catch (DamagedBlock e) {
      throw e;
    } catch (ClosedChannelException e) {
      throw isOpen() ? failed(e) : e;
    } catch (IOException e) {
      throw begun || readOnly ? e : failed(e);
    } finally {
      view.readLock().unlock();
    }
  }

  /** Before the first commit damage ends the opening, in a sentence, as any failed read does. */
  private IOException refused(DamagedBlock damage) {
    if (begun || readOnly) {
      return damage;
    }
    failure.compareAndSet(null, damage);
    return new GuardRefusedException(path.name, String.valueOf(damage.getMessage()));
  }

  @Override
  public int write(ByteBuffer source, long position) throws IOException {
    int length = source.remaining();
    operations.lock();
    try {
      Overlay current = writable();
      Operation.Write write = pending.write(position, source);
      view.writeLock().lock();
      try {
        current.write(write);
      } finally {
        view.writeLock().unlock();
      }
      commitIfLarge();
      return length;
    } finally {
      operations.unlock();
    }
  }

  @Override
  protected void implTruncate(long size) throws IOException {
    operations.lock();
    try {
      Overlay current = writable();
      if (size < current.size()) {
        pending.truncate(size);
        view.writeLock().lock();
        try {
          current.truncate(size);
        } finally {
          view.writeLock().unlock();
        }
        commitIfLarge();
      }
    } finally {
      operations.unlock();
    }
  }

  @Override
  public void force(boolean metaData) throws IOException {
    operations.lock();
    try {
      if (!readOnly) {
        commit(writable());
      }
    } finally {
      operations.unlock();
    }
  }

  private void commitIfLarge() throws IOException {
    if (pending.length() > settings.pendingBytes()) {
      commit(writable());
    }
  }

  private void commit(Overlay current) throws IOException {
    if (pending.isEmpty()) {
      return;
    }
    try {
      FileChannel file = file();
      if (file == data) {
        appendPending();
      }
      for (Operation operation : pending.operations()) {
        apply(operation, file);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw failed(e);
    }
    // the data file's force may have failed meanwhile
    requireHealthy();
    view.writeLock().lock();
    try {
      current.applied();
    } finally {
      view.writeLock().unlock();
    }
    pending.clear();
  }

  private void appendPending() throws IOException {
    Journal target = openJournal();
    if (!begun) {
      begin(target);
    } else if (target.isFull(pending)) {
      turnOver(target);
    } else if (isOld() && dataForce.isDone()) {
      turnOver(target);
    }
    target.append(pending, checkpoint);
  }

  private void apply(Operation operation, FileChannel file) throws IOException {
    if (operation instanceof Operation.Replacement replacement) {
      Shadow.forEach(GuardFileSystem.shadowOf(path), replacement, each -> apply(each, file));
    } else {
      counters.dataBytes.add(operation.applyTo(file));
      openSums().wrote(operation);
      lastWitness = lastWitness.after(operation);
    }
  }

  /** What is under the overlay. */
  private FileChannel file() {
    Shadow open = shadow;
    return open == null ? data : open;
  }

  /**
   * From now on all that is done counts at once, at {@link #endReplacement}.
   *
   * @throws IOException where there can be no shadow; then nothing has begun
   */
  void beginReplacement() throws IOException {
    operations.lock();
    try {
      commit(writable());
      if (begun) {
        try {
          checkpointNow(openJournal());
        } catch (IOException | RuntimeException | Error e) {
          throw failed(e);
        }
        // who appends next begins one: an empty generation that is turned over is missing later
        begun = false;
      }
      shadow = Shadow.begin(GuardFileSystem.shadowOf(path), data);
    } finally {
      operations.unlock();
    }
  }

  /** Returns when all that was done since {@link #beginReplacement} is sure to be there. */
  void endReplacement() throws IOException {
    operations.lock();
    try {
      Overlay current = writable();
      commit(current);
      Shadow ended = shadow;
      if (ended == null) {
        throw new IllegalStateException("no replacement of " + path);
      }
      try {
        Operation.Replacement replacement = ended.complete();
        requireHealthy();
        Journal target = openJournal();
        begin(target);
        pending.replace(replacement);
        target.append(pending, checkpoint);
        pending.clear();
        apply(replacement, data);
        checkpointNow(target);
        begun = false;
      } catch (IOException | RuntimeException | Error e) {
        throw failed(e);
      }
      view.writeLock().lock();
      try {
        shadow = null;
      } finally {
        view.writeLock().unlock();
      }
      ended.close();
      deleteShadow();
    } finally {
      operations.unlock();
    }
  }

  /** Deletes a shadow, which counts for nothing or has been written to the data file. */
  private void deleteShadow() throws IOException {
    FilePath shadowPath = GuardFileSystem.shadowOf(path);
    if (shadowPath.exists()) {
      shadowPath.delete();
      GuardFileSystem.forceDirectoryOf(path);
    }
  }

  private boolean isOld() {
    return settings.nanoTime().getAsLong() - begunNanos >= settings.journalAge().toNanos();
  }

  private void begin(Journal target) {
    target.nextGeneration();
    begun = true;
    begunNanos = settings.nanoTime().getAsLong();
  }

  /** Ends a generation, of which everything has been written to the data file by now. */
  private void turnOver(Journal target) throws IOException {
    awaitDataForce();
    long ended = target.generation();
    if (target.announced() < ended - 1) {
      target.announce(checkpoint);
    }
    Witness witness = lastWitness;
    begin(target);
    counters.turnovers.increment();
    CompletableFuture<Void> done = new CompletableFuture<>();
    dataForce = done;
    settings
        .background()
        .execute(() -> {
          try {
            forceData();
            openSums().store(ended);
            checkpoint = new Checkpoint(ended, witness);
            done.complete(null);
          } catch (IOException | RuntimeException | Error e) {
            try {
              failed(e);
            } finally {
              // what stops the process may throw, and whoever closes the file waits for this
              done.completeExceptionally(e);
            }
          }
        });
  }

  /** An interrupt doesn't end the waiting: it is met by the next write. */
  private void awaitDataForce() throws IOException {
    if (!dataForce.isDone()) {
      counters.turnoverWaits.increment();
    }
    dataForce.exceptionally(_ -> null).join();
    requireHealthy();
  }

  private void forceData() throws IOException {
    data.force(true);
    counters.dataForces.increment();
  }

  /** Recovers, locking the file first if nobody did. */
  private Overlay recovered() throws IOException {
    requireUsable();
    Overlay current = overlay;
    if (current != null) {
      return current;
    }
    operations.lock();
    try {
      if (lock == null) {
        lock = data.tryLock(0, Long.MAX_VALUE, readOnly);
      }
      if (lock == null) {
        throw new IOException("locked by another process: " + path);
      }
      return recover();
    } finally {
      operations.unlock();
    }
  }

  private Overlay recover() throws IOException {
    Overlay current = overlay;
    if (current != null) {
      return current;
    }
    @Nullable FileChannel[] channels = new FileChannel[2];
    @Nullable JournalFile[] files = new JournalFile[2];
    try {
      for (int i = 0; i < 2; i++) {
        FilePath journalPath = GuardFileSystem.journalOf(path, i);
        if (journalPath.exists()) {
          FileChannel channel = journalPath.open(readOnly ? "r" : "rw");
          channels[i] = channel;
          files[i] = new JournalFile(journalPath.name, channel);
        }
      }
      Recovery recovery = Recovery.plan(path.name, data, files);
      requireWitness(recovery, files);
      requireShadows(recovery, files);
      openSums(recovery);
      if (readOnly) {
        if (!recovery.isSettled()) {
          throw new GuardRefusedException(path.name, "it has to be opened for writing first");
        }
        closeAll(channels);
      } else {
        try {
          takeOver(recovery, files, channels);
        } catch (IOException | RuntimeException | Error e) {
          throw failed(e);
        }
      }
    } catch (IOException | RuntimeException | Error e) {
      closeAll(channels);
      throw e;
    }
    current = new Overlay(data.size());
    overlay = current;
    return current;
  }

  /**
   * Where the data file isn't what the journals were written for it is refused as it is, unless
   * only a bit of what tells that has turned.
   */
  private void requireWitness(Recovery recovery, @Nullable JournalFile[] files) throws IOException {
    Witness witness = recovery.witness(files);
    if (!witness.holdsIn(data) && !(mend(witness, recovery) && witness.holdsIn(data))) {
      throw new GuardRefusedException(
          path.name, "its journals were written for another or a later state of this file");
    }
  }

  private void requireShadows(Recovery recovery, @Nullable JournalFile[] files) throws IOException {
    FilePath shadowPath = GuardFileSystem.shadowOf(path);
    recovery.forEachToReplay(
        files,
        record -> {
          for (Operation operation : record.operations()) {
            if (operation instanceof Operation.Replacement replacement
                && !Shadow.isThere(shadowPath, replacement)) {
              throw new GuardRefusedException(
                  path.name,
                  shadowPath.name
                      + ", which holds a part of what it was told to keep, is missing or damaged");
            }
          }
        });
  }

  private boolean mend(Witness witness, Recovery recovery) throws IOException {
    FilePath sumsPath = GuardFileSystem.sumsOf(path);
    if (readOnly || !sumsPath.exists()) {
      return false;
    }
    try (FileChannel file = sumsPath.open("r")) {
      BlockSums known = new BlockSums(path.name, file, true, recovery, data);
      return known.mend(data, witness.position(), witness.length());
    }
  }

  /** Replays, and leaves journals that say so. */
  private void takeOver(
      Recovery recovery, @Nullable JournalFile[] files, @Nullable FileChannel[] channels)
      throws IOException {
    boolean settled = recovery.isSettled();
    recovery.forEachToReplay(
        files,
        record -> {
          for (Operation operation : record.operations()) {
            apply(operation, data);
          }
          counters.replayedRecords.increment();
        });
    if (!settled) {
      forceData();
      openSums().store(checkpointed(recovery));
    }
    FileChannel[] both = new FileChannel[2];
    for (int i = 0; i < 2; i++) {
      FileChannel channel = channels[i];
      if (channel == null) {
        channel = GuardFileSystem.journalOf(path, i).open("rw");
        channels[i] = channel;
      }
      both[i] = channel;
    }
    Journal opened = new Journal(both, recovery, settings.journalBytes(), counters);
    opened.preallocate();
    // not only when this created a file: an earlier start may have failed before it got here
    GuardFileSystem.forceDirectoryOf(path);
    checkpoint = recovery.settledCheckpoint(data);
    if (!settled) {
      opened.announce(checkpoint);
    }
    deleteShadow();
    journal = opened;
  }

  private static long checkpointed(Recovery recovery) {
    var newest = recovery.newest();
    return newest == null ? 0 : newest.generation();
  }

  private static void closeAll(@Nullable FileChannel[] channels) throws IOException {
    for (FileChannel channel : channels) {
      if (channel != null) {
        channel.close();
      }
    }
  }

  private Overlay writable() throws IOException {
    Overlay current = recovered();
    if (readOnly) {
      throw new IOException("opened read only: " + path);
    }
    return current;
  }

  private void openSums(Recovery recovery) throws IOException {
    FilePath sumsPath = GuardFileSystem.sumsOf(path);
    try {
      FileChannel file =
          readOnly && !sumsPath.exists() ? null : sumsPath.open(readOnly ? "r" : "rw");
      sums = new BlockSums(path.name, file, readOnly, recovery, data);
    } catch (IOException e) {
      throw readOnly ? e : failed(e);
    }
  }

  private BlockSums openSums() {
    BlockSums current = sums;
    if (current == null) {
      throw new IllegalStateException("not recovered: " + path);
    }
    return current;
  }

  private Journal openJournal() {
    Journal current = journal;
    if (current == null) {
      throw new IllegalStateException("not recovered: " + path);
    }
    return current;
  }

  private void requireUsable() throws IOException {
    requireHealthy();
    if (!isOpen()) {
      throw new ClosedChannelException();
    }
  }

  private void requireHealthy() throws IOException {
    Throwable cause = failure.get();
    if (cause != null) {
      throw new GuardFailedException(path.name, cause);
    }
  }

  /** Poisons the channel; the first failure also stops the process, but for that of a shadow. */
  private GuardFailedException failed(Throwable cause) {
    Shadow open = shadow;
    // while a shadow doesn't count, no more has happened than that it won't
    boolean harmless = open != null && !open.isWhole();
    LOCKED.remove(path.name, this);
    if (failure.compareAndSet(null, cause) && !harmless) {
      settings.failStop().stop(path.name, cause);
    }
    return new GuardFailedException(path.name, cause);
  }

  /** Completes and forces the data file and marks the journals so that they do nothing. */
  @Override
  protected void implCloseChannel() throws IOException {
    operations.lock();
    LOCKED.remove(path.name, this);
    try (FileChannel closedLast = data;
        FileLock _ = lock) {
      Journal open = journal;
      if (open == null) {
        closeSums();
        return;
      }
      try {
        Shadow left = shadow;
        if (left != null) {
          left.close();
        } else if (failure.get() == null) {
          settle(open);
        }
      } finally {
        dataForce.exceptionally(_ -> null).join();
        open.close();
        closeSums();
      }
    } finally {
      operations.unlock();
    }
  }

  private void closeSums() throws IOException {
    BlockSums open = sums;
    if (open != null) {
      open.close();
    }
  }

  private void settle(Journal open) throws IOException {
    Overlay current = overlay;
    if (current != null) {
      commit(current);
    }
    if (begun) {
      try {
        checkpointNow(open);
      } catch (IOException | RuntimeException | Error e) {
        throw failed(e);
      }
    }
  }

  /** Says that all of this generation is forced in the data file, which it then is. */
  private void checkpointNow(Journal open) throws IOException {
    awaitDataForce();
    forceData();
    openSums().store(open.generation());
    checkpoint = new Checkpoint(open.generation(), lastWitness);
    open.announce(checkpoint);
  }

  @Override
  public String toString() {
    return path.toString();
  }

  /** The caller's view of the lock. */
  private final class HeldLock extends FileLock {

    private volatile boolean released;

    HeldLock(long position, long size, boolean shared) {
      super(GuardChannel.this, position, size, shared);
    }

    @Override
    public boolean isValid() {
      return !released && acquiredBy().isOpen();
    }

    @Override
    public void release() {
      released = true;
    }
  }
}
