package com.softadastra.edge.origin;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.apache.hc.client5.http.DnsResolver;
import org.jspecify.annotations.Nullable;

/**
 * Resolves the names of one origin. What it answers is what is connected to, so that a name can't
 * lead elsewhere between a check and its use (DNS rebinding).
 */
final class PublicAddresses implements DnsResolver {
  /** A name leads into a network that its operator has not said to be the origin's. */
  static final class NotPublic extends UnknownHostException {
    private static final long serialVersionUID = 1;

    NotPublic(String host) {
      super(host + " leads to an address that is not public");
    }
  }

  private final DnsResolver names;
  private final boolean privateNetwork;

  PublicAddresses(DnsResolver names, boolean privateNetwork) {
    this.names = names;
    this.privateNetwork = privateNetwork;
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    var addresses = names.resolve(host);
    if (!privateNetwork && !Arrays.stream(addresses).allMatch(PublicAddresses::isPublic)) {
      throw new NotPublic(host);
    }
    return addresses;
  }

  @Override
  public @Nullable String resolveCanonicalHostname(String host) throws UnknownHostException {
    return names.resolveCanonicalHostname(host);
  }

  /** By the registries of special-purpose addresses (RFC 6890). */
  static boolean isPublic(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    return address instanceof Inet4Address ? isPublic4(bytes) : isPublic6(bytes);
  }

  private static boolean isPublic4(byte[] bytes) {
    int first = bytes[0] & 0xff;
    int second = bytes[1] & 0xff;
    int third = bytes[2] & 0xff;
    return switch (first) {
      case 0 -> false;
      case 100 -> second < 64 || second > 127;
      case 192 -> !(second == 0 && (third == 0 || third == 2));
      case 198 -> second != 18 && second != 19 && !(second == 51 && third == 100);
      case 203 -> !(second == 0 && third == 113);
      default -> first < 224;
    };
  }

  /** Global unicast alone, and of that nothing that has an IPv4 address in it. */
  private static boolean isPublic6(byte[] bytes) {
    boolean isGlobal = (bytes[0] & 0xe0) == 0x20;
    boolean is6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;
    boolean isSpecial = bytes[0] == 0x20 && bytes[1] == 0x01 && (bytes[2] & 0xfe) == 0;
    boolean isExample =
        bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == (byte) 0xb8;
    return isGlobal && !is6to4 && !isSpecial && !isExample;
  }
}
