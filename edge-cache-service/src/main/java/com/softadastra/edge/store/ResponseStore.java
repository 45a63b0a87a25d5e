package com.softadastra.edge.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.edge.policy.Variants;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Responses by URI, in one directory: {@code ID.body}, written while it comes in, and {@code
 * ID.head}, which appears whole, after the body was forced. A body without a head is nothing; the
 * next start removes it.
 *
 * <p>A response answers requests as soon as its body has come, before it is forced. What the budget
 * has no room for goes by frequency and recency (W-TinyLFU). All methods are for any thread.
 */
public final class ResponseStore implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(ResponseStore.class);

  /** Each response counts for its head, and for what it holds in memory. */
  private static final int LEAST_BYTES = 16 << 10;

  private static final int BLOCK_BYTES = 4 << 10;
  private static final int MOST_HEAD_BYTES = 1 << 20;
  private static final int MOST_VARIANTS = 32;
  private static final int SMALL_BYTES = 64 << 10;
  private static final int MOST_WAITING = 1024;
  private static final long RESERVE_BYTES = 64L << 20;

  private final Path directory;
  private final FileChannel lockFile;
  private final long budget;
  private final ConcurrentHashMap<String, List<Stored>> byKey = new ConcurrentHashMap<>();
  private final Cache<String, Stored> entries;
  private final Cache<String, byte[]> small;
  private final AtomicLong coming = new AtomicLong();
  private final ThreadPoolExecutor disk =
      new ThreadPoolExecutor(
          1,
          1,
          1,
          TimeUnit.MINUTES,
          new ArrayBlockingQueue<>(MOST_WAITING),
          Thread.ofPlatform().name("http-cache-disk").factory(),
          new ThreadPoolExecutor.CallerRunsPolicy());

  private ResponseStore(Path directory, FileChannel lockFile, long budget, long memory) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.budget = budget;
    entries =
        Caffeine.newBuilder()
            .maximumWeight(budget / BLOCK_BYTES)
            .weigher((String _, Stored stored) -> blocks(stored))
            .executor(Runnable::run)
            .<String, Stored>removalListener((_, stored, cause) -> {
              if (cause.wasEvicted() && stored != null) {
                forget(stored);
              }
            })
            .build();
    small =
        Caffeine.newBuilder()
            .maximumWeight(memory)
            .weigher((String _, byte[] body) -> body.length + 64)
            .executor(Runnable::run)
            .build();
  }

  private static int blocks(Stored stored) {
    return (int) Math.max(LEAST_BYTES / BLOCK_BYTES, stored.bytes() / BLOCK_BYTES + 2);
  }

  /**
   * Opens the directory and finds what is whole in it.
   *
   * @param budget bytes on disk
   * @param memory bytes of small bodies kept in memory
   * @param isWanted by key; what isn't is removed
   * @throws StoreUnusable where it can't be written, or another process has it
   */
  public static ResponseStore open(
      Path directory, long budget, long memory, Predicate<String> isWanted) {
    try {
      Files.createDirectories(directory);
      var store = new ResponseStore(directory, lock(directory), budget, memory);
      store.load(isWanted);
      return store;
    } catch (IOException e) {
      throw new StoreUnusable(
          "The directory " + directory + " can't be written: " + e.getMessage(), e);
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    var channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException _) {
      // this process has it, which is said below
    }
    if (lock == null) {
      channel.close();
      throw new StoreUnusable(
          "The directory " + directory + " is in use by another process.", null);
    }
    return channel;
  }

  private void load(Predicate<String> isWanted) throws IOException {
    Set<String> names = new HashSet<>();
    try (var files = Files.newDirectoryStream(directory)) {
      files.forEach(file -> names.add(file.getFileName().toString()));
    }
    names.remove("lock");
    for (String name : List.copyOf(names)) {
      if (name.endsWith(".head") && names.contains(bodyOf(name))) {
        var stored = read(name.substring(0, name.length() - 5), isWanted);
        if (stored.isPresent()) {
          names.remove(name);
          names.remove(bodyOf(name));
          add(stored.get());
        }
      }
    }
    for (String name : names) {
      Files.deleteIfExists(directory.resolve(name));
    }
  }

  private static String bodyOf(String headName) {
    return headName.replace(".head", ".body");
  }

  private Optional<Stored> read(String id, Predicate<String> isWanted) throws IOException {
    if (Files.size(head(id)) > MOST_HEAD_BYTES) {
      return Optional.empty();
    }
    long bytes = Files.size(body(id));
    return HeadFile.decode(id, Files.readAllBytes(head(id)))
        .filter(stored -> stored.bytes() == bytes && isWanted.test(stored.key()));
  }

  private Path head(String id) {
    return directory.resolve(id + ".head");
  }

  private Path body(String id) {
    return directory.resolve(id + ".body");
  }

  /** All that is stored of one URI. */
  public List<Stored> variants(String key) {
    return byKey.getOrDefault(key, List.of());
  }

  /**
   * Room for a body that is about to come.
   *
   * @param announced its length, or -1
   * @return empty where there is none: then it is passed on without being kept
   */
  public Optional<Incoming> begin(long announced) {
    long expected = Math.max(announced, LEAST_BYTES);
    boolean fits =
        expected <= budget / 4
            && coming.get() + expected <= budget / 2
            && directory.toFile().getUsableSpace() > RESERVE_BYTES + expected;
    if (!fits) {
      return Optional.empty();
    }
    String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    try {
      var incoming = new Incoming(id, body(id), announced);
      coming.addAndGet(expected);
      return Optional.of(incoming);
    } catch (IOException e) {
      LOG.warn("a response is not kept", e);
      return Optional.empty();
    }
  }

  /**
   * The body has come: it answers requests from now on, in place of what answered the same ones.
   * Its readers hear of it with {@link #keep}.
   *
   * @param request whose answer it is
   */
  public Stored publish(Incoming incoming, String key, ResponseHead head, Headers request) {
    var stored = new Stored(incoming.id(), key, head, incoming.written(), incoming.checksum());
    for (var older : variants(key)) {
      if (Variants.matches(older.head().selecting(), request)) {
        remove(older);
      }
    }
    add(stored);
    return stored;
  }

  /** Tells the readers of what was published that it is whole, and puts it on disk. */
  public void keep(Incoming incoming, Stored stored) {
    incoming.complete();
    disk.execute(() -> {
      try (var file = incoming.channel()) {
        file.force(true);
        writeHead(stored);
      } catch (IOException e) {
        LOG.warn("a response is not kept", e);
        remove(stored);
      } finally {
        released(incoming);
      }
    });
  }

  /** The body has come and is not wanted any more; its readers may finish. */
  public void discard(Incoming incoming) {
    incoming.complete();
    drop(incoming);
  }

  /** The body won't come; its readers are told. */
  public void abort(Incoming incoming, Throwable why) {
    incoming.fail(why);
    drop(incoming);
  }

  private void drop(Incoming incoming) {
    Incoming.closeQuietly(incoming.channel());
    delete(incoming.file());
    released(incoming);
  }

  private void released(Incoming incoming) {
    coming.addAndGet(-Math.max(incoming.announced(), LEAST_BYTES));
  }

  private void add(Stored stored) {
    var tooMany = new ArrayList<Stored>();
    byKey.compute(
        stored.key(),
        (_, variants) -> {
          var more = new ArrayList<>(variants == null ? List.of() : variants);
          more.add(stored);
          while (more.size() > MOST_VARIANTS) {
            tooMany.add(more.removeFirst());
          }
          return List.copyOf(more);
        });
    tooMany.forEach(this::remove);
    entries.put(stored.id(), stored);
  }

  /** Its head was confirmed or corrected by the origin. */
  public void refresh(Stored stored, ResponseHead head) {
    boolean says = !without(stored.head()).equals(without(head));
    boolean isFreshAgain = head.control().has("max-age") || head.headers().has("Expires");
    stored.refresh(head);
    if (says || isFreshAgain) {
      disk.execute(() -> writeHead(stored));
    }
  }

  private static Headers without(ResponseHead head) {
    return head.headers().without(name -> name.equals("date") || name.equals("age"));
  }

  private void writeHead(Stored stored) {
    synchronized (stored) {
      if (stored.isRemoved()) {
        return;
      }
      var temporary = directory.resolve(stored.id() + ".new");
      try (var file =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        var bytes = ByteBuffer.wrap(HeadFile.encode(stored));
        while (bytes.hasRemaining()) {
          file.write(bytes);
        }
        file.force(true);
        Files.move(temporary, head(stored.id()), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        LOG.warn("a response's head is not kept", e);
        delete(temporary);
      }
    }
  }

  /** It was used: it stays longer. */
  public void touch(Stored stored) {
    var _ = entries.getIfPresent(stored.id());
  }

  /** Its body; empty where it is gone or damaged, and then it is no longer stored. */
  public Optional<Body> body(Stored stored) {
    try {
      if (stored.bytes() > SMALL_BYTES) {
        return Optional.of(new StoredBody(body(stored.id()), stored, () -> damaged(stored)));
      }
      byte[] known = small.getIfPresent(stored.id());
      if (known == null) {
        known = load(stored);
        small.put(stored.id(), known);
      }
      return Optional.of(new InMemory(known));
    } catch (IOException e) {
      if (!stored.isRemoved()) {
        LOG.warn("a stored response is given up", e);
        remove(stored);
      }
      return Optional.empty();
    }
  }

  private byte[] load(Stored stored) throws IOException {
    var bytes = new ByteArrayOutputStream((int) stored.bytes());
    try (var body = new StoredBody(body(stored.id()), stored, () -> damaged(stored))) {
      body.copy(bytes, 0, stored.bytes());
    }
    return bytes.toByteArray();
  }

  private void damaged(Stored stored) {
    LOG.warn("a stored body of {} is damaged and given up", stored.key());
    remove(stored);
  }

  /** A body of which nobody changes a byte. */
  private record InMemory(byte[] bytes) implements Body {
    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public void copy(OutputStream out, long from, long to) throws IOException {
      out.write(bytes, (int) from, (int) (Math.min(to, bytes.length) - from));
    }

    @Override
    public void close() {
      // nothing is open
    }
  }

  public void remove(Stored stored) {
    entries.invalidate(stored.id());
    forget(stored);
  }

  /**
   * Removes for certain: what was removed doesn't come back after a loss of power.
   *
   * @return how many
   */
  public int removeAll(Predicate<Stored> isUnwanted) {
    return removed(byKey.values().stream().flatMap(List::stream).filter(isUnwanted).toList());
  }

  /** The same for one URI. */
  public int removeAll(String key) {
    return removed(variants(key));
  }

  private int removed(List<Stored> unwanted) {
    unwanted.forEach(this::remove);
    if (!unwanted.isEmpty()) {
      try (var folder = FileChannel.open(directory, StandardOpenOption.READ)) {
        folder.force(true);
      } catch (IOException e) {
        LOG.warn("what was removed may come back after a loss of power", e);
      }
    }
    return unwanted.size();
  }

  private void forget(Stored stored) {
    byKey.computeIfPresent(
        stored.key(),
        (_, variants) -> {
          var rest = variants.stream().filter(it -> it != stored).toList();
          return rest.isEmpty() ? null : rest;
        });
    small.invalidate(stored.id());
    synchronized (stored) {
      stored.markRemoved();
      delete(head(stored.id()));
      delete(body(stored.id()));
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.warn("a file of the cache can't be removed", e);
    }
  }

  /** How many responses there are. */
  public long count() {
    return entries.estimatedSize();
  }

  /** Bytes of all bodies. */
  public long bytes() {
    return byKey.values().stream().flatMap(List::stream).mapToLong(Stored::bytes).sum();
  }

  /** Waits until all that answers requests is on disk. */
  @Override
  public void close() {
    disk.shutdown();
    try {
      if (!disk.awaitTermination(4, TimeUnit.SECONDS)) {
        LOG.warn("some responses are not kept");
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    Incoming.closeQuietly(lockFile);
  }
}
