package com.softadastra.contracts.json;

/**
 * Sees without building anything that a text is a canonical object, as most that come from peers
 * are. It never says so of another text; of a canonical one with escapes it says nothing, and
 * {@link JsonReader} has to tell.
 */
final class CanonicalScan {
  private final String text;
  private int at;

  private CanonicalScan(String text) {
    this.text = text;
  }

  /**
   * @param text as UTF-8 carried it, so without a surrogate alone
   */
  static boolean isObject(String text) {
    // so it can't have more values than a reader takes
    if (text.length() > JsonReader.MAX_VALUES) {
      return false;
    }
    var scan = new CanonicalScan(text);
    return scan.next() == '{' && scan.value(1) && scan.at == text.length();
  }

  /** The character at which it stands; 0 at the end. */
  private char next() {
    return at < text.length() ? text.charAt(at) : 0;
  }

  private boolean skip(char wanted) {
    boolean there = next() == wanted;
    if (there) {
      at++;
    }
    return there;
  }

  private boolean skip(String word) {
    boolean there = text.startsWith(word, at);
    if (there) {
      at += word.length();
    }
    return there;
  }

  private boolean value(int depth) {
    return switch (next()) {
      case '{' -> depth <= JsonReader.MAX_DEPTH && object(depth);
      case '[' -> depth <= JsonReader.MAX_DEPTH && array(depth);
      case '"' -> string();
      case 't' -> skip("true");
      case 'f' -> skip("false");
      case 'n' -> skip("null");
      default -> number();
    };
  }

  /** Names ascend by their UTF-16 code units, so that none occurs twice. */
  private boolean object(int depth) {
    at++;
    if (skip('}')) {
      return true;
    }
    String last = null;
    do {
      int begin = at + 1;
      if (!string()) {
        return false;
      }
      var name = text.substring(begin, at - 1);
      if ((last != null && last.compareTo(name) >= 0) || !skip(':') || !value(depth + 1)) {
        return false;
      }
      last = name;
    } while (skip(','));
    return skip('}');
  }

  private boolean array(int depth) {
    at++;
    if (skip(']')) {
      return true;
    }
    do {
      if (!value(depth + 1)) {
        return false;
      }
    } while (skip(','));
    return skip(']');
  }

  private boolean string() {
    if (!skip('"')) {
      return false;
    }
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        return true;
      }
      if (c < 0x20 || c == '\\') {
        return false;
      }
    }
    return false;
  }

  private boolean number() {
    skip('-');
    if (!skip('0') && !digits()) {
      return false;
    }
    if (skip('.') && !digits()) {
      return false;
    }
    if (skip('e') || skip('E')) {
      if (!skip('+')) {
        skip('-');
      }
      return digits();
    }
    return true;
  }

  private boolean digits() {
    int begin = at;
    while (next() >= '0' && next() <= '9') {
      at++;
    }
    return at > begin;
  }
}
