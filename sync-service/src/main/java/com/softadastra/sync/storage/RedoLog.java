package com.softadastra.sync.storage;

import com.softadastra.guard.GuardFileSystem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.h2.store.fs.FilePath;
import org.jspecify.annotations.Nullable;

/**
 * The commits since the last checkpoint, each as the row changes it is made of, forced one by one:
 * far fewer bytes than the pages that H2 makes of them, which then wait for the checkpoint.
 *
 * <p>A file of fixed size, filled with zeros when it is made, so that a force has to wait for the
 * record alone. Records lie one behind the other from its start; after a checkpoint the next one
 * overwrites the first. Numbers are big-endian. A record starts at a multiple of 4,096 bytes, so
 * that a torn write of one can't reach into the blocks of the one before it.
 *
 * <pre>
 * offset  size
 *      0     4  magic 53 44 52 4C ("SDRL")
 *      4     4  CRC32C of the bytes from 8 to the end of the record
 *      8     4  length of the record, padding not counted
 *     12    16  id of the log, which its database knows too
 *     28     8  number of the commit; each record's is one more than that of the record before it
 *     36        row changes, as {@link RowChanges} writes them
 * </pre>
 *
 * <p><b>Why this is safe.</b> A database that was checkpointed at commit n holds all up to n. The
 * file is overwritten from its start only after that, so it begins with a record of a number up to
 * n + 1, or with a torn one, which nobody was told of. Each record is forced before the next is
 * written, so what follows the last acknowledged one is torn, or is an older record, whose number
 * is smaller than the next would be. Who opens the database applies the records from n + 1 on,
 * which gives the rows that it had.
 *
 * <p>Owned by the thread that records.
 */
final class RedoLog implements AutoCloseable {
  static final int HEADER = 36;

  private static final int MAGIC = 0x5344524C;
  private static final int ALIGNMENT = 4096;
  private static final int ZEROS_AT_ONCE = 1 << 20;

  private final FileChannel file;
  private final int size;
  private final UUID id;
  private long offset;
  private volatile long forces;
  private volatile long bytes;

  /** Takes the number and the row changes of a record, which are there until it returns. */
  interface RecordReader {
    void read(long number, ByteBuffer changes);
  }

  private RedoLog(FileChannel file, int size, UUID id) {
    this.file = file;
    this.size = size;
    this.id = id;
  }

  /** Makes the file if it isn't there, and fills it up; records in it are gone. */
  static RedoLog create(FilePath path, int size, UUID id) {
    try {
      var log = new RedoLog(path.open("rw"), size, id);
      for (long at = log.file.size(); at < size; at = log.file.size()) {
        int length = (int) Math.min(ZEROS_AT_ONCE, size - at);
        log.write(ByteBuffer.allocateDirect(length), at);
      }
      log.write(ByteBuffer.allocateDirect(ALIGNMENT), 0);
      log.file.force(true);
      GuardFileSystem.forceDirectoryOf(path);
      return log;
    } catch (IOException e) {
      throw failed("can't be made", e);
    }
  }

  /**
   * Opens the log that a database in use knows.
   *
   * @throws StorageException where it is not there
   */
  static RedoLog open(FilePath path, UUID id) {
    if (!path.exists()) {
      throw new StorageException(
          path + " is missing: after a crash the files of a database belong together", null);
    }
    try {
      var file = path.open("rw");
      if (file.size() > Integer.MAX_VALUE) {
        file.close();
        throw new StorageException("the log of commits is longer than one can be", null);
      }
      return new RedoLog(file, (int) file.size(), id);
    } catch (IOException e) {
      throw failed("can't be opened", e);
    }
  }

  /**
   * Reads what is beyond a checkpoint.
   *
   * @param checkpointed the last commit that the database holds
   * @throws StorageException where a commit is missing that was acknowledged, or the records are
   *     those of another database
   */
  void forEachAfter(long checkpointed, RecordReader reader) {
    var room = new Room();
    long at = 0;
    long last = 0;
    for (var record = at(0, room); record != null; record = at(at, room)) {
      long number = number(record);
      if (at == 0) {
        requireJoined(record, checkpointed);
      } else if (!isOurs(record) || number != last + 1) {
        break;
      }
      if (number > checkpointed) {
        reader.read(number, record.slice(HEADER, record.limit() - HEADER));
      }
      last = number;
      at += padded(record.limit());
    }
    requireNoneBehind(at, Math.max(last, checkpointed), room);
  }

  private void requireJoined(ByteBuffer first, long checkpointed) {
    if (!isOurs(first)) {
      throw new StorageException(
          "the log of commits beside the database belongs to another one", null);
    }
    if (number(first) > checkpointed + 1) {
      throw new StorageException(
          "the database is older than the log of commits beside it: it ends at commit "
              + checkpointed
              + ", the log begins at "
              + number(first),
          null);
    }
  }

  /** What is torn was the last one written; a whole record of a later commit belies that. */
  private void requireNoneBehind(long end, long last, Room room) {
    for (long at = end; at < size; at += ALIGNMENT) {
      // what a block says of itself comes first: any may claim to be as long as the file
      var header = header(at);
      if (header == null || !isOurs(header) || number(header) <= last) {
        continue;
      }
      var record = at(at, room);
      if (record != null) {
        throw new StorageException(
            "the log of commits is damaged: it has commit "
                + number(record)
                + ", and not all after "
                + last,
            null);
      }
    }
  }

  /** What is said of a record there that could be one; null where none could. */
  private @Nullable ByteBuffer header(long position) {
    try {
      if (position + ALIGNMENT > file.size()) {
        return null;
      }
      var header = read(position, ByteBuffer.allocate(HEADER));
      int length = header.getInt(8);
      boolean couldBe =
          header.getInt(0) == MAGIC && length >= HEADER && position + length <= file.size();
      return couldBe ? header : null;
    } catch (IOException e) {
      throw failed("can't be read", e);
    }
  }

  /** The whole record there, until the next is read into the same room; null where none is. */
  private @Nullable ByteBuffer at(long position, Room room) {
    var header = header(position);
    if (header == null) {
      return null;
    }
    try {
      var record = read(position, room.of(header.getInt(8)));
      return record.getInt(4) == checksum(record) ? record : null;
    } catch (IOException e) {
      throw failed("can't be read", e);
    }
  }

  /**
   * Where one record after the other is read: no more than what the longest says to take, twice.
   */
  private static final class Room {
    private ByteBuffer bytes = ByteBuffer.allocate(ALIGNMENT);

    ByteBuffer of(int length) {
      if (bytes.capacity() < length) {
        bytes = ByteBuffer.allocate((int) Math.min(Integer.MAX_VALUE - 8L, 2L * length));
      }
      return bytes.slice(0, length);
    }
  }

  private static long number(ByteBuffer record) {
    return record.getLong(28);
  }

  private boolean isOurs(ByteBuffer record) {
    return record.getLong(12) == id.getMostSignificantBits()
        && record.getLong(20) == id.getLeastSignificantBits();
  }

  private ByteBuffer read(long position, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && file.read(bytes, position + bytes.position()) >= 0) {
      // goes on where it stopped
    }
    return bytes.clear();
  }

  boolean fits(RowChanges changes) {
    return offset + padded(changes.length()) <= size;
  }

  /** Appends and forces. */
  void append(long number, RowChanges changes) {
    int length = changes.length();
    var record = changes.record((int) padded(length));
    record.putInt(0, MAGIC);
    record.putInt(8, length);
    record.putLong(12, id.getMostSignificantBits());
    record.putLong(20, id.getLeastSignificantBits());
    record.putLong(28, number);
    record.putInt(4, checksum(record.slice(0, length)));
    try {
      write(record, offset);
      file.force(false);
    } catch (IOException e) {
      throw failed("can't be written", e);
    }
    offset += record.capacity();
    bytes += record.capacity();
    forces++;
  }

  /** Forces since it was opened, one a record; any thread may ask. */
  long forces() {
    return forces;
  }

  /** Bytes of records since it was opened, padding included; any thread may ask. */
  long bytes() {
    return bytes;
  }

  /** Begins at the start again; the database holds everything. */
  void checkpointed() {
    offset = 0;
  }

  private void write(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += file.write(bytes, at);
    }
  }

  private static long padded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private static int checksum(ByteBuffer record) {
    var crc = new CRC32C();
    crc.update(record.slice(8, record.limit() - 8));
    return (int) crc.getValue();
  }

  private static StorageException failed(String what, IOException cause) {
    return new StorageException("the log of commits " + what + ": " + cause.getMessage(), cause);
  }

  @Override
  public void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw failed("did not close", e);
    }
  }
}
