package com.softadastra.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/** Bytes in seeds and in complaints. */
public final class Bytes {
  private Bytes() {}

  public static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  public static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }

  /**
   * @throws AssertionError unless they are the same
   */
  public static void same(byte[] taken, byte[] encoded) {
    if (!Arrays.equals(taken, encoded)) {
      int at = Math.max(0, Arrays.mismatch(taken, encoded));
      throw new AssertionError(
          "taken, but encodes to other bytes from %d on: %s, not %s"
              .formatted(at, excerpt(encoded, at), excerpt(taken, at)));
    }
  }

  public static void hold(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private static String excerpt(byte[] bytes, int from) {
    return HexFormat.of().formatHex(bytes, from, Math.min(bytes.length, from + 16));
  }
}
