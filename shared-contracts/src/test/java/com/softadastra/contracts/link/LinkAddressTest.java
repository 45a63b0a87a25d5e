package com.softadastra.contracts.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LinkAddressTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:7100", "localhost:0", "[::1]:65535", "node-1.example.org:1"})
  void parsesWhatItWrites(String text) {
    assertThat(LinkAddress.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":1", "host", "host:", "host:x", "host:65536", "host:-1", "::1:80"})
  void refusesOtherForms(String text) {
    assertThatThrownBy(() -> LinkAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void knowsLoopback() {
    assertThat(LinkAddress.parse("127.8.9.1:1").isLoopback()).isTrue();
    assertThat(LinkAddress.parse("[::1]:1").isLoopback()).isTrue();
    assertThat(LinkAddress.parse("localhost:1").isLoopback()).isTrue();
    assertThat(LinkAddress.parse("0.0.0.0:1").isLoopback()).isFalse();
    assertThat(LinkAddress.parse("[::]:1").isLoopback()).isFalse();
    assertThat(LinkAddress.parse("192.0.2.1:1").isLoopback()).isFalse();
  }
}
