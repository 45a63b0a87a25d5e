package com.softadastra.edge.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The directives of {@code Cache-Control} (RFC 9111, 5.2), of a request or a response.
 *
 * @param directives arguments by the directive's name in lower case; without an argument it is
 *     empty. Of a directive that stands twice the first counts (4.2.1), but one without an
 *     argument, which says more, before one with
 */
public record CacheControl(Map<String, String> directives) {
  /** Beyond it an amount of seconds is taken for this one (1.2.2). */
  private static final long LONGEST_SECONDS = 1L << 31;

  private static final CacheControl NONE = new CacheControl(Map.of());

  /** Without {@code Cache-Control}, {@code Pragma: no-cache} in a request means the same (5.4). */
  public static CacheControl ofRequest(Headers request) {
    var control = ofResponse(request);
    return control.directives.isEmpty()
            && !request.has("Cache-Control")
            && request.names("Pragma").contains("no-cache")
        ? new CacheControl(Map.of("no-cache", ""))
        : control;
  }

  public static CacheControl ofResponse(Headers response) {
    if (!response.has("Cache-Control")) {
      return NONE;
    }
    var directives = new HashMap<String, String>();
    for (String member : response.list("Cache-Control")) {
      int equals = member.indexOf('=');
      String name = equals < 0 ? member : member.substring(0, equals);
      String argument = equals < 0 ? "" : unquoted(member.substring(equals + 1).strip());
      directives.merge(
          name.strip().toLowerCase(Locale.ROOT),
          argument,
          (first, second) -> second.isEmpty() ? second : first);
    }
    return new CacheControl(directives);
  }

  private static String unquoted(String text) {
    return text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"")
        ? text.substring(1, text.length() - 1).replace("\\", "")
        : text;
  }

  public boolean has(String directive) {
    return directives.containsKey(directive);
  }

  /** The directive as a whole, and not for some fields alone. */
  boolean hasUnqualified(String directive) {
    return "".equals(directives.get(directive));
  }

  /** The fields that {@code private} or {@code no-cache} is about, in lower case. */
  Set<String> fields(String directive) {
    var names = new ArrayList<String>();
    Headers.split(directives.getOrDefault(directive, ""), ',', names);
    var fields = new HashSet<String>();
    names.forEach(name -> fields.add(name.toLowerCase(Locale.ROOT)));
    return fields;
  }

  /** Seconds; 0 where the argument is no whole number, so that what depends on it is stale. */
  OptionalLong seconds(String directive) {
    String argument = directives.get(directive);
    if (argument == null) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(parse(argument));
  }

  static long parse(String seconds) {
    if (seconds.isEmpty() || !seconds.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return 0;
    }
    return seconds.length() > 10
        ? LONGEST_SECONDS
        : Math.min(Long.parseLong(seconds), LONGEST_SECONDS);
  }
}
