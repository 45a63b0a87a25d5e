package com.softadastra.edge.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Refused;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetPathTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a/../b",
        "/..",
        "/.",
        "/a/.",
        "/./a",
        "/%2e%2e/a",
        "/a/%2E./b",
        "/a/.%2e",
        "/a/%252e%252e/b",
        "/a%2f..%2fb",
        "/a/..%2f",
        "/..;x=y/a",
        "/a/..%3Bx/b",
        "/%25252e%25252e/",
        "//a",
        "/a//b",
        "/a\\b",
        "/a%5c..%5cb",
        "/%5C",
        "/a%255cb",
        "/a%00",
        "/a%0d%0aX:y",
        "/a%0A",
        "/a%250d",
        "/a%7f",
        "/a\u0001"
      })
  void refusesWhatServersReadDifferently(String path) {
    assertThatThrownBy(() -> TargetPath.of(path, null)).isInstanceOf(Refused.class);
  }

  @ParameterizedTest
  @CsvSource({
    "/,/",
    "/a/b.c/...,/a/b.c/...",
    "/a..b/..c,/a..b/..c",
    "/a%20b%2Fc,/a%20b%2Fc",
    "/100%,/100%25",
    "/ä,/%C3%A4",
    "/{a}|b,/%7Ba%7D%7Cb",
    "/a;b=c,/a;b=c"
  })
  void letsTheRestThrough(String path, String target) {
    assertThat(TargetPath.of(path, null)).isEqualTo(target);
  }

  @Test
  void keepsTheQueryAsItIs() {
    assertThat(TargetPath.of("/a", "b=../c&d=%0D%0A//&e")).isEqualTo("/a?b=../c&d=%0D%0A//&e");
    assertThat(TargetPath.of("/a", "")).isEqualTo("/a?");
    assertThat(TargetPath.of("/a", "b={\"\n\"}%")).isEqualTo("/a?b=%7B%22%0A%22%7D%25");
  }

  @Test
  void boundsTheLength() {
    assertThat(TargetPath.of("/" + "a".repeat(8000), null)).hasSize(8001);
    assertThatThrownBy(() -> TargetPath.of("/" + "a".repeat(8192), null))
        .isInstanceOf(Refused.class);
  }
}
