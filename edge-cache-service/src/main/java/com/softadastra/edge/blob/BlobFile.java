package com.softadastra.edge.blob;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.blob.BlobFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * The bytes of a blob's file, big-endian; a file that is being written has the same form and ends
 * earlier.
 *
 * <table>
 *   <tr><th>offset</th><th>bytes</th><th>what</th></tr>
 *   <tr><td>0</td><td>4</td><td>SAB1</td></tr>
 *   <tr><td>4</td><td>4</td><td>CRC-32C of the length that follows and the blob's name</td></tr>
 *   <tr><td>8</td><td>8</td><td>length of the blob</td></tr>
 *   <tr><td>16 + n (262,144 + 32)</td><td>262,144</td><td>chunk n; the last one may be shorter</td></tr>
 *   <tr><td>after each chunk</td><td>32</td><td>SHA-256 of the blob's name, n in 4 bytes, and the
 *   chunk</td></tr>
 * </table>
 */
final class BlobFile {
  static final int CHUNK_BYTES = BlobFrame.CHUNK_BYTES;

  private static final int MAGIC = 0x53414231;
  private static final int HEADER_BYTES = 16;
  private static final int BLOCK_BYTES = 4 << 10;

  /** A chunk's number has 4 bytes. */
  private static final long MOST_BYTES = (long) Integer.MAX_VALUE * CHUNK_BYTES;

  /** Each blob counts for what it holds in memory too. */
  private static final int LEAST_BYTES = 16 << 10;

  private BlobFile() {}

  /** What is read isn't what was written. */
  static final class Damaged extends IOException {
    private static final long serialVersionUID = 1;

    Damaged(String why) {
      super(why);
    }
  }

  static int chunks(long total) {
    return Math.toIntExact((total + CHUNK_BYTES - 1) / CHUNK_BYTES);
  }

  /** Bytes of the chunk. */
  static int chunkBytes(long total, int chunk) {
    return (int) Math.min(CHUNK_BYTES, total - (long) chunk * CHUNK_BYTES);
  }

  /** Bytes of the whole file. */
  static long fileBytes(long total) {
    return HEADER_BYTES + total + (long) chunks(total) * Hash.BYTES;
  }

  /** What the file counts for in the budget; never less than it takes. */
  static long weight(long total) {
    return weightOfFile(fileBytes(total));
  }

  /** The same of a file of that length. */
  static long weightOfFile(long fileBytes) {
    long blocks = (fileBytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
    return Math.max(LEAST_BYTES, blocks * BLOCK_BYTES);
  }

  /** Where the blob's byte at that offset lies. */
  static long position(long offset) {
    return HEADER_BYTES + offset + offset / CHUNK_BYTES * Hash.BYTES;
  }

  /** How many whole chunks a file of that length can have. */
  static int wholeChunks(long fileBytes) {
    return (int) Math.max(0, (fileBytes - HEADER_BYTES) / (CHUNK_BYTES + Hash.BYTES));
  }

  static ByteBuffer header(BlobId id, long total) {
    return ByteBuffer.allocate(HEADER_BYTES)
        .putInt(MAGIC)
        .putInt(checksum(id, total))
        .putLong(total)
        .flip();
  }

  private static int checksum(BlobId id, long total) {
    var crc = new CRC32C();
    crc.update(ByteBuffer.allocate(8).putLong(total).flip());
    crc.update(id.hash().bytes());
    return (int) crc.getValue();
  }

  /** The length of the blob by its header; empty where that is not the blob's. */
  static OptionalLong total(FileChannel file, BlobId id) throws IOException {
    var header = ByteBuffer.allocate(HEADER_BYTES);
    if (!read(file, header, 0)) {
      return OptionalLong.empty();
    }
    header.flip();
    int magic = header.getInt();
    int checksum = header.getInt();
    long total = header.getLong();
    boolean isIt =
        magic == MAGIC && total >= 0 && total <= MOST_BYTES && checksum == checksum(id, total);
    return isIt ? OptionalLong.of(total) : OptionalLong.empty();
  }

  /** Begins the sum of a chunk. */
  static MessageDigest sum(BlobId id, int chunk) {
    var sum = Hash.newSha256();
    sum.update(id.hash().bytes());
    sum.update(ByteBuffer.allocate(4).putInt(chunk).flip());
    return sum;
  }

  /**
   * Reads a chunk and verifies it.
   *
   * @throws Damaged where it isn't what was written
   */
  static byte[] chunk(FileChannel file, BlobId id, long total, int chunk) throws IOException {
    int length = chunkBytes(total, chunk);
    var bytes = new byte[length];
    var stored = new byte[Hash.BYTES];
    long position = position((long) chunk * CHUNK_BYTES);
    boolean isThere =
        read(file, ByteBuffer.wrap(bytes), position)
            && read(file, ByteBuffer.wrap(stored), position + length);
    var sum = sum(id, chunk);
    sum.update(bytes);
    if (!isThere || !Arrays.equals(stored, sum.digest())) {
      throw new Damaged("chunk " + chunk + " of blob " + id + " is damaged");
    }
    return bytes;
  }

  private static boolean read(FileChannel file, ByteBuffer into, long position) throws IOException {
    long next = position;
    while (into.hasRemaining()) {
      int count = file.read(into, next);
      if (count < 0) {
        return false;
      }
      next += count;
    }
    return true;
  }
}
