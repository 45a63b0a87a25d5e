package com.softadastra.system.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * Puts documents over a connection that is kept while it is used: a node closes what is idle, and
 * this client is between its slices. Understands no more of HTTP than the node's answers need, so
 * that the two cores are left to the node.
 */
final class PutConnection implements Subject.Client, AutoCloseable {
  private static final long KEPT_NANOS = 5_000_000_000L;
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern LENGTH =
      Pattern.compile("\r\ncontent-length: *([0-9]+)", Pattern.CASE_INSENSITIVE);

  private final int port;
  private final String host;
  private final String collection;
  private Socket socket;
  private InputStream in;
  private final byte[] answer = new byte[16 << 10];
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
    in = socket.getInputStream();
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
        "PUT "
            + collection
            + id
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    receive();
    usedNanos = System.nanoTime();
  }

  /** The answer to the one request that is under way. */
  private void receive() throws IOException {
    int have = 0;
    int bodyAt = -1;
    while (bodyAt < 0) {
      have = more(have);
      int end = indexOf(HEAD_END, have);
      bodyAt = end < 0 ? -1 : end + HEAD_END.length;
    }
    var head = new String(answer, 0, bodyAt, StandardCharsets.ISO_8859_1);
    var length = LENGTH.matcher(head);
    if (!head.startsWith("HTTP/1.1 201") || !length.find()) {
      throw new IOException("the node answered " + head);
    }
    for (int end = bodyAt + Integer.parseInt(length.group(1)); have < end; ) {
      have = more(have);
    }
  }

  private int more(int have) throws IOException {
    int read = in.read(answer, have, answer.length - have);
    if (read <= 0) {
      throw new EOFException("the node closed the connection, or its answer is too long");
    }
    return have + read;
  }

  private int indexOf(byte[] wanted, int have) {
    for (int at = 0; at + wanted.length <= have; at++) {
      if (Arrays.equals(answer, at, at + wanted.length, wanted, 0, wanted.length)) {
        return at;
      }
    }
    return -1;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
