package com.softadastra.edge.policy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("RFC 9110, 7.6.1: what goes no further than one connection")
class ConnectionFieldsTest {
  @Test
  @DisplayName("7.6.1: the fields of connections, and those that Connection names")
  void connection() {
    var headers =
        Headers.of(
            "Connection",
            "close, X-Hop",
            "Connection",
            "x-other",
            "X-Hop",
            "1",
            "X-Other",
            "2",
            "Keep-Alive",
            "3",
            "TE",
            "trailers",
            "Trailer",
            "X",
            "Transfer-Encoding",
            "chunked",
            "Upgrade",
            "h2c",
            "HTTP2-Settings",
            "x",
            "Proxy-Authorization",
            "p",
            "Proxy-Connection",
            "q",
            "X-End",
            "4");
    assertThat(ConnectionFields.without(headers)).isEqualTo(Headers.of("X-End", "4"));
  }

  @Test
  @DisplayName("RFC 9111, 7.1: what could make an answer other than its key tells")
  void poison() {
    var headers =
        Headers.of(
            "Host",
            "evil",
            "X-Forwarded-Host",
            "evil",
            "Forwarded",
            "host=evil",
            "X-Original-URL",
            "/evil",
            "X-Rewrite-Url",
            "/evil",
            "X-HTTP-Method-Override",
            "POST",
            "Content-Length",
            "9",
            "Expect",
            "100-continue",
            "Accept",
            "*/*");
    assertThat(ConnectionFields.ofRequest(headers)).isEqualTo(Headers.of("Accept", "*/*"));
  }

  @Test
  @DisplayName("7.6.1: what is for all recipients can't be named away")
  void forAll() {
    var headers =
        Headers.of("Connection", "Cache-Control, vary", "Cache-Control", "private", "Vary", "*");
    assertThat(ConnectionFields.without(headers))
        .isEqualTo(Headers.of("Cache-Control", "private", "Vary", "*"));
  }
}
