package com.softadastra.contracts.link;

import java.net.InetAddress;
import java.net.UnknownHostException;

/**
 * Where a layer listens, written {@code host:port}, an IPv6 address in brackets.
 *
 * @param port 0 lets the system choose when a server binds
 */
public record LinkAddress(String host, int port) {
  public LinkAddress {
    if (host.isBlank() || host.indexOf('[') >= 0 || host.indexOf(']') >= 0) {
      throw new IllegalArgumentException("a link address needs a host");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("not a port: " + port);
    }
  }

  public static LinkAddress loopback(int port) {
    return new LinkAddress("127.0.0.1", port);
  }

  /**
   * @throws IllegalArgumentException unless it is of the form above
   */
  public static LinkAddress parse(String text) {
    int colon = text.lastIndexOf(':');
    var host = text.substring(0, Math.max(colon, 0));
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.contains(":")) {
      throw new IllegalArgumentException("an IPv6 address needs brackets: " + text);
    }
    try {
      return new LinkAddress(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not of the form host:port: " + text, e);
    }
  }

  /** Whether only this machine reaches it; false for a name that nobody knows. */
  boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
