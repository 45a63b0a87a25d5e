package com.softadastra.node;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command that fetches a bundle, with a node that answers as it is told to. */
@Timeout(60)
class BundleCommandTest {
  private static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

  @TempDir Path directory;

  private String said = "";
  private String warned = "";

  /** A node that closes the connection behind each answer. */
  private static void serve(ServerSocket server, String bundle) {
    Thread.ofVirtual()
        .start(() -> {
          try {
            while (true) {
              try (var socket = server.accept()) {
                String answer =
                    request(socket).startsWith("GET /api/v1/peers ")
                        ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"
                        : CHUNKED + bundle;
                socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
              }
            }
          } catch (IOException _) {
            // it is closed
          }
        });
  }

  private static String request(Socket socket) throws IOException {
    var request = new ByteArrayOutputStream();
    while (!request.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      request.write(socket.getInputStream().read());
    }
    return request.toString(ISO_8859_1);
  }

  private static String chunk(String text) {
    return "%x\r\n%s\r\n".formatted(text.length(), text);
  }

  private int export(String bundle) throws IOException {
    var out = System.out;
    var err = System.err;
    var saying = new ByteArrayOutputStream();
    var warning = new ByteArrayOutputStream();
    try (var server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
      serve(server, bundle);
      System.setOut(new PrintStream(saying, true));
      System.setErr(new PrintStream(warning, true));
      return Main.run(
          List.of(
              "bundle",
              "export",
              "--to",
              "depot",
              "--url",
              "http://127.0.0.1:" + server.getLocalPort(),
              directory.resolve("file").toString()));
    } finally {
      System.setOut(out);
      System.setErr(err);
      said = saying.toString();
      warned = warning.toString();
    }
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void keepsWhatIsWhole() throws IOException {
    assertThat(export(chunk("begin") + chunk("\0\0\0\0") + "0\r\n\r\n")).isZero();
    assertThat(said).isEqualTo("wrote " + directory.resolve("file") + System.lineSeparator());
    assertThat(files()).containsExactly("file");
    assertThat(Files.readString(directory.resolve("file"))).isEqualTo("begin\0\0\0\0");
  }

  @Test
  void saysThatSomethingIsLeftOut() throws IOException {
    String end = "\u00ff\u00ff\u00ff\u00ff";
    assertThat(export(chunk("begin") + chunk(end) + "0\r\n\r\n")).isZero();
    assertThat(said).contains("left out what the node can't read");
    assertThat(files()).containsExactly("file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // the connection ends before the answer does
        "5\r\nbegin\r\n",
        // the answer ends as if it were whole, the bundle in it does not
        "5\r\nbegin\r\n0\r\n\r\n",
        "2\r\nbe\r\n0\r\n\r\n",
        "0\r\n\r\n"
      })
  void keepsNothingOfWhatBrokeOff(String answer) throws IOException {
    Files.writeString(directory.resolve("file"), "before");
    assertThat(export(answer)).isEqualTo(1);
    assertThat(said).isEmpty();
    assertThat(warned).contains("broke off").hasLineCount(1);
    assertThat(files()).containsExactly("file");
    assertThat(Files.readString(directory.resolve("file"))).isEqualTo("before");
  }
}
