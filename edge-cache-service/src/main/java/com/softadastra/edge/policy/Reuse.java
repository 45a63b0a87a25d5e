package com.softadastra.edge.policy;

import java.time.Duration;
import java.util.OptionalLong;

/** What a stored response is good for now (RFC 9111, 4; RFC 5861). */
public sealed interface Reuse {
  /**
   * It answers the request.
   *
   * @param behind it is stale, and to be validated behind the answer (RFC 5861, 3)
   */
  record Serve(boolean behind) implements Reuse {}

  /**
   * It has to be validated first.
   *
   * @param asked by the request, while it is fresh
   */
  record Validate(boolean asked) implements Reuse {}

  /** Why the origin gave nothing to use. */
  enum Failure {
    /** No answer came: the cache is cut off (RFC 9111, 4.2.4). */
    NO_ANSWER,
    /** It answered with 500, 502, 503 or 504 (RFC 5861, 4). */
    ERROR_STATUS;

    public static boolean isError(int status) {
      return status == 500 || status == 502 || status == 503 || status == 504;
    }
  }

  static Reuse of(CacheControl request, ResponseHead stored, Freshness freshness) {
    if (request.has("no-cache")) {
      return new Validate(true);
    }
    if (stored.control().hasUnqualified("no-cache")) {
      return new Validate(false);
    }
    var oldest = request.seconds("max-age");
    var reserve = request.seconds("min-fresh");
    if (oldest.isPresent() && freshness.age() > oldest.getAsLong()) {
      return new Validate(freshness.isFresh());
    }
    if (reserve.isPresent() && freshness.remaining() < reserve.getAsLong()) {
      return new Validate(freshness.isFresh());
    }
    if (freshness.isFresh()) {
      return new Serve(false);
    }
    if (forbidsStale(stored.control())) {
      return new Validate(false);
    }
    long stale = -freshness.remaining();
    if (request.has("max-stale") && stale <= tolerated(request)) {
      return new Serve(false);
    }
    // who says how old an answer may be doesn't want to be told yesterday's
    boolean mayLag = oldest.isEmpty() && reserve.isEmpty();
    return mayLag && isWithin(stored.control().seconds("stale-while-revalidate"), stale)
        ? new Serve(true)
        : new Validate(false);
  }

  /**
   * Whether it may be served stale because validating it failed. An origin that says for how long
   * with {@code stale-if-error} means it for both failures; one that says nothing allows it only to
   * a cache that is cut off.
   *
   * @param cutOff for how long that is
   */
  static boolean isAllowedOn(
      Failure failure,
      CacheControl request,
      ResponseHead stored,
      Freshness freshness,
      Duration cutOff) {
    if (forbidsStale(stored.control())) {
      return false;
    }
    long stale = Math.max(0, -freshness.remaining());
    var told = stored.control().seconds("stale-if-error");
    if (isWithin(told, stale) || isWithin(request.seconds("stale-if-error"), stale)) {
      return true;
    }
    return told.isEmpty() && failure == Failure.NO_ANSWER && stale <= cutOff.toSeconds();
  }

  /** 4.2.4; s-maxage means proxy-revalidate, too (5.2.2.10). */
  private static boolean forbidsStale(CacheControl stored) {
    return stored.has("must-revalidate")
        || stored.has("proxy-revalidate")
        || stored.has("s-maxage")
        || stored.hasUnqualified("no-cache");
  }

  /** Without a number any age is tolerated (5.2.1.2). */
  private static long tolerated(CacheControl request) {
    return request.hasUnqualified("max-stale")
        ? Long.MAX_VALUE
        : request.seconds("max-stale").orElse(0);
  }

  private static boolean isWithin(OptionalLong window, long stale) {
    return window.isPresent() && stale <= window.getAsLong();
  }
}
