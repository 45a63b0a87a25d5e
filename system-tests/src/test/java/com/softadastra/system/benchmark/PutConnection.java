package com.softadastra.system.benchmark;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * Puts documents over a connection that is kept while it is used: a node closes what is idle, and
 * this client is between its slices. Understands no more of HTTP than the node's answers need, so
 * that the two cores are left to the node.
 */
final class PutConnection implements Subject.Client, AutoCloseable {
  private static final long KEPT_NANOS = 5_000_000_000L;

  private final int port;
  private final String host;
  private final String collection;
  private Socket socket;
  private InputStream in;
  private long usedNanos;

  /**
   * @param collection the path up to the document's id
   */
  PutConnection(int port, String collection) throws IOException {
    this.port = port;
    this.collection = collection;
    this.host = "127.0.0.1:" + port;
    connect();
  }

  private void connect() throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    usedNanos = System.nanoTime();
  }

  @Override
  public void write(long number) throws IOException {
    if (System.nanoTime() - usedNanos > KEPT_NANOS) {
      socket.close();
      connect();
    }
    var id = Order.id(number);
    var body = Order.body(id).text();
    var request =
        "PUT %s%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(collection, id, host, body.length(), body);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    var status = line();
    if (!status.startsWith("HTTP/1.1 201")) {
      throw new IOException("the node answered " + status);
    }
    int length = -1;
    boolean chunked = false;
    for (var header = line(); !header.isEmpty(); header = line()) {
      var lower = header.toLowerCase(java.util.Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring(15).strip());
      }
      chunked |= lower.equals("transfer-encoding: chunked");
    }
    while (chunked) {
      int size = Integer.parseInt(line(), 16);
      in.skipNBytes(size + 2);
      chunked = size > 0;
    }
    if (length > 0) {
      in.skipNBytes(length);
    }
    usedNanos = System.nanoTime();
  }

  private String line() throws IOException {
    var line = new StringBuilder(64);
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new EOFException("the node closed the connection");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
