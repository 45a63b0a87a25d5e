package com.softadastra.system;

import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.Campaign;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two nodes, each in a network of its own, with a cable between them that is pulled, and that
 * loses, delays, repeats and reorders packets. Needs the right to make networks, and is skipped
 * where it hasn't. They are the same for all methods, which have a space each.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NetworkNamespacesIT {
  private static final int DOCUMENTS = 100;

  private List<NetworkNamespace> networks = List.of();
  private TestNode a;
  private TestNode b;

  @BeforeAll
  void connect(@TempDir Path directory) throws Exception {
    long test = ProcessHandle.current().pid();
    networks = NetworkNamespace.pair("sa" + test + "a", "sa" + test + "b");
    a = node(directory, "a", networks.getFirst());
    b = node(directory, "b", networks.getLast());
    Nodes.start(a, b);
  }

  @BeforeEach
  void meet(TestInfo test) {
    String space = test.getTestMethod().orElseThrow().getName().toLowerCase(Locale.ROOT);
    a = a.in(space);
    b = b.in(space);
    a.openSpace();
    b.join(a.invite("writer"));
    a.awaitLinkTo(b.id(), "connected");
    b.awaitLinkTo(a.id(), "connected");
  }

  @AfterAll
  void disconnect() {
    for (var node : new TestNode[] {a, b}) {
      if (node != null) {
        node.process().close();
      }
    }
    networks.forEach(NetworkNamespace::close);
  }

  private static TestNode node(Path directory, String name, NetworkNamespace network)
      throws Exception {
    var process =
        new OneProcess(
            network.within(),
            name,
            directory.resolve(name),
            List.of("--softadastra.mesh.bind=" + network.address()));
    network.open(process.port(), directory.resolve(name + ".socket"));
    return new TestNode(process);
  }

  @Test
  void aPulledCableIsNoticedAndMended() throws Exception {
    networks.getFirst().plug("down");
    writeAtBoth();
    a.awaitLinkTo(b.id(), "unreachable");
    b.awaitLinkTo(a.id(), "unreachable");
    assertThat(a.text("b-0")).isNull();
    networks.getFirst().plug("up");
    becomeTheSame();
    Campaign.note("NetworkNamespacesIT", "a cable pulled and plugged in again: nothing lost");
  }

  @Test
  void packetsThatAreLostDelayedRepeatedAndReorderedLoseNothing() throws Exception {
    for (var network : networks) {
      network.disturb(
          "delay", "30ms", "20ms", "loss", "5%", "duplicate", "5%", "reorder", "25%", "50%");
    }
    writeAtBoth();
    becomeTheSame();
    for (var network : networks) {
      network.calm();
    }
    Campaign.note(
        "NetworkNamespacesIT", "packets lost, delayed, repeated, reordered: nothing lost");
  }

  private void writeAtBoth() {
    for (int i = 0; i < DOCUMENTS; i++) {
      a.write("a-" + i, "a".repeat(50 * i));
      b.write("b-" + i, "b".repeat(50 * i));
      a.write("both-" + i % 10, "a " + i);
      b.write("both-" + i % 10, "b " + i);
    }
  }

  private void becomeTheSame() {
    var last = a.write("last", "a");
    awaitSame(Duration.ofMinutes(3), a, b);
    for (var node : new TestNode[] {a, b}) {
      var documents = node.documents();
      for (int i = 0; i < DOCUMENTS; i++) {
        assertThat(documents.get("a-" + i)).isEqualTo(TestNode.body("a".repeat(50 * i)));
        assertThat(documents.get("b-" + i)).isEqualTo(TestNode.body("b".repeat(50 * i)));
      }
    }
    assertThat(a.openConflicts()).hasSameSizeAs(b.openConflicts());
    a.awaitReceipt(last.path("intent").asString(), "everywhere");
    b.awaitLinkTo(a.id(), "connected");
  }
}
