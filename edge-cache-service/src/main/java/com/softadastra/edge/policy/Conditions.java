package com.softadastra.edge.policy;

import java.util.Set;

/** What a client asks about the response that it would be served (RFC 9111, 4.3.2). */
public final class Conditions {
  /** What describes the body that a 304 doesn't have. */
  private static final Set<String> OF_THE_BODY =
      Set.of(
          "content-length",
          "content-type",
          "content-encoding",
          "content-language",
          "content-range");

  private Conditions() {}

  /** Only the origin can tell whether these hold (RFC 9110, 13.1.1 and 13.1.4). */
  public static boolean areForTheOrigin(Headers request) {
    return request.has("If-Match") || request.has("If-Unmodified-Since");
  }

  /** Whether the client has what it would be served: 304. */
  public static boolean isNotModified(Headers request, ResponseHead response) {
    if (response.status() != 200) {
      return false;
    }
    if (request.has("If-None-Match")) {
      var tag = response.tag();
      return request.list("If-None-Match").stream()
          .anyMatch(wanted ->
              wanted.equals("*")
                  || EntityTag.parse(wanted)
                      .filter(it -> tag.isPresent() && it.isWeaklyEqual(tag.get()))
                      .isPresent());
    }
    var since =
        request
            .first("If-Modified-Since")
            .flatMap(text -> HttpDate.parse(text, response.receivedAt()));
    return since.isPresent()
        && !response.date("Last-Modified").orElse(response.date()).isAfter(since.get());
  }

  public static Headers ofNotModified(Headers response) {
    return response.without(OF_THE_BODY::contains);
  }
}
