package com.softadastra.edge.policy;

import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What a request that may change something makes unusable (RFC 9111, 4.4). */
public final class Invalidation {
  private static final Set<String> SAFE = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  private Invalidation() {}

  public static boolean isSafe(String method) {
    return SAFE.contains(method);
  }

  /**
   * The target, and what {@code Location} and {@code Content-Location} name at the same origin;
   * none where the method is safe or the answer an error.
   */
  public static Set<URI> of(String method, URI target, int status, Headers response) {
    if (isSafe(method) || status < 200 || status >= 400) {
      return Set.of();
    }
    var uris = new LinkedHashSet<URI>();
    uris.add(target);
    for (String field : List.of("Location", "Content-Location")) {
      for (var line : response.fields()) {
        if (line.is(field)) {
          addResolved(target, line.value(), uris);
        }
      }
    }
    return uris;
  }

  private static void addResolved(URI target, String reference, Set<URI> uris) {
    try {
      var uri = target.resolve(URI.create(reference.strip()));
      if (target.getScheme().equalsIgnoreCase(uri.getScheme())
          && target.getRawAuthority().equalsIgnoreCase(uri.getRawAuthority())) {
        uris.add(uri);
      }
    } catch (IllegalArgumentException _) {
      // what is no URI names nothing
    }
  }
}
