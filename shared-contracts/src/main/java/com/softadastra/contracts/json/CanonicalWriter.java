package com.softadastra.contracts.json;

/**
 * Writes canonical JSON text. It follows RFC 8785 but for numbers, which stay as written. A
 * surrogate without its partner, which UTF-8 can't carry, stays an escape of four lower-case hex
 * digits.
 */
final class CanonicalWriter {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private CanonicalWriter() {}

  /** Recursion is bounded by the depth that the parser lets in. */
  static void write(Json json, StringBuilder out) {
    switch (json) {
      case Json.Obj(var members) -> {
        out.append('{');
        boolean first = true;
        for (var member : members.entrySet()) {
          if (!first) {
            out.append(',');
          }
          first = false;
          string(member.getKey(), out);
          out.append(':');
          write(member.getValue(), out);
        }
        out.append('}');
      }
      case Json.Arr(var items) -> {
        out.append('[');
        for (int i = 0; i < items.size(); i++) {
          if (i > 0) {
            out.append(',');
          }
          write(items.get(i), out);
        }
        out.append(']');
      }
      case Json.Str(var value) -> string(value, out);
      case Json.Num(var text) -> out.append(text);
      case Json.Bool(var value) -> out.append(value);
      case Json.Null _ -> out.append("null");
    }
  }

  private static void string(String value, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (c < 0x20 || isLoneSurrogate(value, i)) {
            out.append("\\u")
                .append(HEX[c >>> 12])
                .append(HEX[c >>> 8 & 15])
                .append(HEX[c >>> 4 & 15])
                .append(HEX[c & 15]);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static boolean isLoneSurrogate(String value, int i) {
    char c = value.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == value.length() || !Character.isLowSurrogate(value.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(value.charAt(i - 1)));
  }
}
