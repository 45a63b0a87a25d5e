package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.h2.store.fs.FileBaseDefault;
import org.h2.store.fs.FilePath;

/**
 * A data file as it is to become: blocks that were changed lie in a file of their own, and the data
 * file stays as it is until a record of its journal says that the shadow counts.
 *
 * <p>Numbers are big-endian. The file:
 *
 * <pre>
 * blocks of 4,096 bytes, in the order in which they were first written
 * for each of them 8 bytes: its number in the data file; -1 if it was cut off again
 * 8 bytes: the smallest size that the data file was cut to
 * 8 bytes: its size at the end
 * 8 bytes: how many blocks
 * </pre>
 *
 * <p>What lies in it without such a record is of no use to anybody. Safe for threads.
 */
final class Shadow extends FileBaseDefault {
  static final int BLOCK = 4096;

  /** What follows the numbers of blocks. */
  private static final int TAIL = 3 * Long.BYTES;

  private static final int CUT_OFF = -1;
  private static final int READ_AT_ONCE = 1 << 20;

  private final FilePath path;
  private final FileChannel data;
  private final FileChannel file;

  /** By the block's number: where it lies in the file, counted from 1; 0 if it wasn't changed. */
  private int[] places = new int[1024];

  private int count;
  private long cut;
  private long size;
  private volatile boolean whole;

  /** Takes operations. */
  @FunctionalInterface
  interface Taker {
    void take(Operation operation) throws IOException;
  }

  private Shadow(FilePath path, FileChannel data, FileChannel file) throws IOException {
    this.path = path;
    this.data = data;
    this.file = file;
    this.cut = data.size();
    this.size = data.size();
  }

  /**
   * Begins one; what an earlier one has left is gone.
   *
   * @param data which nobody changes from now on
   */
  static Shadow begin(FilePath path, FileChannel data) throws IOException {
    FileChannel file = path.open("rw");
    try {
      file.truncate(0);
      return new Shadow(path, data, file);
    } catch (IOException | RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public synchronized long size() {
    return size;
  }

  @Override
  public synchronized int read(ByteBuffer target, long position) throws IOException {
    if (position >= size) {
      return target.hasRemaining() ? -1 : 0;
    }
    int length = (int) Math.min(target.remaining(), size - position);
    long end = position + length;
    for (long at = position; at < end; ) {
      long runEnd = Math.min(end, runEnd(at, end));
      int count = (int) (runEnd - at);
      int place = place(at / BLOCK);
      if (place > 0) {
        copy(file, positionOf(place) + at % BLOCK, count, target);
      } else {
        int visible = (int) Math.clamp(cut - at, 0, count);
        copy(data, at, visible, target);
        target.put(new byte[count - visible]);
      }
      at = runEnd;
    }
    return length;
  }

  private static void copy(FileChannel from, long position, int length, ByteBuffer target)
      throws IOException {
    ByteBuffer part = target.slice(target.position(), length);
    Channels.readUpTo(from, part, position);
    // a hole reads as zeros
    while (part.hasRemaining()) {
      part.put((byte) 0);
    }
    target.position(target.position() + length);
  }

  @Override
  public synchronized int write(ByteBuffer source, long position) throws IOException {
    int length = source.remaining();
    if (length == 0) {
      return 0;
    }
    long end = position + length;
    for (long block = position / BLOCK; block * BLOCK < end; block++) {
      boolean covered = block * BLOCK >= position && (block + 1) * BLOCK <= end;
      if (place(block) == 0) {
        ByteBuffer before = ByteBuffer.allocate(covered ? 0 : BLOCK);
        if (!covered && block * BLOCK < size) {
          read(before, block * BLOCK);
        }
        setPlace(block, ++count);
        Channels.write(file, before.clear(), positionOf(count));
      }
    }
    for (long at = position; at < end; ) {
      long runEnd = Math.min(end, runEnd(at, end));
      ByteBuffer part = source.slice(source.position(), (int) (runEnd - at));
      Channels.write(file, part, positionOf(place(at / BLOCK)) + at % BLOCK);
      source.position(source.position() + part.limit());
      at = runEnd;
    }
    size = Math.max(size, end);
    return length;
  }

  @Override
  protected synchronized void implTruncate(long newSize) throws IOException {
    if (newSize >= size) {
      return;
    }
    long kept = (newSize + BLOCK - 1) / BLOCK;
    if (kept < places.length) {
      Arrays.fill(places, (int) kept, places.length, 0);
    }
    int inside = (int) (newSize % BLOCK);
    if (inside > 0 && place(kept - 1) > 0) {
      ByteBuffer zeros = ByteBuffer.allocate(BLOCK - inside);
      Channels.write(file, zeros, positionOf(place(kept - 1)) + inside);
    }
    size = newSize;
    cut = Math.min(cut, newSize);
  }

  /** Where the blocks end that lie one behind the other in the same file, from a position on. */
  private long runEnd(long at, long end) {
    long first = at / BLOCK;
    int place = place(first);
    long next = first + 1;
    while (next * BLOCK < end && place(next) == (place == 0 ? 0 : place + (int) (next - first))) {
      next++;
    }
    return next * BLOCK;
  }

  private int place(long block) {
    return block < places.length ? places[(int) block] : 0;
  }

  private void setPlace(long block, int place) {
    if (block >= places.length) {
      places = Arrays.copyOf(places, Math.toIntExact(Math.max(block + 1, 2L * places.length)));
    }
    places[(int) block] = place;
  }

  private static long positionOf(int place) {
    return (place - 1L) * BLOCK;
  }

  /**
   * Completes and forces the file.
   *
   * @return what the record has to say so that it counts
   */
  synchronized Operation.Replacement complete() throws IOException {
    if (size > cut && place((size - 1) / BLOCK) == 0) {
      // a hole at the end, of which no block says how far it goes
      write(ByteBuffer.allocate(1), size - 1);
    }
    ByteBuffer table = ByteBuffer.allocate(count * Long.BYTES + TAIL);
    for (int i = 0; i < count; i++) {
      table.putLong(i * Long.BYTES, CUT_OFF);
    }
    for (int block = 0; block < places.length; block++) {
      if (places[block] > 0) {
        table.putLong((places[block] - 1) * Long.BYTES, block);
      }
    }
    table.position(count * Long.BYTES).putLong(cut).putLong(size).putLong(count);
    long at = positionOf(count + 1);
    Channels.write(file, table.flip(), at);
    file.force(true);
    GuardFileSystem.forceDirectoryOf(path);
    whole = true;
    long length = at + table.limit();
    return new Operation.Replacement(length, checksum(file, length));
  }

  /** Whether it is complete, so that a record may say that it counts. */
  boolean isWhole() {
    return whole;
  }

  /** Whether a file is the shadow that a record speaks of. */
  static boolean isThere(FilePath path, Operation.Replacement replacement) throws IOException {
    if (!path.exists() || path.size() < replacement.length() || replacement.length() < TAIL) {
      return false;
    }
    try (FileChannel file = path.open("r")) {
      return isOne(file, replacement.length())
          && checksum(file, replacement.length()) == replacement.crc();
    }
  }

  /** Whether its numbers go together. */
  private static boolean isOne(FileChannel file, long length) throws IOException {
    ByteBuffer tail = read(file, length - TAIL, TAIL);
    long cut = tail.getLong(0);
    long size = tail.getLong(Long.BYTES);
    long blocks = tail.getLong(2 * Long.BYTES);
    boolean fits =
        cut >= 0
            && size >= 0
            && blocks == (length - TAIL) / (BLOCK + Long.BYTES)
            && (length - TAIL) % (BLOCK + Long.BYTES) == 0;
    if (!fits) {
      return false;
    }
    ByteBuffer numbers = read(file, blocks * BLOCK, Math.toIntExact(blocks * Long.BYTES));
    while (numbers.hasRemaining()) {
      long number = numbers.getLong();
      if (number != CUT_OFF && (number < 0 || number > (size - 1) / BLOCK)) {
        return false;
      }
    }
    return true;
  }

  /** What makes of the data file, or of any part done of this before, what it is to become. */
  static void forEach(FilePath path, Operation.Replacement replacement, Taker taker)
      throws IOException {
    try (FileChannel file = path.open("r")) {
      ByteBuffer tail = read(file, replacement.length() - TAIL, TAIL);
      int blocks = Math.toIntExact(tail.getLong(2 * Long.BYTES));
      taker.take(new Operation.Truncation(tail.getLong(0)));
      ByteBuffer numbers = read(file, positionOf(blocks + 1), blocks * Long.BYTES);
      for (int i = 0; i < blocks; i++) {
        long number = numbers.getLong(i * Long.BYTES);
        if (number != CUT_OFF) {
          ByteBuffer block = read(file, positionOf(i + 1), BLOCK);
          taker.take(new Operation.Write(number * BLOCK, block));
        }
      }
      taker.take(new Operation.Truncation(tail.getLong(Long.BYTES)));
    }
  }

  private static ByteBuffer read(FileChannel file, long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    Channels.readUpTo(file, bytes, position);
    return bytes.clear();
  }

  private static int checksum(FileChannel file, long length) throws IOException {
    CRC32C crc = new CRC32C();
    for (long at = 0; at < length; at += READ_AT_ONCE) {
      crc.update(read(file, at, (int) Math.min(READ_AT_ONCE, length - at)));
    }
    return (int) crc.getValue();
  }

  @Override
  protected void implCloseChannel() throws IOException {
    file.close();
  }
}
