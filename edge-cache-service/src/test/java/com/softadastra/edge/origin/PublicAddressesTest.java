package com.softadastra.edge.origin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hc.client5.http.DnsResolver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicAddressesTest {
  /** Names that lead where the test says. */
  private record Fixed(InetAddress... addresses) implements DnsResolver {
    @Override
    public InetAddress[] resolve(String host) {
      return addresses;
    }

    @Override
    public String resolveCanonicalHostname(String host) {
      return host;
    }
  }

  private static InetAddress address(String text) throws UnknownHostException {
    return InetAddress.getByName(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001::1",
        "2001:db8::1",
        "::7f00:1"
      })
  void arePrivate(String text) throws UnknownHostException {
    assertThat(PublicAddresses.isPublic(address(text))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1", "8.8.8.8", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1",
        "192.0.1.1", "198.17.0.1", "198.20.0.1", "223.255.255.1", "2606:4700::1", "2001:4860::8888"
      })
  void arePublic(String text) throws UnknownHostException {
    assertThat(PublicAddresses.isPublic(address(text))).isTrue();
  }

  @Test
  void refusesANameOfWhichOneAddressIsPrivate() throws UnknownHostException {
    var names = new Fixed(address("1.1.1.1"), address("127.0.0.1"));
    assertThatThrownBy(() -> new PublicAddresses(names, false).resolve("rebound"))
        .isInstanceOf(PublicAddresses.NotPublic.class);
  }

  @Test
  void takesThemWhereTheOperatorSaysSo() throws UnknownHostException {
    var names = new Fixed(address("10.0.0.1"));
    assertThat(new PublicAddresses(names, true).resolve("shop"))
        .containsExactly(address("10.0.0.1"));
  }

  @Test
  void asksOnceForWhatIsConnectedTo() throws UnknownHostException {
    var asked = new AtomicInteger();
    DnsResolver rebinding =
        new DnsResolver() {
          @Override
          public InetAddress[] resolve(String host) throws UnknownHostException {
            return new InetAddress[] {
              address(asked.getAndIncrement() == 0 ? "1.1.1.1" : "127.0.0.1")
            };
          }

          @Override
          public String resolveCanonicalHostname(String host) {
            return host;
          }
        };
    assertThat(new PublicAddresses(rebinding, false).resolve("rebinding"))
        .containsExactly(address("1.1.1.1"));
    assertThat(asked).hasValue(1);
  }
}
