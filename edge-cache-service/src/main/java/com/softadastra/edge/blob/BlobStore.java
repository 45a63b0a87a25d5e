package com.softadastra.edge.blob;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.store.StoreUnusable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs in one directory, by the hexadecimal name alone: {@code NAME.part} while it comes in,
 * {@code NAME.blob} once it is whole, verified and forced, {@code NAME.pin} where it is never
 * evicted, {@code NAME.damaged} where it was found not to be what was written. {@link BlobFile} has
 * the form.
 *
 * <p>The budget holds for all of these, and a blob that is coming in counts with its full length
 * from the beginning. What has to go for it goes by segmented LRU: blobs that were never asked for
 * since they came go first, the oldest before the others; what was asked for takes at most four
 * fifths of the budget. Chunks in memory go by W-TinyLFU (Caffeine).
 *
 * <p>All methods are for any thread.
 */
public final class BlobStore implements Closeable {
  static final String PARTIAL = ".part";
  static final String WHOLE = ".blob";
  static final String PIN = ".pin";
  static final String DAMAGED = ".damaged";

  private static final Logger LOG = LoggerFactory.getLogger(BlobStore.class);
  private static final Set<String> KINDS = Set.of(PARTIAL, WHOLE, PIN, DAMAGED);

  private final BlobDirectory directory;
  private final BlobLimits limits;
  private final InstantSource clock;
  private final Cache<Chunk, byte[]> memory;

  // all below under the lock of this; lengths of blobs, the first is the next to go
  private final LinkedHashMap<BlobId, Long> unasked = new LinkedHashMap<>();
  private final LinkedHashMap<BlobId, Long> asked = new LinkedHashMap<>();
  private final Map<BlobId, Long> pinned = new HashMap<>();
  private final LinkedHashMap<BlobId, Long> damaged = new LinkedHashMap<>();
  private final Map<BlobId, Partial> partials = new HashMap<>();
  private final Set<BlobId> unrestored = new HashSet<>();
  private final Set<BlobId> pins = new HashSet<>();

  /** What all files count for, and what of that can't go. */
  private long used;

  private long kept;
  private long askedWeight;
  private long evictions;
  private long damages;

  private record Chunk(BlobId id, int number) {}

  /** Loads a chunk. */
  interface Loading {
    byte[] load() throws IOException;
  }

  /**
   * What is there of a blob that isn't whole.
   *
   * @param offset bytes from its beginning
   * @param total bytes that it will have
   */
  public record Progress(long offset, long total) {}

  /**
   * What there is.
   *
   * @param bytes what all files count for in the budget, blobs that are coming in with their full
   *     length
   * @param pinned of the blobs
   * @param partial blobs that aren't whole
   * @param evicted since the start, as {@code damaged}
   */
  public record Totals(
      long blobs, long bytes, long pinned, long partial, long evicted, long damaged) {}

  private BlobStore(BlobDirectory directory, BlobLimits limits, InstantSource clock) {
    this.directory = directory;
    this.limits = limits;
    this.clock = clock;
    memory =
        Caffeine.newBuilder()
            .maximumWeight(limits.memoryBytes())
            .weigher((Chunk _, byte[] bytes) -> bytes.length + 64)
            .executor(Runnable::run)
            .build();
  }

  /**
   * Opens the directory and finds what is whole in it.
   *
   * @throws StoreUnusable where it can't be written, or another process has it
   */
  public static BlobStore open(Path directory, BlobLimits limits, InstantSource clock) {
    return open(new BlobDirectory(directory), limits, clock);
  }

  static BlobStore open(BlobDirectory directory, BlobLimits limits, InstantSource clock) {
    var store = new BlobStore(directory, limits, clock);
    try {
      store.load();
    } catch (IOException e) {
      closeQuietly(directory);
      throw new StoreUnusable("The blobs can't be read: " + e.getMessage(), e);
    }
    return store;
  }

  private synchronized void load() throws IOException {
    var files = directory.files();
    files.forEach(file -> named(file.name(), PIN).ifPresent(pins::add));
    for (var file : files) {
      String name = file.name();
      var whole = named(name, WHOLE);
      var partial = named(name, PARTIAL);
      boolean isOurs = KINDS.stream().anyMatch(kind -> named(name, kind).isPresent());
      boolean isKept =
          whole.map(id -> loadWhole(id, file)).orElse(false)
              || partial.map(id -> loadPartial(id, file)).orElse(false)
              || name.endsWith(PIN);
      if (isOurs && !isKept) {
        directory.delete(name);
      }
    }
    makeRoom(0);
  }

  private static Optional<BlobId> named(String name, String kind) {
    return name.endsWith(kind)
        ? BlobId.parse(name.substring(0, name.length() - kind.length()))
        : Optional.empty();
  }

  private boolean loadWhole(BlobId id, BlobDirectory.Found file) {
    var total = total(id, file.name());
    if (total.isEmpty() || file.bytes() != BlobFile.fileBytes(total.getAsLong())) {
      return false;
    }
    used += BlobFile.weight(total.getAsLong());
    add(id, total.getAsLong());
    return true;
  }

  private boolean loadPartial(BlobId id, BlobDirectory.Found file) {
    var total = total(id, file.name());
    if (total.isEmpty() || total.getAsLong() > limits.largestBytes()) {
      return false;
    }
    long weight = BlobFile.weight(total.getAsLong());
    used += weight;
    kept += weight;
    partials.put(
        id, new Partial(id, total.getAsLong(), Instant.ofEpochMilli(file.modifiedMillis())));
    unrestored.add(id);
    return true;
  }

  private OptionalLong total(BlobId id, String name) {
    try (var file = directory.read(name)) {
      return BlobFile.total(file, id);
    } catch (IOException e) {
      LOG.warn("blob {} is given up", id, e);
      return OptionalLong.empty();
    }
  }

  // ---- what is whole

  /** Whether it is here; doesn't count as being asked for. */
  public synchronized boolean has(BlobId id) {
    return total(id) != null;
  }

  private @Nullable Long total(BlobId id) {
    var total = pinned.get(id);
    total = total == null ? asked.get(id) : total;
    return total == null ? unasked.get(id) : total;
  }

  /** To read it; it stays longer then. */
  public synchronized Optional<BlobReader> read(BlobId id) {
    var total = total(id);
    if (total == null) {
      return Optional.empty();
    }
    FileChannel file;
    try {
      file = directory.read(id + WHOLE);
    } catch (IOException e) {
      quarantine(id, e);
      return Optional.empty();
    }
    touch(id);
    return Optional.of(new BlobReader(this, id, total, file));
  }

  private void touch(BlobId id) {
    var first = unasked.remove(id);
    if (first != null) {
      asked.put(id, first);
      askedWeight += BlobFile.weight(first);
      while (askedWeight > limits.diskBytes() / 5 * 4 && asked.size() > 1) {
        var eldest = asked.pollFirstEntry();
        askedWeight -= BlobFile.weight(eldest.getValue());
        unasked.put(eldest.getKey(), eldest.getValue());
      }
    } else if (asked.containsKey(id)) {
      asked.putLast(id, asked.get(id));
    }
  }

  byte[] chunk(BlobId id, int number, Loading loading) throws IOException {
    var key = new Chunk(id, number);
    byte[] known = memory.getIfPresent(key);
    if (known == null) {
      known = loading.load();
      memory.put(key, known);
    }
    return known;
  }

  /** It isn't served any more; its file stays aside until it comes again or its room is needed. */
  synchronized void quarantine(BlobId id, Throwable why) {
    var total = forget(id);
    if (total == null) {
      return;
    }
    LOG.warn("a blob is damaged and no longer served", why);
    damages++;
    try {
      directory.rename(id + WHOLE, id + DAMAGED);
      var before = damaged.put(id, total);
      used -= before == null ? 0 : BlobFile.weight(before);
    } catch (IOException e) {
      LOG.warn("blob {} can't be put aside", id, e);
      delete(id + WHOLE);
      used -= BlobFile.weight(total);
    }
  }

  private void add(BlobId id, long total) {
    if (pins.contains(id)) {
      pinned.put(id, total);
      kept += BlobFile.weight(total);
    } else {
      unasked.put(id, total);
    }
  }

  private @Nullable Long forget(BlobId id) {
    var total = unasked.remove(id);
    if (total == null) {
      total = asked.remove(id);
      askedWeight -= total == null ? 0 : BlobFile.weight(total);
    }
    if (total == null) {
      total = pinned.remove(id);
      kept -= total == null ? 0 : BlobFile.weight(total);
    }
    return total;
  }

  /**
   * It is never evicted from now on, nor after a crash.
   *
   * @return whether it is here
   */
  public synchronized boolean pin(BlobId id) throws IOException {
    var total = total(id);
    if (total == null) {
      return false;
    }
    if (!pins.contains(id)) {
      try (var file = directory.create(id + PIN)) {
        directory.force(id + PIN, file);
      }
      directory.forceNames();
      forget(id);
      pins.add(id);
      add(id, total);
    }
    return true;
  }

  /** It may be evicted again. */
  public synchronized void unpin(BlobId id) throws IOException {
    if (pins.contains(id)) {
      directory.delete(id + PIN);
      directory.forceNames();
      pins.remove(id);
      var total = forget(id);
      if (total != null) {
        add(id, total);
      }
    }
  }

  // ---- what is coming in

  /** How much of a blob is there that isn't whole. */
  public Optional<Progress> progress(BlobId id) {
    Partial partial;
    synchronized (this) {
      dropIdle();
      partial = partials.get(id);
      if (partial == null) {
        return Optional.empty();
      }
      if (partial.busy || !unrestored.contains(id)) {
        return Optional.of(new Progress(partial.offset(), partial.total));
      }
      partial.busy = true;
    }
    try {
      leave(partial, opened(partial));
    } catch (IOException e) {
      LOG.warn("what was there of blob {} is given up", id, e);
      drop(partial, null);
      return Optional.empty();
    }
    return Optional.of(new Progress(partial.offset(), partial.total));
  }

  /**
   * Begins a blob, or goes on with one.
   *
   * @param total bytes that it will have
   * @param from where to go on; 0 begins anew, whatever is there
   * @return empty where the blob is here, whole
   * @throws Refused {@code blob-busy} where somebody else adds to it, {@code blob-offset} where it
   *     goes on elsewhere, {@code document-too-large}, {@code storage-full}
   */
  public Optional<BlobWriter> write(BlobId id, long total, long from) throws IOException {
    Partial partial;
    synchronized (this) {
      if (has(id)) {
        return Optional.empty();
      }
      dropIdle();
      partial = partials.get(id);
      if (partial != null && partial.busy) {
        throw new Refused(ProblemCode.BLOB_BUSY, "this blob is coming in by another request");
      }
      if (partial != null && from == 0) {
        drop(partial, null);
        partial = null;
      }
      if (partial == null) {
        if (from != 0) {
          throw elsewhere(0);
        }
        return Optional.of(begin(id, total));
      }
      partial.busy = true;
    }
    var file = opened(partial);
    if (partial.offset() != from || partial.total != total) {
      leave(partial, file);
      throw elsewhere(partial.offset());
    }
    return Optional.of(new BlobWriter(this, partial, file));
  }

  private static Refused elsewhere(long offset) {
    return new Refused(
        Problem.of(ProblemCode.BLOB_OFFSET, offset + " bytes of this blob are there")
            .with("offset", Long.toString(offset)));
  }

  private BlobWriter begin(BlobId id, long total) throws IOException {
    if (total > limits.largestBytes()) {
      throw new Refused(
          Problem.of(
                  ProblemCode.DOCUMENT_TOO_LARGE,
                  "a blob may have " + limits.largestBytes() + " bytes")
              .with("limit", Long.toString(limits.largestBytes())));
    }
    long weight = BlobFile.weight(total);
    if (weight > limits.diskBytes() - kept) {
      throw new Refused(
          ProblemCode.STORAGE_FULL,
          "pinned blobs and those that are coming in leave no room for that many bytes");
    }
    makeRoom(weight);
    if (directory.usableBytes() < limits.reserveBytes() + weight) {
      throw new Refused(ProblemCode.STORAGE_FULL, "the disk has no room for that many bytes");
    }
    var partial = new Partial(id, total, clock.instant());
    var file = directory.create(partial.file());
    try {
      Partial.write(file, BlobFile.header(id, total), 0);
    } catch (IOException e) {
      closeQuietly(file);
      delete(partial.file());
      throw e;
    }
    partial.busy = true;
    partials.put(id, partial);
    used += weight;
    kept += weight;
    return new BlobWriter(this, partial, file);
  }

  /**
   * Opens what somebody has begun, who may have been another process. Only for who made it busy.
   */
  private FileChannel opened(Partial partial) throws IOException {
    boolean isUnrestored;
    synchronized (this) {
      isUnrestored = unrestored.remove(partial.id);
    }
    FileChannel file = null;
    try {
      file = directory.write(partial.file());
      if (isUnrestored) {
        partial.restore(file);
      }
      return file;
    } catch (IOException e) {
      drop(partial, file);
      throw e;
    }
  }

  void commit(Partial partial, FileChannel file) throws IOException {
    var id = partial.id;
    try (file) {
      if (!partial.isAsNamed()) {
        throw new Refused(ProblemCode.BLOB_MISMATCH, "the bytes have another SHA-256");
      }
      directory.force(partial.file(), file);
      synchronized (this) {
        directory.rename(partial.file(), id + WHOLE);
        directory.forceNames();
        partials.remove(id);
        kept -= BlobFile.weight(partial.total);
        var aside = damaged.remove(id);
        if (aside != null) {
          delete(id + DAMAGED);
          used -= BlobFile.weight(aside);
        }
        add(id, partial.total);
      }
    } catch (IOException | Refused e) {
      // a name that may not be forced is as good as none
      delete(id + WHOLE);
      drop(partial, null);
      throw e;
    }
  }

  synchronized void leave(Partial partial, FileChannel file) {
    closeQuietly(file);
    partial.busy = false;
    partial.touched = clock.instant();
  }

  synchronized void drop(Partial partial, @Nullable FileChannel file) {
    if (file != null) {
      closeQuietly(file);
    }
    if (partials.remove(partial.id, partial)) {
      unrestored.remove(partial.id);
      delete(partial.file());
      used -= BlobFile.weight(partial.total);
      kept -= BlobFile.weight(partial.total);
    }
  }

  private void dropIdle() {
    var oldest = clock.instant().minus(limits.idle());
    for (var partial : List.copyOf(partials.values())) {
      if (!partial.busy && partial.touched.isBefore(oldest)) {
        drop(partial, null);
      }
    }
  }

  /** Evicts until there is room for that much more. */
  private void makeRoom(long weight) {
    while (used + weight > limits.diskBytes()) {
      var aside = damaged.pollFirstEntry();
      if (aside != null) {
        delete(aside.getKey() + DAMAGED);
        used -= BlobFile.weight(aside.getValue());
        continue;
      }
      var next = unasked.isEmpty() ? asked.firstEntry() : unasked.firstEntry();
      if (next == null) {
        return;
      }
      forget(next.getKey());
      delete(next.getKey() + WHOLE);
      used -= BlobFile.weight(next.getValue());
      evictions++;
    }
  }

  private void delete(String name) {
    try {
      directory.delete(name);
    } catch (IOException e) {
      LOG.warn("{} can't be removed", name, e);
    }
  }

  public synchronized Totals totals() {
    return new Totals(
        (long) unasked.size() + asked.size() + pinned.size(),
        used,
        pinned.size(),
        partials.size(),
        evictions,
        damages);
  }

  static void closeQuietly(Closeable file) {
    try {
      file.close();
    } catch (IOException e) {
      LOG.debug("a file can't be closed", e);
    }
  }

  @Override
  public void close() {
    closeQuietly(directory);
  }
}
