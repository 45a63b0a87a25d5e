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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
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
 * Blobs in one directory, by the hexadecimal name alone: {@code NAME.part} while a client sends it,
 * {@code NAME.given} while a peer does, {@code NAME.blob} once it is whole, verified and forced,
 * {@code NAME.pin} where it is never evicted, {@code NAME.damaged} where it was found not to be
 * what was written. {@link BlobFile} has the form.
 *
 * <p>The budget holds for all of these, and a blob that a client sends counts with its full length
 * from the beginning; one that a peer gives with what has come. What has to go for it goes by
 * segmented LRU: blobs that were never asked for since they came go first, the oldest before the
 * others; what was asked for takes at most four fifths of the budget. Chunks in memory go by
 * W-TinyLFU (Caffeine).
 *
 * <p>All methods are for any thread.
 */
public final class BlobStore implements Closeable {
  static final String PARTIAL = ".part";
  static final String GIVEN = ".given";
  static final String WHOLE = ".blob";
  static final String PIN = ".pin";
  static final String DAMAGED = ".damaged";

  private static final Logger LOG = LoggerFactory.getLogger(BlobStore.class);
  private static final Set<String> KINDS = Set.of(PARTIAL, GIVEN, WHOLE, PIN, DAMAGED);

  private final BlobDirectory directory;
  private final BlobLimits limits;
  private final InstantSource clock;
  private final Cache<Chunk, byte[]> memory;

  /** Held while a pin's file comes or goes, which may take long; never taken under that of this. */
  private final Object pinning = new Object();

  // all below under the lock of this; the first blob is the next to go
  private final LinkedHashMap<BlobId, Stored> unasked = new LinkedHashMap<>();
  private final LinkedHashMap<BlobId, Stored> asked = new LinkedHashMap<>();
  private final Map<BlobId, Stored> pinned = new HashMap<>();
  private final LinkedHashMap<BlobId, Stored> damaged = new LinkedHashMap<>();

  /** Files that could not be opened yet, which may be whole, and what they count for. */
  private final Map<BlobId, Long> unopened = new HashMap<>();

  private final Map<BlobId, Partial> partials = new HashMap<>();
  private final Set<BlobId> unrestored = new HashSet<>();
  private final Set<BlobId> pins = new HashSet<>();

  /** What all files count for, and what of that can't go. */
  private long used;

  private long kept;
  private long askedWeight;
  private long evictions;
  private long damages;
  private long files;

  /**
   * A file that is whole; no other has its number, not even one of the same blob.
   *
   * @param total bytes of the blob
   */
  record Stored(long number, long total) {
    long weight() {
      return BlobFile.weight(total);
    }
  }

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
   * @param bytes what all files count for in the budget, blobs that clients send with their full
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
      var partial = named(name, PARTIAL).or(() -> named(name, GIVEN));
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
    OptionalLong total;
    try {
      total = whole(id);
    } catch (IOException e) {
      LOG.warn("blob {} can't be opened; its file stays, and is served once it can be", id, e);
      long weight = BlobFile.weightOfFile(file.bytes());
      unopened.put(id, weight);
      used += weight;
      kept += weight;
      return true;
    }
    total.ifPresent(bytes -> load(id, bytes));
    return total.isPresent();
  }

  private void load(BlobId id, long total) {
    var stored = new Stored(files++, total);
    used += stored.weight();
    add(id, stored);
  }

  /** The length of a blob whose file is as long as it should be; else empty, which is said. */
  private OptionalLong whole(BlobId id) throws IOException {
    try (var file = directory.read(id + WHOLE)) {
      var total = BlobFile.total(file, id);
      if (total.isPresent() && file.size() == BlobFile.fileBytes(total.getAsLong())) {
        return total;
      }
    } catch (NoSuchFileException _) {
      return OptionalLong.empty();
    }
    LOG.warn("the file of blob {} is not what was written, and is removed", id);
    return OptionalLong.empty();
  }

  private boolean loadPartial(BlobId id, BlobDirectory.Found file) {
    OptionalLong total;
    try {
      total = total(id, file.name());
    } catch (IOException e) {
      LOG.warn("what was there of blob {} is given up", id, e);
      return false;
    }
    boolean isAnother = partials.containsKey(id);
    if (isAnother || total.isEmpty() || total.getAsLong() > limits.largestBytes()) {
      return false;
    }
    var touched = Instant.ofEpochMilli(file.modifiedMillis());
    var partial = new Partial(id, total.getAsLong(), file.name().endsWith(GIVEN), touched);
    partial.weight = BlobFile.weight(partial.total);
    if (partial.fetched) {
      partial.weight = Math.min(partial.weight, BlobFile.weightOfFile(file.bytes()));
    }
    used += partial.weight;
    kept += partial.isKept() ? partial.weight : 0;
    partials.put(id, partial);
    unrestored.add(id);
    return true;
  }

  private OptionalLong total(BlobId id, String name) throws IOException {
    try (var file = directory.read(name)) {
      return BlobFile.total(file, id);
    }
  }

  // ---- what is whole

  /** Whether it is here; doesn't count as being asked for. */
  public synchronized boolean has(BlobId id) {
    return found(id) != null;
  }

  /** Also what could not be opened before, and can be now. */
  private @Nullable Stored found(BlobId id) {
    var weight = unopened.get(id);
    var coming = partials.get(id);
    // else it may be what has come, before that is forced
    if (weight != null && (coming == null || !coming.busy)) {
      try {
        var total = whole(id);
        used -= weight;
        kept -= weight;
        unopened.remove(id);
        total.ifPresentOrElse(bytes -> load(id, bytes), () -> delete(id + WHOLE));
      } catch (IOException e) {
        LOG.debug("blob {} still can't be opened", id, e);
      }
    }
    return stored(id);
  }

  private @Nullable Stored stored(BlobId id) {
    var stored = pinned.get(id);
    stored = stored == null ? asked.get(id) : stored;
    return stored == null ? unasked.get(id) : stored;
  }

  /**
   * To read it; it stays longer then.
   *
   * @throws BlobUnreadable where its file can't be opened now; the blob stays
   */
  public synchronized Optional<BlobReader> read(BlobId id) throws BlobUnreadable {
    var stored = found(id);
    if (stored == null) {
      return Optional.empty();
    }
    FileChannel file;
    try {
      file = directory.read(id + WHOLE);
    } catch (NoSuchFileException e) {
      quarantine(id, stored, e);
      return Optional.empty();
    } catch (IOException e) {
      throw new BlobUnreadable(id, false, e);
    }
    touch(id);
    return Optional.of(new BlobReader(this, id, stored, file));
  }

  private void touch(BlobId id) {
    var first = unasked.remove(id);
    if (first != null) {
      asked.put(id, first);
      askedWeight += first.weight();
      while (askedWeight > limits.diskBytes() / 5 * 4 && asked.size() > 1) {
        var eldest = asked.pollFirstEntry();
        askedWeight -= eldest.getValue().weight();
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

  /**
   * It isn't served any more; its file stays aside until it comes again or its room is needed.
   *
   * @param stored the file that is damaged; one that came since is left alone
   */
  synchronized void quarantine(BlobId id, Stored stored, Throwable why) {
    if (!stored.equals(stored(id))) {
      return;
    }
    forget(id);
    LOG.warn("a blob is damaged and no longer served", why);
    damages++;
    try {
      directory.rename(id + WHOLE, id + DAMAGED);
      var before = damaged.put(id, stored);
      used -= before == null ? 0 : before.weight();
    } catch (IOException e) {
      LOG.warn("blob {} can't be put aside", id, e);
      delete(id + WHOLE);
      used -= stored.weight();
    }
  }

  private void add(BlobId id, Stored stored) {
    if (pins.contains(id)) {
      pinned.put(id, stored);
      kept += stored.weight();
    } else {
      unasked.put(id, stored);
    }
  }

  private @Nullable Stored forget(BlobId id) {
    var stored = unasked.remove(id);
    if (stored == null) {
      stored = asked.remove(id);
      askedWeight -= stored == null ? 0 : stored.weight();
    }
    if (stored == null) {
      stored = pinned.remove(id);
      kept -= stored == null ? 0 : stored.weight();
    }
    return stored;
  }

  /**
   * It is never evicted from now on, nor after a crash.
   *
   * @return whether it is here
   */
  public boolean pin(BlobId id) throws IOException {
    synchronized (pinning) {
      synchronized (this) {
        if (found(id) == null) {
          return false;
        }
        if (pins.contains(id)) {
          return true;
        }
        // it must not go while its pin is forced
        mark(id, true);
      }
      try {
        try (var file = directory.create(id + PIN)) {
          directory.force(id + PIN, file);
        }
        directory.forceNames();
      } catch (IOException e) {
        mark(id, false);
        delete(id + PIN);
        throw e;
      }
      return true;
    }
  }

  /** It may be evicted again. */
  public void unpin(BlobId id) throws IOException {
    synchronized (pinning) {
      synchronized (this) {
        if (!pins.contains(id)) {
          return;
        }
      }
      directory.delete(id + PIN);
      directory.forceNames();
      mark(id, false);
    }
  }

  private synchronized void mark(BlobId id, boolean isPinned) {
    var stored = forget(id);
    if (isPinned) {
      pins.add(id);
    } else {
      pins.remove(id);
    }
    if (stored != null) {
      add(id, stored);
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
      take(partial);
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
   * Begins a blob, or goes on with one. Room for all of it is made at once.
   *
   * @param total bytes that it will have
   * @param from where to go on; 0 begins anew, whatever is there
   * @return empty where the blob is here, whole
   * @throws Refused {@code blob-busy} where somebody else adds to it, {@code blob-offset} where it
   *     goes on elsewhere, {@code document-too-large}, {@code storage-full}
   */
  public Optional<BlobWriter> write(BlobId id, long total, long from) throws IOException {
    return write(id, total, from, false);
  }

  /**
   * The same for what a peer gives: a length that it told is no reason to evict anything, so room
   * is made as bytes come, and taken back where nobody fetches it on.
   */
  Optional<BlobWriter> writeFetched(BlobId id, long total, long from) throws IOException {
    return write(id, total, from, true);
  }

  private Optional<BlobWriter> write(BlobId id, long total, long from, boolean isFetched)
      throws IOException {
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
        return Optional.of(begin(id, total, isFetched));
      }
      take(partial);
    }
    var file = opened(partial);
    if (partial.offset() != from || partial.total != total) {
      leave(partial, file);
      throw elsewhere(partial.offset());
    }
    if (partial.fetched && !isFetched) {
      claim(partial, file);
    }
    return Optional.of(new BlobWriter(this, partial, file));
  }

  private static Refused elsewhere(long offset) {
    return new Refused(
        Problem.of(ProblemCode.BLOB_OFFSET, offset + " bytes of this blob are there")
            .with("offset", Long.toString(offset)));
  }

  private BlobWriter begin(BlobId id, long total, boolean isFetched) throws IOException {
    if (total > limits.largestBytes()) {
      throw new Refused(
          Problem.of(
                  ProblemCode.DOCUMENT_TOO_LARGE,
                  "a blob may have " + limits.largestBytes() + " bytes")
              .with("limit", Long.toString(limits.largestBytes())));
    }
    requireRoom(BlobFile.weight(total));
    long weight = BlobFile.weight(isFetched ? 0 : total);
    makeRoom(weight);
    var partial = new Partial(id, total, isFetched, clock.instant());
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
    reserve(partial, weight);
    return new BlobWriter(this, partial, file);
  }

  /** Whether that much more can be had, whatever has to go for it. */
  private void requireRoom(long weight) {
    if (weight > limits.diskBytes() - kept) {
      throw new Refused(
          ProblemCode.STORAGE_FULL,
          "pinned blobs and those that are coming in leave no room for that many bytes");
    }
  }

  private void reserve(Partial partial, long weight) {
    partial.weight += weight;
    used += weight;
    kept += weight;
  }

  private void take(Partial partial) {
    kept += partial.isKept() ? 0 : partial.weight;
    partial.busy = true;
  }

  /**
   * Makes room for the first bytes of a blob, for who adds to it.
   *
   * @throws Refused {@code storage-full}
   */
  synchronized void makeRoom(Partial partial, long bytes) {
    long more = BlobFile.weight(bytes) - partial.weight;
    if (more > 0) {
      requireRoom(more);
      makeRoom(more);
      reserve(partial, more);
    }
  }

  /** A client goes on with what was fetched: all of it has room from now on. */
  private void claim(Partial partial, FileChannel file) throws IOException {
    try {
      synchronized (this) {
        makeRoom(partial, partial.total);
        directory.rename(partial.file(), partial.id + PARTIAL);
        partial.fetched = false;
      }
    } catch (IOException | Refused e) {
      leave(partial, file);
      throw e;
    }
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
      // nobody else has the blob while it is busy here
      directory.rename(partial.file(), id + WHOLE);
    } catch (IOException | Refused e) {
      drop(partial, null);
      throw e;
    }
    try {
      directory.forceNames();
    } catch (IOException e) {
      // a name that may not be forced is as good as none
      delete(id + WHOLE);
      drop(partial, null);
      throw e;
    }
    committed(partial);
  }

  private synchronized void committed(Partial partial) {
    var id = partial.id;
    partials.remove(id);
    kept -= partial.weight;
    var aside = damaged.remove(id);
    if (aside != null) {
      delete(id + DAMAGED);
      used -= aside.weight();
    }
    var over = unopened.remove(id);
    if (over != null) {
      used -= over;
      kept -= over;
    }
    add(id, new Stored(files++, partial.total));
  }

  synchronized void leave(Partial partial, FileChannel file) {
    closeQuietly(file);
    partial.busy = false;
    kept -= partial.isKept() ? 0 : partial.weight;
    partial.touched = clock.instant();
  }

  synchronized void drop(Partial partial, @Nullable FileChannel file) {
    if (file != null) {
      closeQuietly(file);
    }
    if (partials.remove(partial.id, partial)) {
      unrestored.remove(partial.id);
      delete(partial.file());
      used -= partial.weight;
      kept -= partial.isKept() ? partial.weight : 0;
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

  /**
   * Evicts until there is room for that much more: what is damaged first, then what was fetched in
   * part and nobody waits for.
   *
   * @throws Refused {@code storage-full} where the disk itself has no such room
   */
  private void makeRoom(long weight) {
    while (used + weight > limits.diskBytes()) {
      var aside = damaged.pollFirstEntry();
      if (aside != null) {
        delete(aside.getKey() + DAMAGED);
        used -= aside.getValue().weight();
        continue;
      }
      var given =
          partials.values().stream()
              .filter(partial -> !partial.isKept())
              .min(Comparator.comparing(partial -> partial.touched));
      if (given.isPresent()) {
        drop(given.get(), null);
        continue;
      }
      var next = unasked.isEmpty() ? asked.firstEntry() : unasked.firstEntry();
      if (next == null) {
        break;
      }
      forget(next.getKey());
      delete(next.getKey() + WHOLE);
      used -= next.getValue().weight();
      evictions++;
    }
    if (weight > 0 && directory.usableBytes() < limits.reserveBytes() + weight) {
      throw new Refused(ProblemCode.STORAGE_FULL, "the disk has no room for that many bytes");
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
