package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;

/**
 * What a small range of the data file held at a checkpoint.
 *
 * <p>A journal must only be replayed onto the data file it was written for, in no earlier state
 * than the journal says. As long as no later operation has touched the range, its checksum tells.
 *
 * @param position offset in the data file
 * @param length bytes, at most 4,096; 0 if there is no witness
 * @param crc CRC32C of the bytes
 */
record Witness(long position, int length, int crc) {

  static final Witness NONE = new Witness(0, 0, 0);

  /** The longest range worth reading. */
  private static final int LENGTH = 4096;

  /** H2's file header, two blocks, is written in place again and again: no use as a witness. */
  private static final long HEADER_BYTES = 8192;

  /** The witness that is left when this one's file has taken one more operation. */
  Witness after(Operation operation) {
    if (operation instanceof Operation.Write(var position, var bytes)
        && position >= HEADER_BYTES
        && bytes.hasRemaining()) {
      int taken = Math.min(LENGTH, bytes.remaining());
      return new Witness(position, taken, checksum(bytes.slice(bytes.position(), taken)));
    }
    return operation.touches(this) ? NONE : this;
  }

  /** The last bytes of a data file, or none if it holds no more than H2's file header. */
  static Witness ofEnd(FileChannel data) throws IOException {
    long position = data.size() - LENGTH;
    if (position < HEADER_BYTES) {
      return NONE;
    }
    ByteBuffer bytes = ByteBuffer.allocate(LENGTH);
    Channels.readUpTo(data, bytes, position);
    return new Witness(position, LENGTH, checksum(bytes.flip()));
  }

  /** Whether it can be one that was noted. */
  boolean isRange() {
    return position >= 0 && length >= 0 && length <= LENGTH;
  }

  /** Whether the witness shares a byte with the range. */
  boolean touchedBy(long from, long upTo) {
    return length > 0 && from < position + length && upTo > position;
  }

  boolean holdsIn(FileChannel data) throws IOException {
    if (length == 0) {
      return true;
    }
    ByteBuffer bytes = ByteBuffer.allocate(length);
    Channels.readUpTo(data, bytes, position);
    return bytes.position() == length && checksum(bytes.flip()) == crc;
  }

  private static int checksum(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
