package com.softadastra.gateway.mesh;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;

/** Works out under which addresses peers can call this node. */
public final class Reachable {
  private Reachable() {}

  /**
   * What is advertised; else the bound address; else, where all are bound, those of every interface
   * that is up, without loopback and link-local ones, which mean nothing elsewhere.
   *
   * @param bound with the port that was really taken
   */
  public static List<String> addresses(MeshProperties properties, InetSocketAddress bound) {
    int port = bound.getPort();
    if (!properties.advertise().isEmpty()) {
      return properties.advertise().stream()
          .map(address -> PeerAddress.parse(address, port).toString())
          .toList();
    }
    var address = bound.getAddress();
    var hosts = address.isAnyLocalAddress() ? interfaces() : List.of(address);
    return hosts.stream().map(host -> PeerAddress.of(host, port).toString()).toList();
  }

  private static List<InetAddress> interfaces() {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(Reachable::isUp)
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> !address.isLoopbackAddress() && !address.isLinkLocalAddress())
          // those that every peer understands come first
          .sorted((a, b) -> Boolean.compare(a instanceof Inet6Address, b instanceof Inet6Address))
          .toList();
    } catch (SocketException e) {
      return List.of();
    }
  }

  private static boolean isUp(NetworkInterface candidate) {
    try {
      return candidate.isUp();
    } catch (SocketException e) {
      return false;
    }
  }
}
