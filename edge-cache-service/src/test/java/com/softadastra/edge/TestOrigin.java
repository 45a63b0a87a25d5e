package com.softadastra.edge;

import com.softadastra.contracts.http.RawHttp;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An origin on loopback whose answers are the bytes that a test writes, right or wrong, and that
 * can be stopped and started again at the same port.
 */
final class TestOrigin implements AutoCloseable {
  /**
   * A request as it arrived.
   *
   * @param lines the head without the request line
   */
  record Seen(String method, String target, List<String> lines, String body) {
    List<String> values(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return lines.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .toList();
    }
  }

  interface Script {
    void answer(Seen request, OutputStream out) throws Exception;
  }

  final List<Seen> seen = new CopyOnWriteArrayList<>();
  final int port;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile ServerSocket listener;
  private volatile Thread accepting;
  private volatile Script script = (_, out) -> out.write(answer(200, "", ""));

  TestOrigin() throws IOException {
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    port = listener.getLocalPort();
    accepting = accept(listener);
  }

  /** A whole answer; each header is a line with its end. */
  static byte[] answer(int status, String headers, String body) {
    return ("HTTP/1.1 "
            + status
            + " x\r\n"
            + headers
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  void answers(Script next) {
    script = next;
  }

  /** Always the same. */
  void answers(int status, String headers, String body) {
    script = (_, out) -> out.write(answer(status, headers, body));
  }

  /** What it answers with now. */
  Script script() {
    return script;
  }

  private Thread accept(ServerSocket socket) {
    return Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              var connection = socket.accept();
              open.add(connection);
              Thread.ofVirtual().start(() -> serve(connection));
            }
          } catch (IOException _) {
            // stopped
          }
        });
  }

  private void serve(Socket connection) {
    try (connection) {
      var in = new BufferedInputStream(connection.getInputStream());
      while (true) {
        var request = read(in);
        seen.add(request);
        script.answer(request, connection.getOutputStream());
        connection.getOutputStream().flush();
      }
    } catch (Exception _) {
      // who is connected goes, or the script breaks off
    } finally {
      open.remove(connection);
    }
  }

  private static Seen read(InputStream in) throws IOException {
    String[] words = RawHttp.line(in).split(" ");
    var lines = new ArrayList<String>();
    for (String line = RawHttp.line(in); !line.isEmpty(); line = RawHttp.line(in)) {
      lines.add(line);
    }
    var head = new Seen(words[0], words[1], lines, "");
    var body = new ByteArrayOutputStream();
    if (!head.values("Transfer-Encoding").isEmpty()) {
      for (int n = size(in); n > 0; n = size(in)) {
        body.write(in.readNBytes(n));
        RawHttp.line(in);
      }
      RawHttp.line(in);
    } else if (!head.values("Content-Length").isEmpty()) {
      body.write(in.readNBytes(Integer.parseInt(head.values("Content-Length").getFirst())));
    }
    return new Seen(words[0], words[1], lines, body.toString(StandardCharsets.ISO_8859_1));
  }

  private static int size(InputStream in) throws IOException {
    return Integer.parseInt(RawHttp.line(in), 16);
  }

  /** From now on nobody answers at its port. */
  void stop() {
    try {
      listener.close();
      // an accept that was under way may still bring a connection
      accepting.join();
      for (var connection : open) {
        connection.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  void startAgain() throws IOException {
    if (listener.isClosed()) {
      listener = new ServerSocket();
      listener.setReuseAddress(true);
      listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      accepting = accept(listener);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
