package com.softadastra.edge.policy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Which of the stored responses of one URI answers a request (RFC 9111, 4.1). */
public final class Variants {
  private Variants() {}

  /** What the request has in the fields that the response's {@code Vary} names. */
  public static Map<String, String> selecting(Headers response, Headers request) {
    var selecting = new HashMap<String, String>();
    for (String name : response.names("Vary")) {
      selecting.put(name, normalized(name, request));
    }
    return selecting;
  }

  public static boolean matches(Map<String, String> selecting, Headers request) {
    for (var field : selecting.entrySet()) {
      if (!field.getValue().equals(normalized(field.getKey(), request))) {
        return false;
      }
    }
    return true;
  }

  /** The one that matches, of several the newest by its {@code Date} (RFC 9111, 4). */
  public static <T> Optional<T> select(
      List<T> stored, Headers request, Function<T, ResponseHead> head) {
    return stored.stream()
        .filter(it -> matches(head.apply(it).selecting(), request))
        .max(
            Comparator.comparing((T it) -> head.apply(it).date())
                .thenComparing(it -> head.apply(it).receivedAt()));
  }

  /** Lines joined and blanks dropped; encodings, whose order means nothing, also sorted. */
  private static String normalized(String name, Headers request) {
    var members = new ArrayList<String>();
    for (String member : request.list(name)) {
      members.add(member);
    }
    if (name.equals("accept-encoding")) {
      members.replaceAll(member -> member.replace(" ", "").toLowerCase(Locale.ROOT));
      members.sort(Comparator.naturalOrder());
    }
    return (request.has(name) ? "+" : "-") + String.join(",", members);
  }
}
