package com.softadastra.engine.cbor;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads what {@link CborWriter} writes and nothing else: a longer form of the same value is
 * refused, so bytes that can be read are the bytes that would be written. Lengths are checked
 * against what is there before anything is allocated.
 */
public final class CborReader {
  private final byte[] data;
  private int at;

  public CborReader(byte[] data) {
    this.data = data;
  }

  /** The bytes are not what was expected at this place. */
  public static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    public Malformed(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * The number of items that follow. @throws Malformed unless it is from {@code least} to {@code
   * most}
   */
  public int array(int least, int most) {
    long items = head(CborWriter.ARRAY);
    if (items < least || items > most) {
      throw new Malformed("array of " + items + " items, expected " + least + " to " + most);
    }
    return (int) items;
  }

  public long unsigned() {
    return head(CborWriter.UNSIGNED);
  }

  /**
   * @throws Malformed for a value above {@code most}
   */
  public int unsigned(int most) {
    long value = unsigned();
    if (value > most) {
      throw new Malformed("number " + value + " above " + most);
    }
    return (int) value;
  }

  public byte[] bytes(int most) {
    int length = length(CborWriter.BYTES, most);
    at += length;
    return Arrays.copyOfRange(data, at - length, at);
  }

  public byte[] bytesExactly(int length) {
    byte[] value = bytes(length);
    if (value.length != length) {
      throw new Malformed("byte string of " + value.length + " bytes, expected " + length);
    }
    return value;
  }

  public byte @Nullable [] bytesOrNull(int most) {
    return skipNull() ? null : bytes(most);
  }

  /**
   * @param most bytes of UTF-8
   */
  public String text(int most) {
    int length = length(CborWriter.TEXT, most);
    try {
      String value = new String(data, at, length, StandardCharsets.UTF_8);
      if (value.indexOf('\uFFFD') >= 0) {
        // written so, or put in the place of what is no UTF-8
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data, at, length));
      }
      at += length;
      return value;
    } catch (CharacterCodingException e) {
      throw new Malformed("text is not UTF-8");
    }
  }

  public @Nullable String textOrNull(int most) {
    return skipNull() ? null : text(most);
  }

  /** Whether null was next; if so it has been read. */
  public boolean skipNull() {
    if (at < data.length && (data[at] & 0xff) == CborWriter.NULL) {
      at++;
      return true;
    }
    return false;
  }

  /**
   * @throws Malformed where bytes are left
   */
  public void end() {
    if (at != data.length) {
      throw new Malformed((data.length - at) + " bytes too many");
    }
  }

  private int length(int major, int most) {
    long length = head(major);
    if (length > most || length > data.length - at) {
      throw new Malformed(
          "string of " + length + " bytes, at most " + Math.min(most, data.length - at));
    }
    return (int) length;
  }

  private long head(int major) {
    int first = next();
    if (first >>> 5 != major) {
      throw new Malformed("major type " + (first >>> 5) + ", expected " + major);
    }
    int info = first & 31;
    if (info < 24) {
      return info;
    }
    long value =
        switch (info) {
          case 24 -> big(1);
          case 25 -> big(2);
          case 26 -> big(4);
          case 27 -> big(8);
          default -> throw new Malformed("length form " + info);
        };
    long least =
        switch (info) {
          case 24 -> 24;
          case 25 -> 0x100;
          case 26 -> 0x1_0000;
          default -> 0x1_0000_0000L;
        };
    if (value < least) {
      throw new Malformed("a number in a longer form than it needs, or beyond 63 bits");
    }
    return value;
  }

  private long big(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value = value << 8 | next();
    }
    return value;
  }

  private int next() {
    if (at == data.length) {
      throw new Malformed("ends too early");
    }
    return data[at++] & 0xff;
  }
}
