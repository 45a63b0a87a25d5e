package com.softadastra.node.process;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** TCP ports on loopback. */
public final class Ports {
  // Below the range from which systems take the ports of outgoing connections: a port found free
  // here is still free when a killed process wants it again.
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;

  private static final int COUNT = LAST - FIRST;

  // Each process goes its own round, so that what it was given once it isn't given again.
  private static final AtomicInteger NEXT =
      new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

  // UDP sockets on the ports that were given. Nothing else here uses UDP: they keep other processes
  // from giving the port away while whoever was to listen on it is dead. They end with this one.
  private static final Queue<DatagramSocket> CLAIMS = new ConcurrentLinkedQueue<>();

  private Ports() {}

  /**
   * A port that nothing listens on at the moment, another one at each call, and none that another
   * living process was given here.
   */
  public static int free() {
    return free(NEXT);
  }

  static int free(AtomicInteger next) {
    for (int attempt = 0; attempt < 1000; attempt++) {
      int port = FIRST + Math.floorMod(next.getAndIncrement(), COUNT);
      if (claim(port) && isFree(InetAddress.getLoopbackAddress(), port)) {
        return port;
      }
    }
    throw new IllegalStateException("no free port between " + FIRST + " and " + LAST);
  }

  private static boolean claim(int port) {
    try {
      return CLAIMS.add(new DatagramSocket(port, InetAddress.getLoopbackAddress()));
    } catch (SocketException _) {
      return false;
    }
  }

  public static boolean isFree(InetAddress address, int port) {
    try (var socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(address, port), 1);
      return true;
    } catch (IOException _) {
      return false;
    }
  }
}
