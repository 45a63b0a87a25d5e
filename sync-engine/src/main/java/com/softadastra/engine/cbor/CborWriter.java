package com.softadastra.engine.cbor;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes the subset of CBOR that entries use, in the deterministic form of RFC 8949, section 4.2.1:
 * unsigned integers, byte strings, text, arrays, null; every length definite and as short as it can
 * be.
 */
public final class CborWriter {
  static final int UNSIGNED = 0;
  static final int BYTES = 2;
  static final int TEXT = 3;
  static final int ARRAY = 4;
  static final int NULL = 0xf6;

  private byte[] buffer;
  private int size;

  public CborWriter(int expectedBytes) {
    buffer = new byte[Math.max(16, expectedBytes)];
  }

  public CborWriter array(int items) {
    head(ARRAY, items);
    return this;
  }

  /**
   * @throws IllegalArgumentException for a negative value
   */
  public CborWriter unsigned(long value) {
    if (value < 0) {
      throw new IllegalArgumentException("not unsigned: " + value);
    }
    head(UNSIGNED, value);
    return this;
  }

  public CborWriter bytes(byte[] value) {
    head(BYTES, value.length);
    append(value);
    return this;
  }

  /**
   * @throws IllegalArgumentException for a surrogate without its partner, which UTF-8 can't carry
   */
  public CborWriter text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    if (!new String(utf8, StandardCharsets.UTF_8).equals(value)) {
      throw new IllegalArgumentException("text with a lone surrogate");
    }
    head(TEXT, utf8.length);
    append(utf8);
    return this;
  }

  public CborWriter textOrNull(@Nullable String value) {
    return value == null ? nil() : text(value);
  }

  public CborWriter bytesOrNull(byte @Nullable [] value) {
    return value == null ? nil() : bytes(value);
  }

  public CborWriter nil() {
    ensure(1);
    buffer[size++] = (byte) NULL;
    return this;
  }

  public byte[] toByteArray() {
    return Arrays.copyOf(buffer, size);
  }

  private void head(int major, long value) {
    ensure(9);
    int type = major << 5;
    if (value < 24) {
      buffer[size++] = (byte) (type | value);
    } else if (value <= 0xff) {
      buffer[size++] = (byte) (type | 24);
      big(value, 1);
    } else if (value <= 0xffff) {
      buffer[size++] = (byte) (type | 25);
      big(value, 2);
    } else if (value <= 0xffff_ffffL) {
      buffer[size++] = (byte) (type | 26);
      big(value, 4);
    } else {
      buffer[size++] = (byte) (type | 27);
      big(value, 8);
    }
  }

  private void big(long value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) {
      buffer[size++] = (byte) (value >>> shift);
    }
  }

  private void append(byte[] value) {
    ensure(value.length);
    System.arraycopy(value, 0, buffer, size, value.length);
    size += value.length;
  }

  private void ensure(int more) {
    if (buffer.length - size < more) {
      buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, size + more));
    }
  }
}
