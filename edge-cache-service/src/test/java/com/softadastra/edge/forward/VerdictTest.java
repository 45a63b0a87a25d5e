package com.softadastra.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.Headers;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static Verdict of(int status, String... headers) {
    return Verdict.of(new Attempt.Answered(status, Headers.of(headers), new byte[0], true), NOW);
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 201, 204, 301, 307, 400, 401, 404, 409, 412, 422, 499})
  void whatSaysSomethingOfTheRequestIsFinal(int status) {
    assertThat(of(status)).isInstanceOf(Verdict.Settled.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 425, 429})
  void whatComesTooEarlyComesAgain(int status) {
    assertThat(of(status)).isInstanceOf(Verdict.Later.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void anOriginThatServesNobodyIsAway(int status) {
    assertThat(of(status)).isInstanceOf(Verdict.Away.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 501, 505, 507, 599})
  void otherErrorsMayBeOfTheRequestAlone(int status) {
    assertThat(of(status)).isInstanceOf(Verdict.Erred.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"NOT_CONNECTED", "BUSY"})
  void whatWasNotSentIsNoFaultOfTheRequest(Kind kind) {
    assertThat(failed(kind)).isInstanceOf(Verdict.Away.class);
  }

  private static Verdict failed(Kind kind) {
    return Verdict.of(new Attempt.Unanswered(kind, "why"), NOW);
  }

  @Test
  void whatWasSentAndNotAnsweredIsTriedForSomeTime() {
    assertThat(failed(Kind.NO_ANSWER))
        .isEqualTo(new Verdict.Unanswered("no answer, why; the origin may have acted on it"));
  }

  @Test
  void anAnswerThatIsNoneIsNotAskedForAgain() {
    assertThat(failed(Kind.NOT_HTTP)).isEqualTo(new Verdict.Lost("the origin has acted, but why"));
  }

  @Test
  void retryAfterIsSecondsOrADate() {
    assertThat(of(429, "Retry-After", "7")).isEqualTo(later(Duration.ofSeconds(7)));
    assertThat(of(429, "Retry-After", "Thu, 01 Jan 2026 00:00:09 GMT"))
        .isEqualTo(later(Duration.ofSeconds(9)));
    assertThat(of(429, "Retry-After", "Wed, 31 Dec 2025 00:00:00 GMT"))
        .isEqualTo(later(Duration.ZERO));
    assertThat(of(429, "Retry-After", "soon")).isEqualTo(later(Duration.ZERO));
  }

  private static Verdict later(Duration atLeast) {
    return new Verdict.Later("the origin answered 429", atLeast);
  }
}
