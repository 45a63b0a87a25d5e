package com.softadastra.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9111, 4.1: Vary")
class VariantsTest {
  private static boolean matches(String vary, Headers first, Headers second) {
    return Variants.matches(Variants.selecting(Headers.of("Vary", vary), first), second);
  }

  private static Headers language(String... values) {
    var headers = Headers.NONE;
    for (String value : values) {
      headers = headers.with("Accept-Language", value);
    }
    return headers;
  }

  @Test
  @DisplayName("4.1: the fields that Vary names must be the same, all others may differ")
  void sameFields() {
    assertThat(matches("accept-language", language("de"), language("de").with("X", "y"))).isTrue();
    assertThat(matches("accept-language", language("de"), language("en"))).isFalse();
    assertThat(matches("X, Accept-Language", language("de"), language("de").with("X", "y")))
        .isFalse();
  }

  @Test
  @DisplayName("4.1: absent matches absent alone")
  void absent() {
    assertThat(matches("Accept-Language", language(), language())).isTrue();
    assertThat(matches("Accept-Language", language(), language(""))).isFalse();
    assertThat(matches("Accept-Language", language("de"), language())).isFalse();
  }

  @Test
  @DisplayName("4.1: lines may be joined and blanks differ")
  void normalized() {
    assertThat(matches("Accept-Language", language("de", "en"), language("de ,  en"))).isTrue();
    assertThat(matches("Accept-Language", language("de,en"), language("en,de"))).isFalse();
  }

  @Test
  @DisplayName("4.1: the order of codings means nothing")
  void codings() {
    assertThat(
            matches(
                "Accept-Encoding",
                Headers.of("Accept-Encoding", "gzip, br;q=1"),
                Headers.of("Accept-Encoding", "br; q=1,GZIP")))
        .isTrue();
    assertThat(
            matches(
                "Accept-Encoding",
                Headers.of("Accept-Encoding", "gzip"),
                Headers.of("Accept-Encoding", "identity")))
        .isFalse();
  }

  private static ResponseHead dated(Instant date, Instant receivedAt) {
    return ResponseHead.of(
        200, Headers.of("Date", HttpDate.format(date)), receivedAt, receivedAt, Map.of());
  }

  private static Optional<ResponseHead> selected(ResponseHead... stored) {
    return Variants.select(List.of(stored), Headers.NONE, Function.identity());
  }

  @Test
  @DisplayName("4: of several that match the newest by Date, of equal ones the last to come")
  void newest() {
    var now = Messages.NOW;
    var older = dated(now.minusSeconds(9), now.plusSeconds(2));
    var newer = dated(now, now);
    var again = dated(now, now.plusSeconds(1));
    assertThat(selected(newer, older)).contains(newer);
    assertThat(selected(older, newer)).contains(newer);
    assertThat(selected(again, newer, older)).contains(again);
    assertThat(selected()).isEmpty();
  }
}
