package com.softadastra.sync.storage;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * The row changes of one commit in their order, as bytes: for each the code of its {@link
 * RowChange}, then its values. A value is its type, one byte, and:
 *
 * <pre>
 * 0  nothing, for null
 * 1  a long, 8 bytes
 * 2  an int, 4 bytes
 * 3  true, 4 false, nothing
 * 5  bytes: their number, 4 bytes, then they
 * 6  text: as bytes, in UTF-8
 * </pre>
 */
final class RowChanges {
  private static final int KEPT_CAPACITY = 4 << 20;

  private ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10);

  RowChanges() {
    clear();
  }

  void clear() {
    if (buffer.capacity() > KEPT_CAPACITY) {
      buffer = ByteBuffer.allocateDirect(64 << 10);
    }
    buffer.clear().position(RedoLog.HEADER);
  }

  void add(RowChange change, @Nullable Object[] values) {
    reserve(1);
    buffer.put(change.code());
    for (var value : values) {
      switch (value) {
        case null -> type(0, 0);
        case Long number -> type(1, 8).putLong(number);
        case Integer number -> type(2, 4).putInt(number);
        case Boolean truth -> type(truth ? 3 : 4, 0);
        case byte[] bytes -> type(5, 4 + bytes.length).putInt(bytes.length).put(bytes);
        case String text -> {
          byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
          type(6, 4 + bytes.length).putInt(bytes.length).put(bytes);
        }
        default -> throw new IllegalArgumentException("a value of " + value.getClass());
      }
    }
  }

  private ByteBuffer type(int type, int more) {
    reserve(1 + more);
    return buffer.put((byte) type);
  }

  private void reserve(int bytes) {
    if (buffer.remaining() < bytes) {
      long wanted = Math.max(2L * buffer.capacity(), (long) buffer.position() + bytes);
      var larger = ByteBuffer.allocateDirect(Math.toIntExact(wanted));
      larger.put(buffer.flip());
      buffer = larger;
    }
  }

  /** Bytes of the record so far, its header included. */
  int length() {
    return buffer.position();
  }

  /** The record with room for its header, then zeros up to its padded length. */
  ByteBuffer record(int padded) {
    int length = length();
    reserve(padded - length);
    for (int i = length; i < padded; i++) {
      buffer.put(i, (byte) 0);
    }
    return buffer.slice(0, padded);
  }

  /** Takes a change of a row. */
  interface Taker {
    void take(RowChange change, @Nullable Object[] values) throws SQLException;
  }

  /**
   * Gives changes again that were written, in their order.
   *
   * @throws StorageException where they don't have that form
   */
  static void again(ByteBuffer changes, Taker taker) throws SQLException {
    while (changes.hasRemaining()) {
      var change = RowChange.of(changes.get());
      var values = new @Nullable Object[change.parameters()];
      for (int i = 0; i < values.length; i++) {
        values[i] = value(changes);
      }
      taker.take(change, values);
    }
  }

  private static @Nullable Object value(ByteBuffer changes) {
    int type = required(changes, 1).get();
    return switch (type) {
      case 0 -> null;
      case 1 -> required(changes, Long.BYTES).getLong();
      case 2 -> required(changes, Integer.BYTES).getInt();
      case 3 -> true;
      case 4 -> false;
      case 5 -> bytes(changes);
      case 6 -> new String(bytes(changes), StandardCharsets.UTF_8);
      default -> throw new StorageException("the log of commits has a value of type " + type, null);
    };
  }

  private static byte[] bytes(ByteBuffer changes) {
    int length = required(changes, Integer.BYTES).getInt();
    required(changes, length);
    var bytes = new byte[length];
    changes.get(bytes);
    return bytes;
  }

  private static ByteBuffer required(ByteBuffer changes, int bytes) {
    if (bytes < 0 || bytes > changes.remaining()) {
      throw new StorageException("the log of commits has a change that is cut off", null);
    }
    return changes;
  }
}
