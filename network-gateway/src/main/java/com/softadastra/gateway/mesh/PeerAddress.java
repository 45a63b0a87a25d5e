package com.softadastra.gateway.mesh;

import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * Where a gateway listens for peers, written {@code host:port}; an IPv6 address stands in brackets.
 */
public record PeerAddress(String host, int port) {
  public PeerAddress {
    if (host.isBlank()
        || host.indexOf('[') >= 0
        || host.indexOf(']') >= 0
        || port < 0
        || port > 65_535) {
      throw new IllegalArgumentException("not an address: " + host + ":" + port);
    }
  }

  /**
   * @param defaultPort for a text that is a host only
   * @throws IllegalArgumentException unless it is {@code host} or {@code host:port}
   */
  public static PeerAddress parse(String text, int defaultPort) {
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[");
    boolean portGiven = bracketed ? text.indexOf("]:") == colon - 1 : colon >= 0;
    String host = portGiven ? text.substring(0, colon) : text;
    if (bracketed) {
      if (!host.endsWith("]")) {
        throw new IllegalArgumentException("not an address: " + text);
      }
      host = host.substring(1, host.length() - 1);
    } else if (host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 address stands in brackets: " + text);
    }
    try {
      return new PeerAddress(
          host, portGiven ? Integer.parseInt(text.substring(colon + 1)) : defaultPort);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not a port: " + text);
    }
  }

  public static PeerAddress of(InetAddress address, int port) {
    return new PeerAddress(
        address instanceof Inet6Address
            ? address.getHostAddress().replaceFirst("%.*", "")
            : address.getHostAddress(),
        port);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
