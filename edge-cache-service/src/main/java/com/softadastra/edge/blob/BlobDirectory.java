package com.softadastra.edge.blob;

import com.softadastra.edge.store.StoreUnusable;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The directory of the blobs, and each step that can be cut off by a crash: tests stop before and
 * after each of them.
 */
class BlobDirectory implements Closeable {
  private static final String LOCK = "lock";

  private final Path path;
  private final FileChannel lock;

  /**
   * @throws StoreUnusable where it can't be written, or another process has it
   */
  BlobDirectory(Path path) {
    this.path = path;
    try {
      Files.createDirectories(path);
      lock = lock(path);
      // its own name too, without which no name inside is of use
      force(path.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new StoreUnusable("The directory " + path + " can't be written: " + e.getMessage(), e);
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    var channel =
        FileChannel.open(
            directory.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock held = null;
    try {
      held = channel.tryLock();
    } catch (OverlappingFileLockException _) {
      // this process has it, which is said below
    }
    if (held == null) {
      channel.close();
      throw new StoreUnusable(
          "The directory " + directory + " is in use by another process.", null);
    }
    return channel;
  }

  /** A file that is there. */
  record Found(String name, long bytes, long modifiedMillis) {}

  /** All files, those that were written last at the end. */
  List<Found> files() throws IOException {
    try (var files = Files.list(path)) {
      return files
          .map(Path::toFile)
          .filter(file -> !file.getName().equals(LOCK))
          .map(file -> new Found(file.getName(), file.length(), file.lastModified()))
          .sorted(Comparator.comparingLong(Found::modifiedMillis).thenComparing(Found::name))
          .toList();
    }
  }

  long usableBytes() {
    return path.toFile().getUsableSpace();
  }

  FileChannel create(String name) throws IOException {
    return FileChannel.open(
        path.resolve(name),
        StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE);
  }

  FileChannel write(String name) throws IOException {
    return FileChannel.open(path.resolve(name), StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  FileChannel read(String name) throws IOException {
    return FileChannel.open(path.resolve(name), StandardOpenOption.READ);
  }

  void force(String name, FileChannel file) throws IOException {
    file.force(true);
  }

  void rename(String from, String to) throws IOException {
    Files.move(path.resolve(from), path.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  void delete(String name) throws IOException {
    Files.deleteIfExists(path.resolve(name));
  }

  /** From now on a loss of power changes no name. */
  void forceNames() throws IOException {
    force(path);
  }

  private static void force(@Nullable Path directory) throws IOException {
    if (directory != null) {
      try (var folder = FileChannel.open(directory, StandardOpenOption.READ)) {
        folder.force(true);
      }
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
