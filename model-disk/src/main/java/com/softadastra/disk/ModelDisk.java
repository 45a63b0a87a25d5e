package com.softadastra.disk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * A disk in memory, as an H2 file system under a scheme of its own.
 *
 * <p>While it records, every change goes to a log, whose bytes lie in a temporary file; {@link
 * CrashSite} makes from it what a power failure could leave. A force takes effect at once. Safe for
 * threads: each call is one step.
 */
public final class ModelDisk implements AutoCloseable {

  private static final AtomicLong NUMBERS = new AtomicLong();

  private final String scheme;
  private final Map<String, ModelFile> files = new TreeMap<>();
  private final ModelPath root;
  private volatile DiskFault fault = DiskFault.NONE;
  private volatile boolean lying;

  private @Nullable Map<String, BlockFile> base;
  private final List<DiskEvent> log = new ArrayList<>();
  private @Nullable FileChannel spill;
  private long spilled;

  /** A file as the running system sees it. */
  static final class ModelFile {
    final BlockFile content;
    boolean locked;

    ModelFile(BlockFile content) {
      this.content = content;
    }
  }

  private ModelDisk(String scheme, Map<String, BlockFile> contents) {
    this.scheme = scheme;
    contents.forEach((name, content) -> files.put(name, new ModelFile(content)));
    root = new ModelPath(this, scheme + ":/");
    FilePath.register(root);
  }

  /** An empty disk; {@code scheme} is registered with H2 until the disk is closed. */
  public static ModelDisk register(String scheme) {
    return new ModelDisk(scheme, Map.of());
  }

  /** A disk that holds an image, of which it becomes the owner. */
  public static ModelDisk register(String scheme, DiskImage image) {
    return new ModelDisk(scheme, image.files());
  }

  /** The same under a scheme that no other disk of this JVM has had. */
  public static ModelDisk register(DiskImage image) {
    return register("model-disk-" + NUMBERS.incrementAndGet(), image);
  }

  /**
   * This disk under another scheme, for the next process: content and log go on there. Whoever
   * still uses this one is taken for killed and gets nothing but errors.
   */
  public synchronized ModelDisk handedOver(String newScheme) {
    ModelDisk next = new ModelDisk(newScheme, contents());
    synchronized (next) {
      next.base = base;
      next.log.addAll(log);
      next.spill = spill;
      next.spilled = spilled;
    }
    spill = null;
    fault =
        (kind, file) -> {
          throw new IOException("this process is dead: " + kind + " of " + file);
        };
    FilePath.unregister(root);
    return next;
  }

  public String scheme() {
    return scheme;
  }

  /** From now on this is asked before everything that is done to a file. */
  public void setFault(DiskFault fault) {
    this.fault = fault;
  }

  /** A lying disk reports a force as done and does nothing. */
  void setLying(boolean lying) {
    this.lying = lying;
  }

  /** Starts the log anew; all that the disk holds now counts as forced. */
  public synchronized void beginRecording() {
    try {
      closeSpill();
      Path path = Files.createTempFile("model-disk", ".log");
      spill =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    log.clear();
    spilled = 0;
    base = contents();
  }

  /** Number of changes recorded so far. */
  public synchronized int position() {
    return log.size();
  }

  /** What the disk holds now, as after a crash of the process alone. */
  public synchronized DiskImage image() {
    return new DiskImage(contents());
  }

  /** Walks the log from its start; the log may grow meanwhile. */
  public synchronized CrashSite crashSite() {
    Map<String, BlockFile> start = new HashMap<>();
    if (base == null) {
      throw new IllegalStateException("not recording");
    }
    base.forEach((name, content) -> start.put(name, content.copy()));
    return new CrashSite(this, start);
  }

  /** How many recorded writes to a file began below the end that the file had before. */
  public synchronized int rewrites(String file, long from) {
    BlockFile start = base == null ? null : base.get(file);
    long end = start == null ? 0 : start.size();
    int count = 0;
    for (DiskEvent event : log) {
      if (event instanceof DiskEvent.Written written && written.file().equals(file)) {
        if (written.position() >= from && written.position() < end) {
          count++;
        }
        end = Math.max(end, written.position() + written.length());
      } else if (event instanceof DiskEvent.Truncated cut && cut.file().equals(file)) {
        end = Math.min(end, cut.size());
      }
    }
    return count;
  }

  /** The positions in the log right after each force, of a file or of the directory. */
  public synchronized List<Integer> forces() {
    List<Integer> positions = new ArrayList<>();
    for (int i = 0; i < log.size(); i++) {
      if (log.get(i) instanceof DiskEvent.Forced) {
        positions.add(i + 1);
      }
    }
    return positions;
  }

  /** As {@link #forces()}, of the one file that was forced least. */
  synchronized List<Integer> forcesOfRarestFile() {
    Map<String, List<Integer>> positions = new TreeMap<>();
    for (int i = 0; i < log.size(); i++) {
      if (log.get(i) instanceof DiskEvent.Forced(var file)) {
        positions.computeIfAbsent(file, _ -> new ArrayList<>()).add(i + 1);
      }
    }
    return positions.values().stream().min(Comparator.comparing(List::size)).orElse(List.of());
  }

  /** Number of recorded forces of files whose name ends so. */
  public synchronized long forces(String suffix) {
    return log.stream()
        .filter(event -> event instanceof DiskEvent.Forced && event.file().endsWith(suffix))
        .count();
  }

  /** A bit of a file, counted from its start, turns into the other, on the disk itself. */
  public synchronized void turn(String name, long bit) {
    ModelFile file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no such file: " + name);
    }
    file.content.turn(bit);
    record(new DiskEvent.Turned(name, bit));
  }

  /** Unregisters the scheme and drops the log. */
  @Override
  public synchronized void close() {
    FilePath.unregister(root);
    log.clear();
    base = null;
    try {
      closeSpill();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void closeSpill() throws IOException {
    if (spill != null) {
      spill.close();
      spill = null;
    }
  }

  private Map<String, BlockFile> contents() {
    Map<String, BlockFile> copies = new HashMap<>();
    files.forEach((name, file) -> copies.put(name, file.content.copy()));
    return copies;
  }

  synchronized DiskEvent event(int position) {
    return log.get(position);
  }

  synchronized byte[] bytes(DiskEvent.Written written) {
    ByteBuffer bytes = ByteBuffer.allocate(written.length());
    try {
      while (bytes.hasRemaining()) {
        if (spill == null || spill.read(bytes, written.spilled() + bytes.position()) < 0) {
          throw new IllegalStateException("log is gone");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.array();
  }

  synchronized boolean exists(String name) {
    return files.containsKey(name);
  }

  synchronized List<String> names() {
    return List.copyOf(files.keySet());
  }

  synchronized long size(String name) {
    ModelFile file = files.get(name);
    return file == null ? 0 : file.content.size();
  }

  synchronized ModelFile open(String name, boolean create) throws IOException {
    ModelFile file = files.get(name);
    if (file == null) {
      if (!create) {
        throw new IOException("no such file: " + name);
      }
      file = new ModelFile(new BlockFile());
      files.put(name, file);
      record(new DiskEvent.Created(name));
    }
    return file;
  }

  synchronized void delete(String name) {
    if (files.remove(name) != null) {
      record(new DiskEvent.Deleted(name));
    }
  }

  int read(String name, ModelFile file, ByteBuffer target, long position) throws IOException {
    fault.before(DiskFault.Kind.READ, name);
    synchronized (this) {
      return file.content.read(target, position);
    }
  }

  void write(String name, ModelFile file, ByteBuffer source, long position) throws IOException {
    fault.before(DiskFault.Kind.WRITE, name);
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    synchronized (this) {
      file.content.write(position, bytes, 0, bytes.length);
      if (spill != null) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          spill.write(rest, spilled + rest.position());
        }
        record(new DiskEvent.Written(name, position, bytes.length, spilled));
        spilled += bytes.length;
      }
    }
  }

  void truncate(String name, ModelFile file, long size) throws IOException {
    fault.before(DiskFault.Kind.TRUNCATE, name);
    synchronized (this) {
      if (size < file.content.size()) {
        file.content.truncate(size);
        record(new DiskEvent.Truncated(name, size));
      }
    }
  }

  void force(String name) throws IOException {
    try {
      fault.before(DiskFault.Kind.FORCE, name);
    } catch (IOException e) {
      record(new DiskEvent.ForceFailed(name));
      throw e;
    }
    synchronized (this) {
      if (!lying) {
        record(new DiskEvent.Forced(name));
      }
    }
  }

  void forceDirectory(String name) throws IOException {
    fault.before(DiskFault.Kind.FORCE, name);
    synchronized (this) {
      if (!lying) {
        record(new DiskEvent.DirectoryForced(name));
      }
    }
  }

  private synchronized void record(DiskEvent event) {
    if (spill != null) {
      log.add(event);
    }
  }
}
