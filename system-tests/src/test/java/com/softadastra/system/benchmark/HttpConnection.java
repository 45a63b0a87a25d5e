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
 * One request after the other over a connection that is kept while it is used: a server closes what
 * is idle, and these clients are between their slices. Understands no more of HTTP than the answers
 * of a benchmark need, so that the two cores are left to the server.
 */
final class HttpConnection implements AutoCloseable {
  private static final long KEPT_NANOS = 5_000_000_000L;
  private static final byte[] HEAD_END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Pattern LENGTH =
      Pattern.compile("\r\ncontent-length: *([0-9]+)", Pattern.CASE_INSENSITIVE);

  private final int port;
  private final byte[] answer = new byte[64 << 10];
  private Socket socket;
  private InputStream in;
  private long usedNanos;

  HttpConnection(int port) throws IOException {
    this.port = port;
    connect();
  }

  private void connect() throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
    usedNanos = System.nanoTime();
  }

  /** What {@code Host} names. */
  String host() {
    return "127.0.0.1:" + port;
  }

  /**
   * Sends a request and reads all of its answer.
   *
   * @param status that it must have, such as 201
   * @return the answer's head
   * @throws IOException where it has another status or doesn't say its length
   */
  String ask(String request, int status) throws IOException {
    if (System.nanoTime() - usedNanos > KEPT_NANOS) {
      socket.close();
      connect();
    }
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    var head = receive(status);
    usedNanos = System.nanoTime();
    return head;
  }

  private String receive(int status) throws IOException {
    int have = 0;
    int bodyAt = -1;
    while (bodyAt < 0) {
      have += more(have);
      int end = headEnd(have);
      bodyAt = end < 0 ? -1 : end + HEAD_END.length;
    }
    var head = new String(answer, 0, bodyAt, StandardCharsets.ISO_8859_1);
    var length = LENGTH.matcher(head);
    if (!head.startsWith("HTTP/1.1 " + status) || !length.find()) {
      throw new IOException("the answer was " + head);
    }
    for (long left = Long.parseLong(length.group(1)) - (have - bodyAt); left > 0; ) {
      left -= more(0);
    }
    return head;
  }

  private int more(int at) throws IOException {
    int read = in.read(answer, at, answer.length - at);
    if (read <= 0) {
      throw new EOFException("the connection was closed, or the answer's head is too long");
    }
    return read;
  }

  private int headEnd(int have) {
    for (int at = 0; at + HEAD_END.length <= have; at++) {
      if (Arrays.equals(answer, at, at + HEAD_END.length, HEAD_END, 0, HEAD_END.length)) {
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
