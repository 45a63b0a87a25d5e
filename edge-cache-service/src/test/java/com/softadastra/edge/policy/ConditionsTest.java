package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.NOW;
import static com.softadastra.edge.policy.Messages.date;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.response;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9111, 4.3.2: what a client asks about a stored response")
class ConditionsTest {
  private static final String EARLIER = date(NOW.minusSeconds(500));
  private static final ResponseHead STORED = ok("ETag", "\"a,b\"", "Last-Modified", EARLIER);

  private static boolean isNotModified(ResponseHead stored, String... request) {
    return Conditions.isNotModified(Headers.of(request), stored);
  }

  @Test
  @DisplayName("4.3.2: If-None-Match is compared weakly, with any of a list")
  void tags() {
    assertThat(isNotModified(STORED, "If-None-Match", "\"x\", W/\"a,b\"")).isTrue();
    assertThat(isNotModified(STORED, "If-None-Match", "\"x\"", "If-None-Match", "\"a,b\""))
        .isTrue();
    assertThat(isNotModified(STORED, "If-None-Match", "\"x\"")).isFalse();
    assertThat(isNotModified(STORED, "If-None-Match", "*")).isTrue();
    assertThat(isNotModified(ok(), "If-None-Match", "\"a\"")).isFalse();
  }

  @Test
  @DisplayName("RFC 9110, 13.2.2: with If-None-Match, If-Modified-Since doesn't count")
  void precedence() {
    assertThat(isNotModified(STORED, "If-None-Match", "\"x\"", "If-Modified-Since", date(NOW)))
        .isFalse();
  }

  @Test
  @DisplayName("4.3.2: If-Modified-Since against Last-Modified, or else Date")
  void dates() {
    assertThat(isNotModified(STORED, "If-Modified-Since", EARLIER)).isTrue();
    assertThat(isNotModified(STORED, "If-Modified-Since", date(NOW.minusSeconds(501)))).isFalse();
    assertThat(isNotModified(ok(), "If-Modified-Since", date(NOW))).isTrue();
    assertThat(isNotModified(ok(), "If-Modified-Since", EARLIER)).isFalse();
    assertThat(isNotModified(STORED, "If-Modified-Since", "yesterday")).isFalse();
  }

  @Test
  @DisplayName("RFC 9110, 13.2.1: conditions are for a 200 alone")
  void otherStatus() {
    assertThat(isNotModified(response(404, "ETag", "\"a\""), "If-None-Match", "\"a\"")).isFalse();
  }

  @Test
  @DisplayName("4.3.2: If-Match and If-Unmodified-Since are the origin's")
  void forTheOrigin() {
    assertThat(Conditions.areForTheOrigin(Headers.of("if-match", "\"a\""))).isTrue();
    assertThat(Conditions.areForTheOrigin(Headers.of("If-Unmodified-Since", EARLIER))).isTrue();
    assertThat(Conditions.areForTheOrigin(Headers.of("If-None-Match", "\"a\""))).isFalse();
  }
}
