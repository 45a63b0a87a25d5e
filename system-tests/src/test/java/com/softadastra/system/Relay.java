package com.softadastra.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Passes connections on. Two of them, joined by a socket in the file system, lead into a network
 * namespace: sockets in the file system know no namespaces.
 */
final class Relay implements AutoCloseable {
  private final ServerSocketChannel server;
  private final SocketAddress target;

  private Relay(ServerSocketChannel server, SocketAddress target) {
    this.server = server;
    this.target = target;
    Thread.ofVirtual().start(this::accept);
  }

  /** Takes connections to a port on loopback and passes them on to the socket. */
  static Relay into(Path socket, int port) throws IOException {
    var server = ServerSocketChannel.open();
    server.bind(loopback(port));
    return new Relay(server, UnixDomainSocketAddress.of(socket));
  }

  private static Relay outOf(Path socket, int port) throws IOException {
    var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(socket));
    return new Relay(server, loopback(port));
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Within a namespace: from a socket to a port on its loopback, until the input ends. */
  public static void main(String[] arguments) throws IOException {
    try (var _ = outOf(Path.of(arguments[0]), Integer.parseInt(arguments[1]))) {
      while (System.in.read() >= 0) {
        // What is said doesn't matter.
      }
    }
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        var near = server.accept();
        Thread.ofVirtual().start(() -> relay(near));
      } catch (IOException _) {
        // It is closed.
      }
    }
  }

  private void relay(SocketChannel near) {
    try (near;
        var far = SocketChannel.open(target)) {
      var back = Thread.ofVirtual().start(() -> pump(far, near));
      pump(near, far);
      back.join();
    } catch (IOException _) {
      // Nobody is there: the caller sees its connection end.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pump(SocketChannel from, SocketChannel to) {
    var bytes = ByteBuffer.allocate(16 << 10);
    try {
      while (from.read(bytes.clear()) >= 0) {
        bytes.flip();
        while (bytes.hasRemaining()) {
          to.write(bytes);
        }
      }
      to.shutdownOutput();
    } catch (IOException _) {
      // Either side is gone.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
