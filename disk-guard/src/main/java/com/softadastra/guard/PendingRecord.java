package com.softadastra.guard;

import com.softadastra.guard.JournalRecord.Checkpoint;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * The journal record that is being filled.
 *
 * <p>Written bytes are copied once, to their place in the record; the overlay, the journal and the
 * write through to the data file all use that copy. Not safe for threads: the owner locks.
 */
final class PendingRecord {

  private static final int KEPT_CAPACITY = 4 << 20;

  private final int initialCapacity;
  private final List<Operation> operations = new ArrayList<>();
  private ByteBuffer buffer;

  /**
   * @param initialCapacity bytes to begin with, at least the room of an empty record; more are
   *     taken as needed, and kept for the next record unless they are many
   */
  PendingRecord(int initialCapacity) {
    this.initialCapacity = initialCapacity;
    this.buffer = ByteBuffer.allocateDirect(initialCapacity).position(JournalRecord.HEADER);
  }

  /** Takes the remaining bytes of a write; the returned operation is a view of the copy. */
  Operation.Write write(long position, ByteBuffer bytes) {
    int length = bytes.remaining();
    reserve(JournalRecord.OPERATION_HEADER + length);
    buffer.putLong(position).putInt(length);
    int at = buffer.position();
    buffer.put(bytes);
    Operation.Write write = new Operation.Write(position, buffer.slice(at, length));
    operations.add(write);
    return write;
  }

  void truncate(long size) {
    reserve(JournalRecord.OPERATION_HEADER);
    buffer.putLong(size).putInt(JournalRecord.TRUNCATION);
    operations.add(new Operation.Truncation(size));
  }

  void replace(Operation.Replacement replacement) {
    reserve(JournalRecord.OPERATION_HEADER + Integer.BYTES);
    buffer.putLong(replacement.length()).putInt(JournalRecord.REPLACEMENT);
    buffer.putInt(replacement.crc());
    operations.add(replacement);
  }

  boolean isEmpty() {
    return operations.isEmpty();
  }

  /** In order. */
  List<Operation> operations() {
    return operations;
  }

  /** Bytes of header and body so far. */
  int length() {
    return buffer.position();
  }

  /**
   * Completes the header.
   *
   * @return the whole record with its padding, from position 0 to the limit
   */
  ByteBuffer seal(UUID guard, long generation, long sequence, Checkpoint checkpoint) {
    int length = length();
    int padded = (int) JournalRecord.padded(length);
    reserve(padded - length);
    for (int i = length; i < padded; i++) {
      buffer.put(i, (byte) 0);
    }
    buffer.putInt(0, JournalRecord.MAGIC);
    buffer.putInt(4, JournalRecord.VERSION);
    buffer.putLong(8, guard.getMostSignificantBits());
    buffer.putLong(16, guard.getLeastSignificantBits());
    buffer.putLong(24, generation);
    buffer.putLong(32, sequence);
    buffer.putLong(40, checkpoint.generation());
    buffer.putLong(48, checkpoint.witness().position());
    buffer.putInt(56, checkpoint.witness().length());
    buffer.putInt(60, checkpoint.witness().crc());
    buffer.putInt(64, operations.size());
    buffer.putInt(68, length - JournalRecord.HEADER);
    buffer.putInt(72, JournalRecord.checksum(buffer.slice(0, length)));
    return buffer.slice(0, padded);
  }

  /** Empties it; views handed out before become invalid. */
  void clear() {
    operations.clear();
    if (buffer.capacity() > KEPT_CAPACITY) {
      buffer = ByteBuffer.allocateDirect(initialCapacity);
    }
    buffer.clear().position(JournalRecord.HEADER);
  }

  private void reserve(int bytes) {
    if (buffer.remaining() < bytes) {
      long wanted = Math.max(2L * buffer.capacity(), JournalRecord.padded((long) length() + bytes));
      ByteBuffer larger = ByteBuffer.allocateDirect(Math.toIntExact(wanted));
      larger.put(buffer.flip());
      buffer = larger;
    }
  }
}
