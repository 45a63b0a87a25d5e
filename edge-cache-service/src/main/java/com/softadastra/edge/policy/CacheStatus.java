package com.softadastra.edge.policy;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How a request was handled (RFC 9211).
 *
 * @param hit whether the answer came from the store alone
 * @param forward why it went on to the origin; null where it didn't
 * @param forwardStatus what the origin answered; 0 where it didn't, or wasn't asked
 * @param ttl seconds that the answer is fresh for; below 0 those for which it is not any more
 * @param stored whether the origin's answer was stored
 * @param collapsed whether another request's answer was shared
 * @param detail in words; empty where there is nothing to add
 */
public record CacheStatus(
    boolean hit,
    @Nullable Forward forward,
    int forwardStatus,
    OptionalLong ttl,
    boolean stored,
    boolean collapsed,
    String detail) {
  /** Why a request went on (RFC 9211, 2.2). */
  public enum Forward {
    BYPASS("bypass"),
    METHOD("method"),
    URI_MISS("uri-miss"),
    VARY_MISS("vary-miss"),
    REQUEST("request"),
    STALE("stale");

    private final String token;

    Forward(String token) {
      this.token = token;
    }
  }

  public static CacheStatus hit(Freshness freshness, String detail) {
    return new CacheStatus(
        true, null, 0, OptionalLong.of(freshness.remaining()), false, false, detail);
  }

  public static CacheStatus forwarded(Forward why, int status) {
    return new CacheStatus(false, why, status, OptionalLong.empty(), false, false, "");
  }

  /** Answered here without the store and without the origin. */
  public static CacheStatus refused(String detail) {
    return new CacheStatus(false, null, 0, OptionalLong.empty(), false, false, detail);
  }

  public CacheStatus withStored(Freshness freshness, boolean isCollapsed) {
    return new CacheStatus(
        hit,
        forward,
        forwardStatus,
        OptionalLong.of(freshness.remaining()),
        !isCollapsed,
        isCollapsed,
        detail);
  }

  public CacheStatus withTtl(Freshness freshness) {
    return new CacheStatus(
        hit,
        forward,
        forwardStatus,
        OptionalLong.of(freshness.remaining()),
        stored,
        collapsed,
        detail);
  }

  public CacheStatus withDetail(String words) {
    return new CacheStatus(hit, forward, forwardStatus, ttl, stored, collapsed, words);
  }

  /** Whether the origin made or confirmed the answer for this very request. */
  public boolean isFirstHand() {
    return forward != null && !collapsed && detail.isEmpty();
  }

  /** The member of the field's list that this cache adds. */
  public String member(String cache) {
    var text = new StringBuilder(cache);
    if (hit) {
      text.append("; hit");
    }
    if (forward != null) {
      text.append("; fwd=").append(forward.token);
    }
    if (forwardStatus != 0) {
      text.append("; fwd-status=").append(forwardStatus);
    }
    ttl.ifPresent(seconds -> text.append("; ttl=").append(seconds));
    if (stored) {
      text.append("; stored");
    }
    if (collapsed) {
      text.append("; collapsed");
    }
    if (!detail.isEmpty()) {
      text.append("; detail=\"").append(detail).append('"');
    }
    return text.toString();
  }
}
