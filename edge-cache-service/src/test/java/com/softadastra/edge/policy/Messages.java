package com.softadastra.edge.policy;

import java.time.Duration;
import java.time.Instant;

/** Requests and responses as the tests of the rules write them. */
final class Messages {
  static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
  static final Freshness.Guess GUESS =
      new Freshness.Guess(Duration.ofDays(1), Duration.ofSeconds(5));
  static final Duration CUT_OFF = Duration.ofDays(30);

  private Messages() {}

  static RequestHead get(String... headers) {
    return RequestHead.of("GET", Headers.of(headers));
  }

  static ResponseHead ok(String... headers) {
    return response(200, headers);
  }

  /** Received now, with a date. */
  static ResponseHead response(int status, String... headers) {
    var fields = Headers.of(headers);
    return undated(status, fields.has("Date") ? fields : fields.with("Date", date(NOW)));
  }

  static ResponseHead undated(int status, Headers fields) {
    return ResponseHead.of(status, fields, NOW, NOW, java.util.Map.of());
  }

  static String date(Instant instant) {
    return HttpDate.format(instant);
  }

  static Freshness after(ResponseHead response, long seconds) {
    return Freshness.of(response, GUESS, NOW.plusSeconds(seconds));
  }

  /** What becomes of a stored response, so many seconds after it came. */
  static Reuse reuse(ResponseHead stored, long seconds, String... requestHeaders) {
    return Reuse.of(get(requestHeaders).control(), stored, after(stored, seconds));
  }

  static boolean isAllowed(
      Reuse.Failure failure, ResponseHead stored, long seconds, String... requestHeaders) {
    return Reuse.isAllowedOn(
        failure, get(requestHeaders).control(), stored, after(stored, seconds), CUT_OFF);
  }
}
