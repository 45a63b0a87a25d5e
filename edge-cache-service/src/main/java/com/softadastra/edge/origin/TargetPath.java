package com.softadastra.edge.origin;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What may stand in the path and query of a request to an origin. A path that one server reads
 * otherwise than the next is refused, not mended: it would be stored under one name and fetched
 * under another.
 */
public final class TargetPath {
  private static final int LONGEST = 8 << 10;
  private static final String ALLOWED = "!$&'()*+,-./:;=?@_~";

  /** How often a path may be encoded over and over. */
  private static final int DEEPEST = 4;

  /** A dot segment, with or without parameters, as some servers allow. */
  private static final Pattern DOTS =
      Pattern.compile("(^|[/\\\\])\\.{1,2}(;[^/\\\\]*)?($|[/\\\\])");

  private TargetPath() {}

  /**
   * Path and query as they go to the origin.
   *
   * @param path as it was sent, from the slash on
   * @param query without the question mark, or null
   * @throws Refused {@code invalid-request}
   */
  public static String of(String path, @Nullable String query) {
    if (path.length() + (query == null ? 0 : query.length()) > LONGEST) {
      throw refused("path and query have at most " + LONGEST + " characters");
    }
    if (path.contains("//")) {
      throw refused("the path has an empty segment");
    }
    String encoded = encoded(path);
    String decoded = encoded;
    for (int depth = 0; decoded.indexOf('%') >= 0 || depth == 0; depth++) {
      requireHarmless(decoded);
      String next = decoded(decoded);
      if (next.equals(decoded)) {
        break;
      }
      if (depth == DEEPEST) {
        throw refused("the path is encoded over and over");
      }
      decoded = next;
    }
    requireHarmless(decoded);
    return query == null ? encoded : encoded + "?" + encoded(query);
  }

  private static void requireHarmless(String path) {
    if (path.indexOf('\\') >= 0) {
      throw refused("the path has a backslash");
    }
    if (path.chars().anyMatch(c -> c < ' ' || c == 127)) {
      throw refused("the path has a control character");
    }
    if (DOTS.matcher(path).find()) {
      throw refused("the path has a segment . or ..");
    }
  }

  /** Encodes what may not stand in a URI (RFC 3986) and was let through nevertheless. */
  private static String encoded(String text) {
    var out = new StringBuilder(text.length());
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes.length; i++) {
      char c = (char) (bytes[i] & 0xff);
      boolean isAllowed =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || ALLOWED.indexOf(c) >= 0
              || (c == '%' && digit(bytes, i + 1) >= 0 && digit(bytes, i + 2) >= 0);
      if (isAllowed) {
        out.append(c);
      } else {
        out.append('%').append(hex(c >> 4)).append(hex(c & 15));
      }
    }
    return out.toString();
  }

  private static int digit(byte[] bytes, int at) {
    return at < bytes.length ? Character.digit(bytes[at], 16) : -1;
  }

  private static char hex(int digit) {
    return Character.toUpperCase(Character.forDigit(digit, 16));
  }

  /** Each percent and two digits as a byte; a percent that stands otherwise stays. */
  private static String decoded(String text) {
    var bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int high = c == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
      int low = high >= 0 ? Character.digit(text.charAt(i + 2), 16) : -1;
      if (low >= 0) {
        bytes.write(high << 4 | low);
        i += 2;
      } else {
        bytes.write(c);
      }
    }
    return bytes.toString(StandardCharsets.ISO_8859_1);
  }

  private static Refused refused(String why) {
    return new Refused(ProblemCode.INVALID_REQUEST, why);
  }
}
