package com.softadastra.edge.policy;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A response as the cache judges it and keeps it, without its body.
 *
 * @param requestedAt when the request left
 * @param receivedAt when the head had come
 * @param selecting for each field that {@code Vary} names, in lower case, what the request had (RFC
 *     9111, 4.1)
 * @param control the directives in the headers
 */
public record ResponseHead(
    int status,
    Headers headers,
    Instant requestedAt,
    Instant receivedAt,
    Map<String, String> selecting,
    CacheControl control) {
  public ResponseHead {
    selecting = Map.copyOf(selecting);
  }

  public static ResponseHead of(
      int status,
      Headers headers,
      Instant requestedAt,
      Instant receivedAt,
      Map<String, String> selecting) {
    return new ResponseHead(
        status, headers, requestedAt, receivedAt, selecting, CacheControl.ofResponse(headers));
  }

  /** The same with other headers. */
  public ResponseHead with(Headers others) {
    return of(status, others, requestedAt, receivedAt, selecting);
  }

  /** {@code Date}, or when the response came where it has none that can be read. */
  Instant date() {
    return date("Date").orElse(receivedAt);
  }

  Optional<Instant> date(String field) {
    return headers.first(field).flatMap(text -> HttpDate.parse(text, receivedAt));
  }

  public boolean hasTag() {
    return tag().isPresent();
  }

  Optional<EntityTag> tag() {
    return headers.first("ETag").flatMap(EntityTag::parse);
  }

  boolean hasValidator() {
    return tag().isPresent() || date("Last-Modified").isPresent();
  }
}
