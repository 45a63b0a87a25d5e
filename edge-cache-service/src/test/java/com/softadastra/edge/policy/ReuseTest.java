package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.isAllowed;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.reuse;
import static com.softadastra.edge.policy.Reuse.Failure.ERROR_STATUS;
import static com.softadastra.edge.policy.Reuse.Failure.NO_ANSWER;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.edge.policy.Reuse.Serve;
import com.softadastra.edge.policy.Reuse.Validate;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9111, 4 and RFC 5861: what a stored response is good for")
class ReuseTest {
  private static final Serve SERVE = new Serve(false);
  private static final Serve SERVE_AND_REFRESH = new Serve(true);
  private static final Validate STALE = new Validate(false);
  private static final Validate ASKED = new Validate(true);

  private final ResponseHead minute = ok("Cache-Control", "max-age=60");

  private static ResponseHead controlled(String control) {
    return ok("Cache-Control", control, "ETag", "\"a\"");
  }

  @Test
  @DisplayName("4.2: served while fresh, validated when stale")
  void freshOrStale() {
    assertThat(reuse(minute, 59)).isEqualTo(SERVE);
    assertThat(reuse(minute, 61)).isEqualTo(STALE);
  }

  @Test
  @DisplayName("5.2.1.1: the client's max-age")
  void maxAge() {
    assertThat(reuse(minute, 10, "Cache-Control", "max-age=10")).isEqualTo(SERVE);
    assertThat(reuse(minute, 11, "Cache-Control", "max-age=10")).isEqualTo(ASKED);
    assertThat(reuse(minute, 1, "Cache-Control", "max-age=0")).isEqualTo(ASKED);
  }

  @Test
  @DisplayName("5.2.1.2: the client's max-stale, with and without a bound")
  void maxStale() {
    assertThat(reuse(minute, 70, "Cache-Control", "max-stale=10")).isEqualTo(SERVE);
    assertThat(reuse(minute, 71, "Cache-Control", "max-stale=10")).isEqualTo(STALE);
    assertThat(reuse(minute, 9999, "Cache-Control", "max-stale")).isEqualTo(SERVE);
    assertThat(reuse(minute, 61, "Cache-Control", "max-stale=x")).isEqualTo(STALE);
  }

  @Test
  @DisplayName("5.2.1.3: the client's min-fresh")
  void minFresh() {
    assertThat(reuse(minute, 30, "Cache-Control", "min-fresh=30")).isEqualTo(SERVE);
    assertThat(reuse(minute, 31, "Cache-Control", "min-fresh=30")).isEqualTo(ASKED);
  }

  @Test
  @DisplayName("5.2.1.4: the client's no-cache")
  void noCacheOfTheRequest() {
    assertThat(reuse(minute, 0, "Cache-Control", "no-cache")).isEqualTo(ASKED);
  }

  @Test
  @DisplayName("5.4: Pragma: no-cache counts without Cache-Control alone")
  void pragma() {
    assertThat(reuse(minute, 0, "Pragma", "no-cache")).isEqualTo(ASKED);
    assertThat(reuse(minute, 0, "Pragma", "no-cache", "Cache-Control", "max-age=50"))
        .isEqualTo(SERVE);
  }

  @Test
  @DisplayName("5.2.2.4: no-cache is validated each time; about fields alone it isn't")
  void noCacheOfTheResponse() {
    assertThat(reuse(controlled("no-cache, max-age=60"), 1)).isEqualTo(STALE);
    assertThat(reuse(controlled("no-cache=\"x-a\", max-age=60"), 1)).isEqualTo(SERVE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max-age=60, must-revalidate",
        "max-age=60, proxy-revalidate",
        "s-maxage=60",
        "no-cache, max-age=60"
      })
  @DisplayName("4.2.4, 5.2.2.2, 5.2.2.8, 5.2.2.10: what must be validated is never served stale")
  void neverStale(String control) {
    var stored = controlled(control + ", stale-while-revalidate=999, stale-if-error=999");
    assertThat(reuse(stored, 61)).isEqualTo(STALE);
    assertThat(reuse(stored, 61, "Cache-Control", "max-stale")).isEqualTo(STALE);
    assertThat(isAllowed(NO_ANSWER, stored, 61)).isFalse();
    assertThat(isAllowed(ERROR_STATUS, stored, 61)).isFalse();
  }

  @Test
  @DisplayName("RFC 5861, 3: within stale-while-revalidate it is served and refreshed")
  void staleWhileRevalidate() {
    var stored = controlled("max-age=60, stale-while-revalidate=30");
    assertThat(reuse(stored, 59)).isEqualTo(SERVE);
    assertThat(reuse(stored, 90)).isEqualTo(SERVE_AND_REFRESH);
    assertThat(reuse(stored, 91)).isEqualTo(STALE);
    assertThat(reuse(stored, 70, "Cache-Control", "max-age=100")).isEqualTo(STALE);
  }

  @Test
  @DisplayName("RFC 5861, 4: within stale-if-error it is served on an error or without an answer")
  void staleIfError() {
    var stored = controlled("max-age=60, stale-if-error=30");
    for (var failure : Reuse.Failure.values()) {
      assertThat(isAllowed(failure, stored, 90)).isTrue();
      assertThat(isAllowed(failure, stored, 91)).isFalse();
    }
  }

  @Test
  @DisplayName("RFC 5861, 4: the request's stale-if-error")
  void staleIfErrorOfTheRequest() {
    assertThat(isAllowed(ERROR_STATUS, minute, 70)).isFalse();
    assertThat(isAllowed(ERROR_STATUS, minute, 70, "Cache-Control", "stale-if-error=10")).isTrue();
    assertThat(isAllowed(ERROR_STATUS, minute, 71, "Cache-Control", "stale-if-error=10")).isFalse();
  }

  @Test
  @DisplayName("RFC 5861, 4: errors are 500, 502, 503 and 504")
  void errors() {
    for (int status : new int[] {500, 502, 503, 504}) {
      assertThat(Reuse.Failure.isError(status)).isTrue();
    }
    for (int status : new int[] {200, 404, 429, 501, 505}) {
      assertThat(Reuse.Failure.isError(status)).isFalse();
    }
  }

  @Test
  @DisplayName("4.2.4: cut off from the origin it is served stale, as long as the operator allows")
  void cutOff() {
    assertThat(isAllowed(NO_ANSWER, minute, 9999)).isTrue();
    assertThat(isAllowed(ERROR_STATUS, minute, 9999)).isFalse();
    long beyond = Messages.CUT_OFF.toSeconds() + 61;
    assertThat(isAllowed(NO_ANSWER, minute, beyond)).isFalse();
  }
}
