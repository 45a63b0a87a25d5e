package com.softadastra.edge.cache;

import com.softadastra.edge.origin.Origin;
import com.softadastra.edge.policy.Headers;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What an operator wants gone: of one origin all, or what is narrowed down.
 *
 * @param target path and query; with {@code *} at the end all that begin so
 * @param tag one that {@code Cache-Tag} or {@code Surrogate-Key} names
 */
public record Purge(Origin origin, Optional<String> target, Optional<String> tag) {
  private static final Pattern BLANKS = Pattern.compile("[,\\s]+");

  boolean isOfOrigin(String key) {
    return key.startsWith(origin.url() + "/");
  }

  boolean names(String key, Headers response) {
    return isOfOrigin(key)
        && target.map(wanted -> isAt(key, origin.url() + wanted)).orElse(true)
        && tag.map(wanted -> hasTag(response, wanted)).orElse(true);
  }

  private static boolean isAt(String key, String wanted) {
    return wanted.endsWith("*")
        ? key.startsWith(wanted.substring(0, wanted.length() - 1))
        : key.equals(wanted);
  }

  private static boolean hasTag(Headers response, String tag) {
    return hasTag(response.joined("Cache-Tag"), tag)
        || hasTag(response.joined("Surrogate-Key"), tag);
  }

  private static boolean hasTag(String tags, String tag) {
    return BLANKS.splitAsStream(tags).anyMatch(tag::equals);
  }
}
