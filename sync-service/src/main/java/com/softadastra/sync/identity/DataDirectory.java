package com.softadastra.sync.identity;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Signatures.NodeKey;
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
import java.util.Optional;
import java.util.Properties;
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
 * <p>What becomes of a storage that doesn't fit its incarnation file is for {@link
 * FiledIncarnations}.
 */
public final class DataDirectory implements IncarnationFile, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataDirectory.class);

  /** Of the key's or the incarnation's file; what is written there has a few hundred. */
  private static final int MOST_BYTES = 4096;

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
      var words = text(file).strip().split(" ", 3);
      if (words.length != 2 || !words[0].equals("softadastra-node-key-1")) {
        throw new StorageException("The file " + file + " is no node key.", null);
      }
      return new NodeKey(Base32.decode(words[1]));
    } catch (IOException | IllegalArgumentException e) {
      throw new StorageException("The node's key " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<Content> read() {
    var file = directory.resolve("incarnation");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      var properties = new Properties();
      properties.load(new StringReader(text(file)));
      return Optional.of(
          new Content(
              properties.getProperty("incarnation", ""),
              properties.getProperty("machine", ""),
              properties.getProperty("file", ""),
              number(properties, "opened"),
              number(properties, "position")));
    } catch (IOException | IllegalArgumentException e) {
      throw new StorageException(
          "The incarnation file " + file + " can't be read: " + e.getMessage(), e);
    }
  }

  @Override
  public void write(Content content) {
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
                  content.incarnation(),
                  content.machine(),
                  content.storage(),
                  content.opened(),
                  content.position()));
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

  /** A file that nobody has written here is read no further than one that was. */
  private static String text(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw new IOException("it is longer than " + MOST_BYTES + " bytes");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
  }

  private static long number(Properties properties, String name) {
    var text = properties.getProperty(name, "0");
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new StorageException(
          "The incarnation file can't be read: " + name + " is no number.", e);
    }
  }

  @Override
  public String machine() {
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
  @Override
  public String storage() {
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
