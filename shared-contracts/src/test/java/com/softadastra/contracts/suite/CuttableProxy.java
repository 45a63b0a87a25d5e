package com.softadastra.contracts.suite;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Stands between a client and a server on loopback and can cut the line or let it fall silent. */
public final class CuttableProxy implements AutoCloseable {
  private final ServerSocket listening;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private volatile @Nullable CountDownLatch silence;

  /**
   * @param target the port of the server on loopback
   */
  public CuttableProxy(int target) {
    this.target = target;
    try {
      listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Thread.ofVirtual().start(this::listen);
  }

  public int port() {
    return listening.getLocalPort();
  }

  /** How many connections clients have made so far. */
  public int connections() {
    return connections.get();
  }

  /** Ends every connection; new ones are carried. */
  public void cut() {
    for (var socket : sockets) {
      close(socket);
    }
  }

  /** Carries nothing any more in either direction; connections stay open. */
  public void fallSilent() {
    silence = new CountDownLatch(1);
  }

  @Override
  public void close() {
    close(listening);
    cut();
    var silent = silence;
    if (silent != null) {
      silent.countDown();
    }
  }

  private void listen() {
    try {
      while (true) {
        var client = listening.accept();
        connections.incrementAndGet();
        var server = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(client);
        sockets.add(server);
        Thread.ofVirtual().start(() -> carry(client, server));
        Thread.ofVirtual().start(() -> carry(server, client));
      }
    } catch (IOException _) {
      // closed, or the server is gone: nobody is carried any more
    }
  }

  private void carry(Socket from, Socket to) {
    var buffer = new byte[16 * 1024];
    try {
      var in = from.getInputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        var silent = silence;
        if (silent != null) {
          silent.await();
        }
        to.getOutputStream().write(buffer, 0, read);
      }
    } catch (IOException | InterruptedException _) {
      // the line was cut
    } finally {
      close(from);
      close(to);
    }
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      throw new IllegalStateException("a socket that doesn't close", e);
    }
  }
}
