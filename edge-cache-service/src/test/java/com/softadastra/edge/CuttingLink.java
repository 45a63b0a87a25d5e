package com.softadastra.edge;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A way to an origin on loopback that lets one byte more through on each connection, both ways
 * together, and then cuts it.
 */
final class CuttingLink implements AutoCloseable {
  private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final int originPort;
  final int port = listener.getLocalPort();

  CuttingLink(int originPort) throws IOException {
    this.originPort = originPort;
    Thread.ofVirtual().start(this::accept);
  }

  private void accept() {
    try {
      for (int bytes = 0; ; bytes++) {
        int most = bytes;
        var client = listener.accept();
        Thread.ofVirtual().start(() -> link(client, most));
      }
    } catch (IOException _) {
      // closed
    }
  }

  private void link(Socket client, int most) {
    try (client;
        var origin = new Socket(InetAddress.getLoopbackAddress(), originPort)) {
      var budget = new Budget(most);
      var there = Thread.ofVirtual().start(() -> copy(client, origin, budget));
      copy(origin, client, budget);
      there.join();
    } catch (IOException | InterruptedException _) {
      // cut
    }
  }

  private static final class Budget {
    private int left;

    Budget(int left) {
      this.left = left;
    }

    synchronized boolean take() {
      return left-- > 0;
    }
  }

  private static void copy(Socket from, Socket to, Budget budget) {
    try (from;
        to) {
      var in = from.getInputStream();
      for (int b = in.read(); b >= 0 && budget.take(); b = in.read()) {
        to.getOutputStream().write(b);
      }
    } catch (IOException _) {
      // cut
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
