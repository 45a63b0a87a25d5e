package com.softadastra.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * The settings that the layers have, by the metadata that is made of their properties when they are
 * built. Spring itself passes over what it doesn't know.
 */
final class KnownSettings {
  private static final String METADATA = "META-INF/spring-configuration-metadata.json";
  private static final String OURS = "softadastra.";

  // by the name as Spring compares it
  private final TreeMap<String, String> names = new TreeMap<>();

  // settings below names that the operator chooses; what has them checks what stands there
  private final Set<String> maps = new HashSet<>();

  KnownSettings() {
    var json = JsonMapper.shared();
    try {
      var files = KnownSettings.class.getClassLoader().getResources(METADATA);
      while (files.hasMoreElements()) {
        try (var file = files.nextElement().openStream()) {
          for (var property : json.readTree(file).path("properties")) {
            String name = property.path("name").asString();
            if (name.startsWith(OURS)) {
              names.put(compared(name), name);
              if (property.path("type").asString("").startsWith("java.util.Map<")) {
                maps.add(compared(name) + ".");
              }
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Case and hyphens don't count, nor does the place in a list. */
  private static String compared(String name) {
    return name.toLowerCase(Locale.ROOT).replace("-", "").replaceAll("\\[[0-9]*]$", "");
  }

  /**
   * @throws UsageMistake where there is no such setting
   */
  void require(String name) throws UsageMistake {
    boolean isInMap = maps.stream().anyMatch(compared(name)::startsWith);
    if (!isInMap && !names.containsKey(compared(name))) {
      throw new UsageMistake(
          "There is no setting --%s%s"
              .formatted(
                  name, nearest(compared(name)).map("; is it --%s?"::formatted).orElse(".")));
    }
  }

  /** The one of which the fewest letters differ, if those are few. */
  private Optional<String> nearest(String wanted) {
    String nearest = null;
    int least = 4;
    for (var known : names.entrySet()) {
      int distance = distance(wanted, known.getKey());
      if (distance < least) {
        least = distance;
        nearest = known.getValue();
      }
    }
    return Optional.ofNullable(nearest);
  }

  /** Letters to insert, remove or replace (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
