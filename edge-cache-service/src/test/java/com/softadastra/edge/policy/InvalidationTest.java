package com.softadastra.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9111, 4.4: invalidation")
class InvalidationTest {
  private static final URI TARGET = URI.create("http://o:81/a/b?c");

  private static Iterable<String> of(String method, int status, String... headers) {
    return Invalidation.of(method, TARGET, status, Headers.of(headers)).stream()
        .map(URI::toString)
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "MKCOL"})
  @DisplayName("4.4: an unsafe method, known or not, invalidates its target")
  void unsafe(String method) {
    assertThat(of(method, 204)).containsExactly("http://o:81/a/b?c");
    assertThat(of(method, 303)).containsExactly("http://o:81/a/b?c");
  }

  @Test
  @DisplayName("4.4: a safe method or an error invalidates nothing")
  void nothing() {
    assertThat(of("OPTIONS", 200)).isEmpty();
    assertThat(of("POST", 404)).isEmpty();
    assertThat(of("POST", 500)).isEmpty();
  }

  @Test
  @DisplayName("4.4: Location and Content-Location of the same origin, too")
  void locations() {
    assertThat(of("POST", 201, "Location", "/a/9", "Content-Location", "http://o:81/x"))
        .containsExactly("http://o:81/a/b?c", "http://o:81/a/9", "http://o:81/x");
  }

  @Test
  @DisplayName("4.4: of another origin never, or anybody could empty the cache for others")
  void otherOrigin() {
    assertThat(
            of(
                "POST",
                201,
                "Location",
                "http://o/a",
                "Content-Location",
                "//evil/a",
                "Location",
                "::"))
        .containsExactly("http://o:81/a/b?c");
  }
}
