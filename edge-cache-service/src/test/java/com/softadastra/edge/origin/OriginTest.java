package com.softadastra.edge.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {
  private static Origin of(String url) {
    return Origin.named("shop", URI.create(url), false);
  }

  @Test
  void hasOneFormOfItsUrl() {
    assertThat(of("HTTP://Shop.Example:80/base//").url()).hasToString("http://shop.example/base");
    assertThat(of("https://shop.example:443").at("/a?b")).hasToString("https://shop.example/a?b");
    assertThat(of("http://shop.example:8080/").url()).hasToString("http://shop.example:8080");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://127.0.0.1:1", "http://10.0.0.1", "http://[::1]:1", "http://LOCALHOST"})
  void isNamedByItsAddress(String url) {
    assertThat(of(url).privateNetwork()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://shop.example", "http://localhost.example", "http://127.0.0.1.example"})
  void isNotNamedByAName(String url) {
    assertThat(of(url).privateNetwork()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://a",
        "file:///etc/passwd",
        "http:///a",
        "http://u:p@a",
        "http://a?b",
        "http://a#b",
        "http://a:65536",
        "a"
      })
  void refusesWhatIsNoPlainUrl(String url) {
    assertThatThrownBy(() -> of(url)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-a", "A", "a/b", "a.b", ".."})
  void refusesOtherNames(String name) {
    assertThatThrownBy(() -> Origin.named(name, URI.create("http://a"), false))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
