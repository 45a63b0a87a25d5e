package com.softadastra.edge.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Asking the origin whether a stored response still holds (RFC 9111, 4.3). */
public final class Validation {
  /** What the client asks on its own account; a request of the cache's own has none of it. */
  private static final Set<String> OF_THE_CLIENT =
      Set.of("if-none-match", "if-modified-since", "if-range", "range");

  /** What a 304 doesn't change (3.2): what the stored body depends on. */
  private static final Set<String> OF_THE_BODY =
      Set.of("content-length", "content-encoding", "content-range", "vary");

  private Validation() {}

  /** The request as the cache makes it for itself and all who want the same. */
  public static Headers whole(Headers request) {
    return request.without(OF_THE_CLIENT::contains);
  }

  /** The same with the stored response's validators (4.3.1). */
  public static Headers conditional(Headers request, ResponseHead stored) {
    var headers = whole(request);
    var tag = stored.tag().flatMap(_ -> stored.headers().first("ETag"));
    if (tag.isPresent()) {
      headers = headers.with("If-None-Match", tag.get());
    }
    var modified =
        stored.date("Last-Modified").flatMap(_ -> stored.headers().first("Last-Modified"));
    return modified.isPresent() ? headers.with("If-Modified-Since", modified.get()) : headers;
  }

  public static boolean isPossible(ResponseHead stored) {
    return stored.hasValidator();
  }

  /** Whether a 304 is about this stored response (4.3.4). */
  public static boolean confirms(ResponseHead notModified, ResponseHead stored) {
    var told = notModified.tag();
    if (told.isPresent()) {
      return stored
          .tag()
          .filter(tag -> told.get().weak() ? tag.isWeaklyEqual(told.get()) : tag.equals(told.get()))
          .isPresent();
    }
    var modified = notModified.date("Last-Modified");
    return modified.isEmpty() || modified.equals(stored.date("Last-Modified"));
  }

  /** The stored response with what a 304, or an answer to HEAD, says anew (3.2, 4.3.4, 4.3.5). */
  public static ResponseHead refreshed(ResponseHead stored, ResponseHead newer) {
    var told = new HashSet<String>();
    var added = Storability.kept(newer).without(OF_THE_BODY::contains);
    added.fields().forEach(field -> told.add(field.name().toLowerCase(Locale.ROOT)));
    // an age that isn't said again was that of the older answer
    told.add("age");
    var fields = new ArrayList<>(stored.headers().without(told::contains).fields());
    fields.addAll(added.fields());
    return ResponseHead.of(
        stored.status(),
        new Headers(fields),
        newer.requestedAt(),
        newer.receivedAt(),
        stored.selecting());
  }

  /**
   * Whether what HEAD was told contradicts the stored response, which is then of no use (4.3.5).
   */
  public static boolean contradicts(ResponseHead ofHead, ResponseHead stored, long storedBytes) {
    boolean otherTag = ofHead.tag().isPresent() && !ofHead.tag().equals(stored.tag());
    boolean otherDate =
        ofHead.date("Last-Modified").isPresent()
            && !ofHead.date("Last-Modified").equals(stored.date("Last-Modified"));
    var length = ofHead.headers().first("Content-Length");
    boolean otherLength = length.isPresent() && CacheControl.parse(length.get()) != storedBytes;
    return otherTag || otherDate || otherLength;
  }
}
