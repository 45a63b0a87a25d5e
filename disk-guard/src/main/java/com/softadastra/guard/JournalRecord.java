package com.softadastra.guard;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One record of a redo journal: everything done to the data file between two forces.
 *
 * <p>Numbers are big-endian. A record starts at a multiple of 4,096 bytes, so that a torn write of
 * one record can't reach into the blocks of the one before it; what follows up to the next multiple
 * is written as zeros and means nothing.
 *
 * <pre>
 * offset  size
 *      0     4  magic 53 44 47 4A ("SDGJ")
 *      4     4  format version, 1
 *      8    16  guard id, drawn when the two journal files are created
 *     24     8  generation, from 1; it lies in the journal file of its parity
 *     32     8  sequence number, from 1, one more than that of the record before it in the same
 *               generation or at the end of the previous one
 *     40     8  checkpointed: the highest generation of which every operation is forced in the
 *               data file; 0 if none is
 *     48     8  witness: its position in the data file as of the checkpoint
 *     56     4  its length; 0 if there is none
 *     60     4  its CRC32C
 *     64     4  number of operations; 0 if the record only tells what is checkpointed
 *     68     4  length of the body
 *     72     4  CRC32C of bytes 0 to 71 and of the body
 *     76        body: the operations in their order, each
 *               offset  size
 *                    0     8  position in the data file; the new size if this is a truncation;
 *                             the length of the shadow's file if this is a replacement
 *                    8     4  number of bytes; -1 for a truncation, -2 for a replacement
 *                   12        the bytes; for a replacement CRC32C of the shadow's file
 * </pre>
 *
 * <p>Software that doesn't know replacements refuses a record with one, and so the database.
 *
 * @param guard the guard id
 * @param generation from 1
 * @param sequence from 1
 * @param checkpoint what is known to be forced in the data file
 * @param operations views of the bytes it was read from
 * @param length bytes from the start of this record to where the next may start
 */
record JournalRecord(
    UUID guard,
    long generation,
    long sequence,
    Checkpoint checkpoint,
    List<Operation> operations,
    int length) {

  static final int MAGIC = 0x5344474A;
  static final int VERSION = 1;
  static final int ALIGNMENT = 4096;
  static final int HEADER = 76;
  static final int OPERATION_HEADER = 12;
  static final int TRUNCATION = -1;
  static final int REPLACEMENT = -2;

  /** The highest generation whose operations are all forced in the data file, and its witness. */
  record Checkpoint(long generation, Witness witness) {}

  /** Room that a record with this many bytes before the padding takes. */
  static long padded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /**
   * The length that a header claims for header and body, or -1 if this is no header. Only the
   * checksum tells whether the claim is true.
   *
   * @param header at least {@link #HEADER} bytes from its index 0
   */
  static long claimedLength(ByteBuffer header) {
    if (header.limit() < HEADER || header.getInt(0) != MAGIC || header.getInt(68) < 0) {
      return -1;
    }
    return (long) HEADER + header.getInt(68);
  }

  /**
   * Reads a record.
   *
   * @param bytes header and body, from index 0 to the limit
   * @return null if it isn't whole
   * @throws UnsupportedOperationException if it is whole, but of another format version or form
   */
  static @Nullable JournalRecord read(ByteBuffer bytes) {
    if (claimedLength(bytes) != bytes.limit() || bytes.getInt(72) != checksum(bytes)) {
      return null;
    }
    if (bytes.getInt(4) != VERSION) {
      throw new UnsupportedOperationException("journal format version " + bytes.getInt(4));
    }
    var record =
        new JournalRecord(
            new UUID(bytes.getLong(8), bytes.getLong(16)),
            bytes.getLong(24),
            bytes.getLong(32),
            new Checkpoint(
                bytes.getLong(40),
                new Witness(bytes.getLong(48), bytes.getInt(56), bytes.getInt(60))),
            operations(bytes),
            (int) padded(bytes.limit()));
    if (record.generation < 1
        || record.sequence < 1
        || record.checkpoint.generation < 0
        || !record.checkpoint.witness.isRange()) {
      throw unreadable("a number in its header is out of bounds");
    }
    return record;
  }

  private static List<Operation> operations(ByteBuffer bytes) {
    int count = bytes.getInt(64);
    if (count < 0 || count > (bytes.limit() - HEADER) / OPERATION_HEADER) {
      throw unreadable(count + " operations");
    }
    List<Operation> operations = new ArrayList<>(count);
    int at = HEADER;
    for (int i = 0; i < count; i++) {
      if (bytes.limit() - at < OPERATION_HEADER) {
        throw unreadable("its operations are longer than its body");
      }
      long position = bytes.getLong(at);
      int length = bytes.getInt(at + 8);
      at += OPERATION_HEADER;
      int behind = length == REPLACEMENT ? Integer.BYTES : Math.max(length, 0);
      if (position < 0 || length < REPLACEMENT || behind > bytes.limit() - at) {
        throw unreadable("operation " + i + " is out of bounds");
      }
      operations.add(
          switch (length) {
            case TRUNCATION -> new Operation.Truncation(position);
            case REPLACEMENT -> new Operation.Replacement(position, bytes.getInt(at));
            default -> new Operation.Write(position, bytes.slice(at, length));
          });
      at += behind;
    }
    if (at != bytes.limit()) {
      throw unreadable("its body is longer than its operations");
    }
    return operations;
  }

  private static UnsupportedOperationException unreadable(String why) {
    return new UnsupportedOperationException("form of a journal record that is whole: " + why);
  }

  /** CRC32C of a header up to its checksum, and of the body behind it up to the limit. */
  static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes.slice(0, 72));
    crc.update(bytes.slice(HEADER, bytes.limit() - HEADER));
    return (int) crc.getValue();
  }
}
