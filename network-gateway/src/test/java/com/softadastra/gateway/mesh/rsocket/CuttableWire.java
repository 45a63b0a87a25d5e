package com.softadastra.gateway.mesh.rsocket;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Carries bytes to a port until it is cut: then it takes them and says nothing, as dead radio. */
final class CuttableWire implements AutoCloseable {
  private final ServerSocket listening;
  private final int to;
  private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
  private volatile boolean cut;

  CuttableWire(int to) throws IOException {
    this.to = to;
    listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  void cut() {
    cut = true;
  }

  private void accept() {
    try {
      while (true) {
        var caller = listening.accept();
        var callee = new Socket(InetAddress.getLoopbackAddress(), to);
        ends.add(caller);
        ends.add(callee);
        Thread.ofVirtual().start(() -> carry(caller, callee));
        Thread.ofVirtual().start(() -> carry(callee, caller));
      }
    } catch (IOException e) {
      // closed: the test is over
    }
  }

  private void carry(Socket from, Socket to) {
    var buffer = new byte[8192];
    try {
      int read;
      while ((read = from.getInputStream().read(buffer)) >= 0) {
        if (!cut) {
          to.getOutputStream().write(buffer, 0, read);
        }
      }
    } catch (IOException e) {
      // closed: the test is over
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (var end : ends) {
      end.close();
    }
  }
}
