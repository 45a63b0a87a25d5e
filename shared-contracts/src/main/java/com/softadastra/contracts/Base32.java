package com.softadastra.contracts;

/**
 * Base 32 with the extended hex alphabet in lower case, without padding (RFC 4648, section 7).
 * Chosen for the text form of every hash because it sorts as the bytes sort and needs no escaping
 * in a URL, a file name or a DNS label.
 */
public final class Base32 {
  private static final char[] DIGITS = "0123456789abcdefghijklmnopqrstuv".toCharArray();

  private Base32() {}

  public static String encode(byte[] bytes) {
    var text = new char[(bytes.length * 8 + 4) / 5];
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (byte b : bytes) {
      buffer = (buffer << 8) | (b & 0xff);
      bits += 8;
      while (bits >= 5) {
        bits -= 5;
        text[at++] = DIGITS[(buffer >>> bits) & 31];
      }
      buffer &= (1 << bits) - 1;
    }
    if (bits > 0) {
      text[at] = DIGITS[(buffer << (5 - bits)) & 31];
    }
    return new String(text);
  }

  /**
   * The bytes that {@link #encode} made this text from.
   *
   * @throws IllegalArgumentException for another digit, an impossible length or bits left over that
   *     are not zero, so that each value has exactly one text
   */
  public static byte[] decode(String text) {
    var bytes = new byte[text.length() * 5 / 8];
    if ((bytes.length * 8 + 4) / 5 != text.length()) {
      throw new IllegalArgumentException("not base 32: length " + text.length());
    }
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (int i = 0; i < text.length(); i++) {
      buffer = (buffer << 5) | digit(text.charAt(i));
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (byte) (buffer >>> bits);
      }
      buffer &= (1 << bits) - 1;
    }
    if (buffer != 0) {
      throw new IllegalArgumentException("not base 32: bits left over");
    }
    return bytes;
  }

  private static int digit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    if (c >= 'a' && c <= 'v') {
      return c - 'a' + 10;
    }
    throw new IllegalArgumentException("not a base 32 digit");
  }
}
