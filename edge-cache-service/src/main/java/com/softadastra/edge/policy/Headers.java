package com.softadastra.edge.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Header fields in the order in which they came. Names are compared without regard to case.
 *
 * @param fields lines as they came; a name may stand several times
 */
public record Headers(List<Field> fields) {
  public static final Headers NONE = new Headers(List.of());

  /** A field line. */
  public record Field(String name, String value) {
    boolean is(String other) {
      return name.equalsIgnoreCase(other);
    }
  }

  public Headers {
    fields = List.copyOf(fields);
  }

  /** Names and values in turn. */
  public static Headers of(String... namesAndValues) {
    var fields = new ArrayList<Field>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.add(new Field(namesAndValues[i], namesAndValues[i + 1]));
    }
    return new Headers(fields);
  }

  public boolean has(String name) {
    for (var field : fields) {
      if (field.is(name)) {
        return true;
      }
    }
    return false;
  }

  public Optional<String> first(String name) {
    for (var field : fields) {
      if (field.is(name)) {
        return Optional.of(field.value());
      }
    }
    return Optional.empty();
  }

  /** All lines of that name as one (RFC 9110, 5.3); empty where there is none. */
  public String joined(String name) {
    var joined = new StringBuilder();
    for (var field : fields) {
      if (field.is(name)) {
        joined.append(joined.isEmpty() ? "" : ", ").append(field.value());
      }
    }
    return joined.toString();
  }

  /** The members of the lists in all lines of that name, without what is empty. */
  public List<String> list(String name) {
    var members = new ArrayList<String>();
    for (var field : fields) {
      if (field.is(name)) {
        split(field.value(), ',', members);
      }
    }
    return members;
  }

  /** The same as names in lower case. */
  public Set<String> names(String name) {
    var names = new HashSet<String>();
    for (String member : list(name)) {
      names.add(member.toLowerCase(Locale.ROOT));
    }
    return names;
  }

  public Headers with(String name, String value) {
    var more = new ArrayList<>(fields);
    more.add(new Field(name, value));
    return new Headers(more);
  }

  /**
   * @param isLeftOut is asked with the name in lower case
   */
  public Headers without(Predicate<String> isLeftOut) {
    var rest = new ArrayList<Field>(fields.size());
    for (var field : fields) {
      if (!isLeftOut.test(field.name().toLowerCase(Locale.ROOT))) {
        rest.add(field);
      }
    }
    return new Headers(rest);
  }

  public Headers without(String name) {
    return without(it -> it.equalsIgnoreCase(name));
  }

  /** Splits where the separator stands outside of quoted strings. */
  static void split(String text, char separator, List<String> into) {
    int start = 0;
    boolean isQuoted = false;
    for (int i = 0; i <= text.length(); i++) {
      boolean isEnd = i == text.length();
      char c = isEnd ? separator : text.charAt(i);
      if (isQuoted && c == '\\' && i + 1 < text.length()) {
        i++;
      } else if (c == '"') {
        isQuoted = !isQuoted;
      }
      if (isEnd || (c == separator && !isQuoted)) {
        String member = text.substring(start, Math.min(i, text.length())).strip();
        if (!member.isEmpty()) {
          into.add(member);
        }
        start = i + 1;
      }
    }
  }
}
