package com.softadastra.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.node.process.Ports;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a node starts, doesn't start, and stops. */
class StartIT {
  @TempDir Path directory;

  private static Outcome command(String... arguments) throws Exception {
    return Outcome.of(Application.command(List.of(arguments)));
  }

  private static Outcome up(Path data, String... more) throws Exception {
    var arguments = new ArrayList<>(List.of("up", "--data", data.toString()));
    if (!List.of(more).contains("--port")) {
      arguments.addAll(List.of("--port", String.valueOf(Ports.free())));
    }
    if (!List.of(more).contains("--mesh-port")) {
      arguments.addAll(List.of("--mesh-port", String.valueOf(Ports.free())));
    }
    arguments.addAll(List.of(more));
    return Outcome.of(Application.command(arguments));
  }

  private static void refusedInOneSentence(Outcome outcome, int code, String word) {
    assertThat(outcome.code()).as(outcome.toString()).isEqualTo(code);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).as(outcome.toString()).hasSize(1);
    assertThat(outcome.err().getFirst()).contains(word);
  }

  @Test
  void mistakesAreSaidInOneSentence() throws Exception {
    refusedInOneSentence(command("frobnicate"), 2, "frobnicate");
    refusedInOneSentence(command("up", "--colour", "red"), 2, "--colour");
    refusedInOneSentence(command("up", "--port", "many"), 2, "many");
    refusedInOneSentence(
        command("status", "--url", "http://127.0.0.1:" + Ports.free()), 1, "no answer");
  }

  @Test
  void helpIsGivenHoweverItIsAskedFor() throws Exception {
    for (var asked : List.of(command(), command("help"), command("up", "--help"))) {
      assertThat(asked.code()).as(asked.toString()).isZero();
      assertThat(String.join("\n", asked.out())).contains("up", "demo", "status", "invite", "join");
    }
  }

  @Test
  void anotherServerIsTakenForNoNode() throws Exception {
    var other = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    other.createContext(
        "/",
        exchange -> {
          var page = "<html>".getBytes(StandardCharsets.US_ASCII);
          exchange.sendResponseHeaders(200, page.length);
          try (var body = exchange.getResponseBody()) {
            body.write(page);
          }
        });
    other.start();
    try {
      String url = "http://127.0.0.1:" + other.getAddress().getPort();
      refusedInOneSentence(command("status", "--url", url), 1, "no node");
    } finally {
      other.stop(0);
    }
  }

  @Test
  void portInUseIsSaidInOneSentence() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      refusedInOneSentence(up(directory, "--port", port), 1, port);
      refusedInOneSentence(up(directory, "--mesh-port", port), 1, port);
    }
  }

  @Test
  void directoryThatCanNotBeWrittenIsSaidInOneSentence() throws Exception {
    var file = Files.createFile(directory.resolve("file"));
    refusedInOneSentence(up(file.resolve("data")), 1, "can't be written");
  }

  @Test
  void withoutATokenItDoesNotListenElsewhere() throws Exception {
    refusedInOneSentence(up(directory, "--bind", "0.0.0.0"), 1, "token");
  }

  @Test
  void secondProcessOnOneDirectoryIsRefusedAtOnce() throws Exception {
    try (var nodes = new Nodes(directory)) {
      var first = nodes.create("first");
      Nodes.start(first);
      first.openSpace();
      first.write("note", "kept");
      var second = up(first.process().data());
      refusedInOneSentence(second, 1, first.process().data().toString());
      assertThat(first.text("note")).isEqualTo("kept");
      first.write("note", "and still taken");
    }
  }

  @Test
  void saysThatItIsReadyOnceAndStopsCleanlyOnSigterm() throws Exception {
    try (var process = new OneProcess("only", directory.resolve("only"), List.of())) {
      var node = new TestNode(process);
      Nodes.start(node);
      node.openSpace();
      node.write("note", "kept");
      assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(200);
      assertThat(process.output()).containsExactly("ready http://127.0.0.1:" + process.port());
      var took = process.stop();
      assertThat(took).isLessThan(Duration.ofSeconds(10));
      assertThat(process.output()).hasSize(1);

      Nodes.start(node);
      assertThat(node.text("note")).isEqualTo("kept");
      node.process().stop();
    }
  }

  @Test
  void killedNodeLeavesNothingOutsideItsDirectory() throws Exception {
    try (var process = new OneProcess("killed", directory.resolve("killed"), List.of())) {
      Nodes.start(new TestNode(process));
      process.kill();
    }
    try (var files = Files.list(directory.resolve("killed.tmp"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          // a library's native code, and what the JVM itself says of itself
          .allMatch(name -> name.startsWith("libzstd-jni") || name.startsWith("hsperfdata"));
    }
  }

  @Test
  void pairsFromTheShellAndTellsATable() throws Exception {
    try (var nodes = new Nodes(directory)) {
      var a = nodes.create("a");
      var b = nodes.create("b");
      Nodes.start(a, b);
      a.openSpace();
      a.write("note", "for b");
      var invited =
          command("invite", TestNode.SPACE, "--url", "http://127.0.0.1:" + a.process().port());
      assertThat(invited.out()).hasSize(1);
      var joined =
          command(
              "join", invited.out().getFirst(), "--url", "http://127.0.0.1:" + b.process().port());
      assertThat(joined.code()).as(joined.toString()).isZero();
      TestNode.awaitSame(TestNode.SOON, a, b);
      assertThat(b.text("note")).isEqualTo("for b");

      a.awaitLinkTo(b.id(), "connected");
      var status = command("status", "--url", "http://127.0.0.1:" + a.process().port());
      System.out.println(String.join("\n", status.out()));
      assertThat(status.code()).isZero();
      assertThat(String.join("\n", status.out())).contains("PEER", "connected", TestNode.SPACE);
    }
  }
}
