package com.softadastra.sync.identity;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.StorageException;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's directory, which one process has at a time.
 *
 * <table>
 *   <caption>Files</caption>
 *   <tr><td>{@code lock}</td><td>locked while a process uses the directory</td></tr>
 *   <tr><td>{@code node.key}</td><td>the node's private key; not in any backup of the data</td></tr>
 *   <tr><td>{@code incarnation}</td><td>which life of the storage this is, and on what machine and file; not in any
 *       backup, and of no use anywhere else</td></tr>
 *   <tr><td>{@code db/}</td><td>the database and the guard's journals</td></tr>
 * </table>
 *
 * <p>Where the incarnation's file doesn't fit the machine, the database's file or what the database
 * says of itself, the storage was restored or copied, and takes a new incarnation before its first
 * write. A copy that keeps all of these (a snapshot of the whole machine) is recognised by its
 * peers.
 */
public final class DataDirectory implements Incarnations, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);
  private static final long EPOCH_HOUR_2026 =
      Instant.parse("2026-01-01T00:00:00Z").getEpochSecond() / 3600;

  private final Path directory;
  private final FileChannel lockFile;
  private final FileLock lock;
  private final SecureRandom random = new SecureRandom();

  private DataDirectory(Path directory, FileChannel lockFile, FileLock lock) {
    this.directory = directory;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Creates the directory where it is missing, and locks it.
   *
   * @throws StorageException where it can't be written, or another process has it
   */
  public static DataDirectory open(Path directory) {
    try {
      Files.createDirectories(directory.resolve("db"));
      var channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock;
      try {
        lock = channel.tryLock();
      } catch (OverlappingFileLockException e) {
        lock = null;
      }
      if (lock == null) {
        channel.close();
        throw new StorageException(
            "The data directory " + directory + " is in use by another process.", null);
      }
      return new DataDirectory(directory, channel, lock);
    } catch (IOException e) {
      throw new StorageException(
          "The data directory " + directory + " can't be written: " + e.getMessage(), e);
    }
  }

  /** The database's path without its ending. */
  public Path database() {
    return directory.resolve("db").resolve("softadastra").toAbsolutePath();
  }

  public long freeBytes() {
    return directory.toFile().getUsableSpace();
  }

  /** The node's key, made at the first start. */
  public NodeKey key() {
    var file = directory.resolve("node.key");
    try {
      if (!Files.exists(file)) {
        var seed = new byte[NodeKey.SEED_BYTES];
        random.nextBytes(seed);
        write(file, "softadastra-node-key-1 " + Base32.encode(seed) + "\n");
      }
      var words = Files.readString(file).strip().split(" ");
      if (words.length != 2 || !words[0].equals("softadastra-node-key-1")) {
        throw new StorageException("The file " + file + " is no node key.", null);
      }
      return new NodeKey(Base32.decode(words[1]));
    } catch (IOException | IllegalArgumentException e) {
      throw new StorageException("The node's key " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  /**
   * As which incarnation the storage is to be opened.
   *
   * @param found empty for a database without content
   */
  public Birth birth(Optional<Found> found) {
    var outside = outside();
    if (found.isEmpty()) {
      boolean first = outside == null;
      return new Birth(draw(), first ? 0 : startAbove(0));
    }
    var inside = found.get();
    if (outside == null) {
      LOG.warn("the incarnation file is missing: the storage was restored or copied");
    } else if (!outside.getProperty("incarnation", "").equals(inside.incarnation().toString())) {
      LOG.warn("the database is of another incarnation: the storage was restored or copied");
    } else if (!outside.getProperty("machine", "").equals(machine())
        || !outside.getProperty("file", "").equals(file())) {
      LOG.warn(
          "the database lies on another machine or in another file: the storage was restored or copied");
    } else if (inside.opened() < number(outside, "opened")
        || inside.lastPosition() < number(outside, "position")) {
      LOG.warn("the database is older than the incarnation file: the storage was restored");
    } else {
      return new Birth(inside.incarnation(), 0);
    }
    return reborn(inside.lastPosition());
  }

  @Override
  public Birth reborn(long lastPosition) {
    return new Birth(draw(), startAbove(lastPosition));
  }

  @Override
  public void note(Found inside) {
    try {
      write(
          directory.resolve("incarnation"),
          """
          incarnation=%s
          machine=%s
          file=%s
          opened=%d
          position=%d
          """
              .formatted(
                  inside.incarnation(), machine(), file(), inside.opened(), inside.lastPosition()));
    } catch (IOException e) {
      throw new StorageException("The incarnation file can't be written: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      lock.release();
      lockFile.close();
    } catch (IOException e) {
      LOG.warn("the data directory's lock was not released", e);
    }
  }

  // Above anything an earlier life can have issued. The hour keeps two restores of one backup
  // apart.
  private static long startAbove(long lastPosition) {
    long hours = Math.max(0, Instant.now().getEpochSecond() / 3600 - EPOCH_HOUR_2026);
    return Math.max((lastPosition / Birth.STRIDE + 1) * Birth.STRIDE, hours * Birth.STRIDE);
  }

  private Incarnation draw() {
    var bytes = new byte[Incarnation.BYTES];
    random.nextBytes(bytes);
    return Incarnation.of(bytes);
  }

  private @Nullable Properties outside() {
    var file = directory.resolve("incarnation");
    if (!Files.exists(file)) {
      return null;
    }
    try {
      var properties = new Properties();
      properties.load(new StringReader(Files.readString(file)));
      return properties;
    } catch (IOException | IllegalArgumentException e) {
      throw new StorageException(
          "The incarnation file " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  private static long number(Properties properties, String name) {
    return Long.parseLong(properties.getProperty(name, "0"));
  }

  private static String machine() {
    for (var candidate : new String[] {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
      try {
        var id = Files.readString(Path.of(candidate)).strip();
        if (!id.isEmpty()) {
          return Hash.sha256(id.getBytes(StandardCharsets.UTF_8)).toString();
        }
      } catch (IOException e) {
        LOG.debug("no machine id in {}", candidate, e);
      }
    }
    return "unknown";
  }

  // A copied or restored file is another inode, or the same inode born later.
  private String file() {
    var file = database().resolveSibling(database().getFileName() + ".mv.db");
    try {
      var born = Files.readAttributes(file, BasicFileAttributes.class).creationTime().toInstant();
      Object inode;
      try {
        inode = Files.getAttribute(file, "unix:ino");
      } catch (UnsupportedOperationException | IllegalArgumentException e) {
        inode = "none";
      }
      return inode + "@" + born;
    } catch (IOException e) {
      throw new StorageException("The database file can't be looked at: " + e.getMessage(), e);
    }
  }

  /**
   * Temporary file, force, rename, force of the directory: the file is there whole or not at all.
   */
  private void write(Path file, String content) throws IOException {
    var temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(temporary);
    try (var channel =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      if (Files.getFileStore(temporary).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-------"));
      }
      var bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
    try (var folder = FileChannel.open(directory, StandardOpenOption.READ)) {
      folder.force(true);
    }
  }
}
