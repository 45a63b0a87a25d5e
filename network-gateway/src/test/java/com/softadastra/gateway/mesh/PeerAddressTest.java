package com.softadastra.gateway.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeerAddressTest {
  @ParameterizedTest
  @CsvSource({
    "depot.example, depot.example, 7600, depot.example:7600",
    "depot.example:9, depot.example, 9, depot.example:9",
    "10.0.0.7:7601, 10.0.0.7, 7601, 10.0.0.7:7601",
    "[::1]:7601, ::1, 7601, [::1]:7601",
    "[fd00::7], fd00::7, 7600, [fd00::7]:7600"
  })
  void readsWhatItWrites(String text, String host, int port, String written) {
    assertThat(PeerAddress.parse(text, 7600)).isEqualTo(new PeerAddress(host, port));
    assertThat(PeerAddress.parse(text, 7600)).hasToString(written);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", ":7600", "host:", "host:x", "host:65536", "host:-1", "::1", "[::1", "[]:1"})
  void refusesWhatIsNone(String text) {
    assertThatThrownBy(() -> PeerAddress.parse(text, 7600))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void advertisedAddressesWinAndTakeThePortThatWasBound() throws Exception {
    var bound = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 40_001);

    assertThat(
            Reachable.addresses(
                new MeshProperties("127.0.0.1", 0, List.of("depot.example", "10.0.0.7:9")), bound))
        .containsExactly("depot.example:40001", "10.0.0.7:9");
    assertThat(Reachable.addresses(new MeshProperties("127.0.0.1", 0, List.of()), bound))
        .containsExactly("127.0.0.1:40001");
  }

  @Test
  void allInterfacesBoundMeansThoseThatOthersCanUse() throws Exception {
    var bound = new InetSocketAddress(InetAddress.getByName("0.0.0.0"), 7600);

    assertThat(Reachable.addresses(new MeshProperties("0.0.0.0", 7600, List.of()), bound))
        .allSatisfy(address -> {
          var host = InetAddress.getByName(PeerAddress.parse(address, 0).host());
          assertThat(host.isLoopbackAddress()).isFalse();
          assertThat(host.isAnyLocalAddress()).isFalse();
          assertThat(host.isLinkLocalAddress()).isFalse();
        });
  }

  @Test
  void settingsThatCannotWorkAreRefused() {
    assertThatThrownBy(() -> new MeshProperties("127.0.0.1", 70_000, List.of()))
        .hasMessageContaining("softadastra.mesh.port");
    assertThatThrownBy(() -> new MeshProperties(" ", 7600, List.of()))
        .hasMessageContaining("softadastra.mesh.bind");
    assertThatThrownBy(() -> new MeshProperties("127.0.0.1", 7600, List.of("::1")))
        .hasMessageContaining("brackets");
  }
}
