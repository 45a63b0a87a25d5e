package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.BitSet;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checksums of each block of a data file, kept in a file beside it and compared whenever the
 * block is read: H2 checks no content of its pages.
 *
 * <p>The file is of pages of 4,096 bytes, numbers big-endian. A page lies there twice, one behind
 * the other, and is written where the older of the two is. The first page has no sums.
 *
 * <pre>
 * offset  size
 *      0     4  CRC32C of the bytes from 4 to the end of the page
 *      4     4  magic 53 44 42 54 ("SDBT")
 *      8    16  guard id
 *     24     8  the generation that the data file and these sums hold, forced
 *     32  4064  CRC32C of a block of the data file, CRC32 of it, and of the next; 0 where they aren't known
 * </pre>
 *
 * <p><b>Why a power failure harms nothing.</b> Pages are written after the data file was forced,
 * and forced before a checkpoint says so. Whatever part of them was written, the one before is
 * there, and the blocks that it is wrong about are of generations that will be replayed, which
 * makes their sums again. A sum that is ahead of its block is of a record that was forced. Sums
 * that don't count are cut off before anything else is written.
 *
 * <p>Where a copy of a page was whole once and is not any more, the other may be older than the
 * blocks; those of that page have no sums then, until they are written again. Where it was the page
 * with those of H2's headers, none has after a clean stop.
 *
 * <p>Blocks that were written in part, which H2 doesn't do, have no sum. Nor are H2's two headers
 * held against it: each has a checksum, and they are each other's copy; a turned bit in one is
 * turned back when the file is opened. They tell whether this is the file that the sums are of;
 * after a clean stop it may have been replaced.
 *
 * <p><b>One bit.</b> CRC32C is linear, and no two single bits of a block change it alike: where one
 * bit has turned, the difference of the checksums tells which ({@link #turned}). The other
 * checksum, of another polynomial, says whether that was all: what is damaged otherwise passes for
 * one turned bit once in 2^49 times.
 *
 * <p>Who changes the data file also calls {@link #wrote}; {@link #store} may run beside that.
 * Whoever reads a block while it is written has to read again before it is called damaged.
 */
final class BlockSums {
  static final int BLOCK = 4096;

  private static final Logger LOG = LoggerFactory.getLogger(BlockSums.class);
  private static final int MAGIC = 0x53444254;
  private static final int HEADERS_OF_H2 = 2;
  private static final int PAGE_HEADER = 32;
  private static final int SUMS_A_PAGE = (BLOCK - PAGE_HEADER) / Long.BYTES;
  private static final int BLOCKS_AT_ONCE = 256;

  /** What a byte does to a CRC32C whose other bytes are 0. */
  private static final int[] STEPS = steps();

  private final String name;
  private final @Nullable FileChannel file;
  private final Recovery recovery;
  private final BitSet changedPages = new BitSet();

  /** Of which pages the second copy is the newer one. */
  private final BitSet secondIsNewer = new BitSet();

  /** By page, of {@link #SUMS_A_PAGE} blocks each: what the file grows by moves no other page. */
  private volatile long[][] pages = blank();

  /** A block that is not what was written there. */
  static final class DamagedBlock extends IOException {
    private static final long serialVersionUID = 1;

    private final long block;

    DamagedBlock(String name, long block) {
      super(
          name
              + ": the "
              + BLOCK
              + " bytes from "
              + block * BLOCK
              + " on are damaged: they are not what was written there");
      this.block = block;
    }

    long block() {
      return block;
    }
  }

  /**
   * Takes over what is known of a data file that has not been replayed on yet.
   *
   * @param file the sums, null where there are none and none are kept
   * @param readOnly whether the file stays as it is
   */
  BlockSums(
      String name,
      @Nullable FileChannel file,
      boolean readOnly,
      Recovery recovery,
      FileChannel data)
      throws IOException {
    this.name = name;
    this.file = file;
    this.recovery = recovery;
    if (file == null || file.size() == 0) {
      return;
    }
    if (load(file)) {
      for (int block = 0; block < HEADERS_OF_H2 && !readOnly; block++) {
        mend(data, block);
      }
      if (!recovery.isSettled() || isHeaderOf(data)) {
        return;
      }
    }
    pages = blank();
    secondIsNewer.clear();
    LOG.warn("{} is not the file that its checksums are of; its blocks are not checked", name);
    if (!readOnly) {
      // a page of these that is there again after a crash must not count
      file.truncate(0);
      file.force(true);
    }
  }

  private static long[][] blank() {
    return new long[1][SUMS_A_PAGE];
  }

  /** The sum of a block; 0 where it isn't known. */
  private static long sumOf(long block, long[][] known) {
    long page = block / SUMS_A_PAGE;
    return page < known.length ? known[(int) page][(int) (block % SUMS_A_PAGE)] : 0;
  }

  /** Whether all of it is of this data file and as far as its journals say. */
  private boolean load(FileChannel known) throws IOException {
    var newest = recovery.newest();
    if (newest == null) {
      return false;
    }
    int count = Math.toIntExact((known.size() + 2 * BLOCK - 1) / (2 * BLOCK));
    var loaded = new long[Math.max(1, count - 1)][SUMS_A_PAGE];
    for (int page = 0; page < count; page++) {
      var first = page(known, page, 0);
      var second = page(known, page, 1);
      boolean later = generation(second) > generation(first);
      secondIsNewer.set(page, later);
      var newer = later ? second : first;
      if (page > 0 && (isRotten(known, page, first, 0) || isRotten(known, page, second, 1))) {
        LOG.warn("{}: page {} of its checksums is damaged; its blocks are not checked", name, page);
        // what is written next replaces the damaged copy
        secondIsNewer.set(page, second != null);
        continue;
      }
      long generation = generation(newer);
      if (generation > newest.generation()
          || (page == 0 && generation < newest.checkpoint().generation())) {
        return false;
      }
      if (page > 0 && newer != null) {
        newer.position(PAGE_HEADER);
        newer.asLongBuffer().get(loaded[page - 1]);
      }
    }
    pages = loaded;
    return true;
  }

  /**
   * Whether a copy that isn't whole was so once: its force had returned. The other copy may be
   * older than the blocks then, and would call good ones damaged.
   */
  private boolean isRotten(FileChannel known, int page, @Nullable ByteBuffer whole, int copy)
      throws IOException {
    var newest = recovery.newest();
    if (whole != null || newest == null) {
      return false;
    }
    var bytes = ByteBuffer.allocate(BLOCK);
    Channels.readUpTo(known, bytes, (2L * page + copy) * BLOCK);
    if (Arrays.equals(bytes.array(), new byte[BLOCK])) {
      return false;
    }
    long generation = bytes.getLong(24);
    return generation <= newest.checkpoint().generation() || generation > newest.generation();
  }

  private static long generation(@Nullable ByteBuffer page) {
    return page == null ? -1 : page.getLong(24);
  }

  /** Null where it is torn, of another guard, or was never written. */
  private @Nullable ByteBuffer page(FileChannel known, int page, int copy) throws IOException {
    var bytes = ByteBuffer.allocate(BLOCK);
    Channels.readUpTo(known, bytes, (2L * page + copy) * BLOCK);
    boolean whole =
        bytes.position() == BLOCK
            && bytes.getInt(4) == MAGIC
            && bytes.getInt(0) == crc(bytes.slice(4, BLOCK - 4))
            && bytes.getLong(8) == recovery.guard().getMostSignificantBits()
            && bytes.getLong(16) == recovery.guard().getLeastSignificantBits();
    return whole ? bytes : null;
  }

  /** Whether one of H2's headers is the one that was written last. */
  private boolean isHeaderOf(FileChannel data) throws IOException {
    for (int block = 0; block < HEADERS_OF_H2; block++) {
      var bytes = ByteBuffer.allocate(BLOCK);
      Channels.readUpTo(data, bytes, (long) block * BLOCK);
      if (sum(bytes.clear()) == sumOf(block, pages)) {
        return true;
      }
    }
    return false;
  }

  /** Notes what an operation left in the data file. */
  synchronized void wrote(Operation operation) {
    switch (operation) {
      case Operation.Write(var position, var bytes) -> {
        long end = position + bytes.remaining();
        for (long at = position; at < end; at = (at / BLOCK + 1) * BLOCK) {
          long block = at / BLOCK;
          boolean whole = at % BLOCK == 0 && at + BLOCK <= end;
          int from = bytes.position() + (int) (at - position);
          put(block, whole ? sum(bytes.slice(from, BLOCK)) : 0);
        }
      }
      case Operation.Truncation(var size) -> {
        long[][] known = pages;
        for (long block = size / BLOCK; block < (long) known.length * SUMS_A_PAGE; block++) {
          if (sumOf(block, known) != 0 && (block + 1) * BLOCK > size) {
            put(block, 0);
          }
        }
      }
      case Operation.Replacement _ -> {
        // its operations are noted one by one
      }
    }
  }

  private void put(long block, long sum) {
    int page = Math.toIntExact(block / SUMS_A_PAGE);
    long[][] known = pages;
    if (page >= known.length) {
      int before = known.length;
      known = Arrays.copyOf(known, page + 1);
      for (int added = before; added <= page; added++) {
        known[added] = new long[SUMS_A_PAGE];
      }
    }
    known[page][(int) (block % SUMS_A_PAGE)] = sum;
    changedPages.set(page);
    // whoever reads it sees what was put into it before
    pages = known;
  }

  /** Writes and forces what has changed; the data file was forced before. */
  void store(long generation) throws IOException {
    if (file == null) {
      return;
    }
    var changed = new TreeMap<Integer, long[]>();
    synchronized (this) {
      changedPages.stream().forEach(page -> changed.put(page, pages[page].clone()));
      changedPages.clear();
    }
    write(file, 0, generation, new long[0]);
    for (var page : changed.entrySet()) {
      write(file, page.getKey() + 1, generation, page.getValue());
    }
    file.force(true);
  }

  private void write(FileChannel to, int page, long generation, long[] sums) throws IOException {
    var bytes = ByteBuffer.allocate(BLOCK).putInt(4, MAGIC).putLong(24, generation);
    bytes.putLong(8, recovery.guard().getMostSignificantBits());
    bytes.putLong(16, recovery.guard().getLeastSignificantBits());
    bytes.position(PAGE_HEADER);
    bytes.asLongBuffer().put(sums);
    bytes.putInt(0, crc(bytes.slice(4, BLOCK - 4)));
    boolean second = !secondIsNewer.get(page);
    Channels.write(to, bytes.clear(), (2L * page + (second ? 1 : 0)) * BLOCK);
    secondIsNewer.set(page, second);
  }

  /**
   * Reads as a channel does, and compares every block of which it reads a part.
   *
   * @throws DamagedBlock where one is not what was written, or is being written
   */
  int read(FileChannel data, ByteBuffer target, long position) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    long first = position / BLOCK;
    long last = (position + target.remaining() - 1) / BLOCK;
    int blocks = (int) Math.min(last - first + 1, BLOCKS_AT_ONCE);
    var bytes = ByteBuffer.allocate(blocks * BLOCK);
    Channels.readUpTo(data, bytes, first * BLOCK);
    int read = bytes.position();
    long[][] known = pages;
    for (int i = 0; i < blocks; i++) {
      long expected = sumOf(first + i, known);
      if (expected == 0 || first + i < HEADERS_OF_H2) {
        continue;
      }
      if (read < (i + 1) * BLOCK || sum(bytes.slice(i * BLOCK, BLOCK)) != expected) {
        throw new DamagedBlock(name, first + i);
      }
    }
    int skipped = (int) (position - first * BLOCK);
    if (read <= skipped) {
      return -1;
    }
    int length = Math.min(read - skipped, target.remaining());
    target.put(bytes.slice(skipped, length));
    return length;
  }

  void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }

  /**
   * Turns the bit of a block back that alone has turned, where that is its damage. It may be cut
   * off at any point, since it changes one byte. Nobody may write the block meanwhile.
   *
   * @return whether it was
   */
  boolean mend(FileChannel data, DamagedBlock damage) throws IOException {
    return mend(data, damage.block());
  }

  /** The same for all blocks that a range is in. @return whether there was one to be mended */
  boolean mend(FileChannel data, long position, int length) throws IOException {
    boolean mended = false;
    for (long block = position / BLOCK; block * BLOCK < position + length; block++) {
      mended |= mend(data, block);
    }
    return mended;
  }

  private boolean mend(FileChannel data, long block) throws IOException {
    var bytes = ByteBuffer.allocate(BLOCK);
    Channels.readUpTo(data, bytes, block * BLOCK);
    long expected = sumOf(block, pages);
    if (bytes.position() < BLOCK || expected == 0) {
      return false;
    }
    int bit = turned(crc(bytes.clear()) ^ (int) (expected >>> Integer.SIZE));
    if (bit < 0) {
      return false;
    }
    int at = bit / Byte.SIZE;
    bytes.put(at, (byte) (bytes.get(at) ^ 1 << bit % Byte.SIZE));
    if (sum(bytes) != expected) {
      return false;
    }
    LOG.warn("{}: bit {} of block {} had turned, and is turned back", name, bit, block);
    Channels.write(data, bytes.slice(at, 1), block * BLOCK + at);
    return true;
  }

  /**
   * Which bit of a block it is by which its CRC32C comes to differ so.
   *
   * @return -1 where no single one
   */
  private static int turned(int difference) {
    var differences = new int[Byte.SIZE];
    for (int bit = 0; bit < Byte.SIZE; bit++) {
      differences[bit] = STEPS[1 << bit];
    }
    for (int at = BLOCK - 1; at >= 0; at--) {
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        if (differences[bit] == difference) {
          return at * Byte.SIZE + bit;
        }
        // as one more byte behind it makes it
        differences[bit] = differences[bit] >>> Byte.SIZE ^ STEPS[differences[bit] & 0xff];
      }
    }
    return -1;
  }

  private static int[] steps() {
    var steps = new int[1 << Byte.SIZE];
    for (int value = 0; value < steps.length; value++) {
      int step = value;
      for (int bit = 0; bit < Byte.SIZE; bit++) {
        step = step >>> 1 ^ ((step & 1) == 0 ? 0 : 0x82F63B78);
      }
      steps[value] = step;
    }
    return steps;
  }

  private static long sum(ByteBuffer block) {
    var second = new CRC32();
    second.update(block.duplicate());
    long sum = (long) crc(block) << Integer.SIZE | second.getValue();
    return sum == 0 ? 1 : sum;
  }

  private static int crc(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
