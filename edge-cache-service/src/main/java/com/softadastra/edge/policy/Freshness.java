package com.softadastra.edge.policy;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/**
 * How long a response is fresh, and how old it is (RFC 9111, 4.2), in whole seconds.
 *
 * @param lifetime 0 or more
 * @param age 0 or more
 */
public record Freshness(long lifetime, long age) {
  /** Statuses that may be stored without being told to (RFC 9110, 15.1), but for 206. */
  private static final Set<Integer> HEURISTIC =
      Set.of(200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501);

  /**
   * What a response that doesn't say how long it is fresh is given (4.2.2).
   *
   * @param most a tenth of the time since it was modified last, but no more than this
   * @param absence how long {@code 404} and {@code 410} are believed
   */
  public record Guess(Duration most, Duration absence) {}

  public static Freshness of(ResponseHead response, Guess guess, Instant now) {
    return new Freshness(lifetime(response, guess), age(response, now));
  }

  public boolean isFresh() {
    return lifetime > age;
  }

  /** Seconds that it is fresh for; below 0 those for which it is not any more. */
  public long remaining() {
    return lifetime - age;
  }

  static boolean isHeuristic(ResponseHead response) {
    return HEURISTIC.contains(response.status());
  }

  /** Whether the origin has said how long, or at least that everybody may keep it. */
  static boolean isExplicit(ResponseHead response) {
    var control = response.control();
    return control.has("s-maxage")
        || control.has("max-age")
        || control.has("public")
        || response.headers().has("Expires");
  }

  /** 4.2.1: s-maxage, else max-age, else Expires, else a guess. */
  private static long lifetime(ResponseHead response, Guess guess) {
    var control = response.control();
    var told = control.seconds("s-maxage");
    if (told.isEmpty()) {
      told = control.seconds("max-age");
    }
    if (told.isPresent()) {
      return told.getAsLong();
    }
    if (response.headers().has("Expires")) {
      // a date that can't be read, 0 above all, is past (5.3)
      return response
          .date("Expires")
          .map(expires -> Math.max(0, Duration.between(response.date(), expires).toSeconds()))
          .orElse(0L);
    }
    return isHeuristic(response) || control.has("public") ? guessed(response, guess) : 0;
  }

  private static long guessed(ResponseHead response, Guess guess) {
    if (response.status() == 404 || response.status() == 410) {
      return guess.absence().toSeconds();
    }
    return response
        .date("Last-Modified")
        .map(modified -> Duration.between(modified, response.date()).toSeconds() / 10)
        .map(tenth -> Math.clamp(tenth, 0L, guess.most().toSeconds()))
        .orElse(0L);
  }

  /** 4.2.3. */
  private static long age(ResponseHead response, Instant now) {
    long apparent = seconds(response.date(), response.receivedAt());
    long delay = seconds(response.requestedAt(), response.receivedAt());
    long told =
        response.headers().list("Age").stream().findFirst().map(CacheControl::parse).orElse(0L);
    return Math.max(apparent, told + delay) + seconds(response.receivedAt(), now);
  }

  /** A clock that was set back makes nothing younger. */
  private static long seconds(Instant from, Instant to) {
    return Math.max(0, Duration.between(from, to).toSeconds());
  }
}
