package com.softadastra.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.edge.policy.CacheStatus.Forward;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9211: Cache-Status")
class CacheStatusTest {
  private static final Freshness FRESH = new Freshness(60, 18);
  private static final Freshness STALE = new Freshness(60, 90);

  @Test
  @DisplayName("2.1, 2.4: a hit with its time to live, negative when stale")
  void hit() {
    assertThat(CacheStatus.hit(FRESH, "").member("c")).isEqualTo("c; hit; ttl=42");
    assertThat(CacheStatus.hit(STALE, "stale: x").member("c"))
        .isEqualTo("c; hit; ttl=-30; detail=\"stale: x\"");
  }

  @Test
  @DisplayName("2.2, 2.3: why it went on, and what came back")
  void forwarded() {
    assertThat(CacheStatus.forwarded(Forward.METHOD, 201).member("c"))
        .isEqualTo("c; fwd=method; fwd-status=201");
    assertThat(CacheStatus.forwarded(Forward.URI_MISS, 0).member("c")).isEqualTo("c; fwd=uri-miss");
    assertThat(CacheStatus.forwarded(Forward.VARY_MISS, 0).member("c"))
        .isEqualTo("c; fwd=vary-miss");
  }

  @Test
  @DisplayName("2.5, 2.6: stored, or shared with another request")
  void storedOrCollapsed() {
    assertThat(CacheStatus.forwarded(Forward.URI_MISS, 200).withStored(FRESH, false).member("c"))
        .isEqualTo("c; fwd=uri-miss; fwd-status=200; ttl=42; stored");
    assertThat(CacheStatus.forwarded(Forward.STALE, 0).withStored(FRESH, true).member("c"))
        .isEqualTo("c; fwd=stale; ttl=42; collapsed");
  }

  @Test
  @DisplayName("2: neither hit nor forwarded")
  void refused() {
    assertThat(CacheStatus.refused("only-if-cached").member("c"))
        .isEqualTo("c; detail=\"only-if-cached\"");
  }
}
