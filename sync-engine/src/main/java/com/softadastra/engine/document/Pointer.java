package com.softadastra.engine.document;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Fields by JSON Pointer (RFC 6901), in one form: the empty pointer is the whole document, {@code
 * /a} its member. Of two that overlap one leads to the other, or they are the same.
 */
final class Pointer {
  static final String WHOLE = "";

  /** One comes before all that it leads to, and those before any other. */
  static final Comparator<String> ORDER = Pointer::compare;

  private Pointer() {}

  /** The steps of a field: a member's name, or a pointer where it starts with {@code /}. */
  static List<String> steps(String field) {
    if (!field.startsWith("/")) {
      return List.of(field);
    }
    return Arrays.stream(field.substring(1).split("/", -1))
        .map(step -> step.replace("~1", "/").replace("~0", "~"))
        .toList();
  }

  /** A field that is named either way, as a pointer. */
  static String of(String field) {
    return steps(field).stream().map(Pointer::escaped).collect(Collectors.joining("/", "/", ""));
  }

  static String child(String pointer, String name) {
    return pointer + "/" + escaped(name);
  }

  private static String escaped(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }

  /** Whether the first is the second, or leads to it. */
  static boolean covers(String upper, String lower) {
    return lower.startsWith(upper)
        && (upper.isEmpty()
            || lower.length() == upper.length()
            || lower.charAt(upper.length()) == '/');
  }

  private static int compare(String one, String other) {
    int at = 0;
    while (at < one.length() && at < other.length() && one.charAt(at) == other.charAt(at)) {
      at++;
    }
    if (at == one.length() || at == other.length()) {
      return Integer.compare(one.length(), other.length());
    }
    if (one.charAt(at) == '/' || other.charAt(at) == '/') {
      return one.charAt(at) == '/' ? -1 : 1;
    }
    return Character.compare(one.charAt(at), other.charAt(at));
  }

  static boolean overlap(String one, String other) {
    return covers(one, other) || covers(other, one);
  }
}
