package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static com.softadastra.system.TestNode.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.disk.Campaign;
import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.Ports;
import com.softadastra.system.FaultProxy.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes that find, lose and find each other again. The one that a scenario is about is three
 * processes, those beside it are one each; behind the bad link and in the copied directory all are
 * one.
 */
class TwoNodesIT {
  @TempDir Path directory;

  private Nodes nodes;

  @AfterEach
  void clear() {
    nodes.close();
  }

  private static void pair(TestNode inviter, TestNode joiner, String role) {
    joiner.join(inviter.invite(role));
    inviter.awaitLinkTo(joiner.id(), "connected");
    joiner.awaitLinkTo(inviter.id(), "connected");
  }

  private static void awaitText(TestNode node, String id, String text) {
    await(id + " at " + node.process().name())
        .atMost(SOON)
        .untilAsserted(() -> assertThat(node.text(id)).isEqualTo(text));
  }

  @Test
  void bothSidesOfACutAreThereAfterIt() throws Exception {
    nodes = new Nodes(directory, Nodes.Shape.THREE_PROCESSES);
    var a = nodes.create("a");
    var b = nodes.createSimple("b");
    Nodes.start(a, b);
    a.openSpace();
    String early = a.write("early", "before b came").path("intent").asString();
    pair(a, b, "writer");
    awaitText(b, "early", "before b came");
    a.awaitReceipt(early, "everywhere");
    a.write("both", "seen by both");
    awaitText(b, "both", "seen by both");

    a.switchLink(b.id(), "off");
    a.awaitLinkTo(b.id(), "off");
    var atA = a.write("both", "a's");
    var atB = b.write("both", "b's");
    a.write("only-a", "1");
    b.write("only-b", "2");
    assertThat(atA.path("state").asString()).isEqualTo("recorded");
    assertThat(a.text("only-b")).isNull();
    assertThat(b.text("only-a")).isNull();
    assertThat(a.digest()).isNotEqualTo(b.digest());
    assertThat(a.atRisk()).isEqualTo(2);

    a.switchLink(b.id(), "on");
    awaitSame(SOON, a, b);
    assertThat(a.text("only-b")).isEqualTo("2");
    assertThat(b.text("only-a")).isEqualTo("1");
    for (var node : new TestNode[] {a, b}) {
      assertThat(node.openConflicts()).hasSize(1);
      assertThat(node.openConflicts().get(0).path("sides")).hasSize(2);
    }
    assertThat(a.text("both")).isEqualTo(b.text("both"));
    a.awaitReceipt(atA.path("intent").asString(), "everywhere");
    b.awaitReceipt(atB.path("intent").asString(), "everywhere");

    String conflict = a.openConflicts().get(0).path("id").asString();
    var resolution = NodeClient.object();
    resolution.set("body", body("both agree"));
    a.client()
        .post(
            "/api/v1/spaces/" + TestNode.SPACE + "/conflicts/" + conflict + "/resolution",
            resolution)
        .orThrow();
    awaitText(b, "both", "both agree");
    awaitSame(SOON, a, b);
    assertThat(b.openConflicts()).isEmpty();
    await("nothing at risk").atMost(SOON).until(() -> a.atRisk() == 0);
  }

  @Test
  void aThirdNodeGetsThroughTheSecondWhatTheFirstWrote() throws Exception {
    nodes = new Nodes(directory, Nodes.Shape.THREE_PROCESSES);
    var a = nodes.createSimple("a");
    var b = nodes.create("b");
    Nodes.start(a, b);
    a.openSpace();
    pair(a, b, "admin");
    String intent = a.write("from-a", "for everybody").path("intent").asString();
    a.awaitReceipt(intent, "everywhere");
    a.process().stop();

    var c = nodes.createSimple("c");
    Nodes.start(c);
    pair(b, c, "writer");
    awaitText(c, "from-a", "for everybody");
    c.write("from-c", "while a is away");

    Nodes.start(a);
    awaitText(a, "from-c", "while a is away");
    awaitSame(SOON, a, b, c);
    await("a knows of c")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(a.receipt(intent).path("deliveries")).hasSize(2));
    a.awaitReceipt(intent, "everywhere");
    String later = a.write("later", "to three").path("intent").asString();
    a.awaitReceipt(later, "everywhere");
    assertThat(c.text("later")).isEqualTo("to three");
  }

  @Test
  void aBadLinkDelaysAndLosesNothing() throws Exception {
    nodes = new Nodes(directory);
    long seed = Long.getLong("softadastra.seed", System.nanoTime());
    System.out.println("aBadLinkDelaysAndLosesNothing: -Dsoftadastra.seed=" + seed);
    int portA = Ports.free();
    int portB = Ports.free();
    var a = nodes.create("a", "--softadastra.mesh.advertise=127.0.0.1:" + portA);
    var b = nodes.create("b", "--softadastra.mesh.advertise=127.0.0.1:" + portB);
    try (var toA = new FaultProxy(portA, a.process().meshPort(), seed);
        var toB = new FaultProxy(portB, b.process().meshPort(), seed + 1)) {
      Nodes.start(a, b);
      a.openSpace();
      await("pairing gets through").atMost(Duration.ofMinutes(2)).until(() -> joined(a, b));
      var campaign = new Campaign();
      int count = 0;
      do {
        for (int end = count + 400; count < end; count++) {
          a.write("a-" + count, filling(seed, count));
          b.write("b-" + count, filling(~seed, count));
          a.write("shared-" + count / 10, "a " + count);
          b.write("shared-" + count / 10, "b " + count);
        }
        awaitSame(Duration.ofMinutes(4), a, b);
      } while (campaign.goesOn() || !done(toA, toB).containsAll(Fault.HURTING) && count < 4_000);
      for (var node : new TestNode[] {a, b}) {
        var documents = node.documents();
        for (int i = 0; i < count; i++) {
          assertThat(documents.get("a-" + i)).isEqualTo(body(filling(seed, i)));
          assertThat(documents.get("b-" + i)).isEqualTo(body(filling(~seed, i)));
        }
      }
      assertThat(done(toA, toB)).containsAll(Fault.HURTING);
      Campaign.note(
          "TwoNodesIT",
          "a bad link, seed %d: %,d writes at two nodes all at both; faults before the one %s, before the other %s"
              .formatted(seed, 4 * count, toA.done(), toB.done()));
    }
  }

  /** Text that can't be packed, so that enough goes over the link. */
  private static String filling(long seed, int number) {
    var bytes = new byte[200];
    new SplittableRandom(seed + number).nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  private static Set<Fault> done(FaultProxy... proxies) {
    return Stream.of(proxies)
        .flatMap(proxy -> proxy.done().keySet().stream())
        .collect(Collectors.toSet());
  }

  /** An attempt to pair through a bad link: an invitation is good until it was used. */
  private static boolean joined(TestNode inviter, TestNode joiner) {
    if (joiner.linkTo(inviter.id()).equals("unknown")) {
      try {
        joiner.join(inviter.invite("writer"));
      } catch (RuntimeException e) {
        return false;
      }
    }
    return !inviter.linkTo(joiner.id()).equals("unknown");
  }

  @Test
  void aRestoredDirectoryBecomesANewIncarnationAndLosesNothing() throws Exception {
    nodes = new Nodes(directory, Nodes.Shape.THREE_PROCESSES);
    var a = nodes.create("a");
    var b = nodes.createSimple("b");
    Nodes.start(a, b);
    a.openSpace();
    pair(a, b, "writer");
    a.write("before", "the backup");
    awaitSame(SOON, a, b);
    String incarnation = a.incarnation();
    String idOfA = a.id();

    a.process().stop();
    var backup = directory.resolve("backup");
    Directories.copy(a.process().data(), backup);
    Nodes.start(a);
    for (int i = 0; i < 20; i++) {
      a.write("first-life-" + i, "written after the backup");
    }
    a.awaitLinkTo(b.id(), "connected");
    awaitSame(SOON, a, b);

    a.process().stop();
    Directories.delete(a.process().data());
    Directories.copy(backup, a.process().data());
    b.switchLink(idOfA, "off");
    Nodes.start(a);
    for (int i = 0; i < 20; i++) {
      a.write("second-life-" + i, "written after the restore");
    }
    b.switchLink(idOfA, "on");
    awaitSame(SOON, a, b);
    assertThat(a.incarnation()).isNotEqualTo(incarnation);
    for (var node : new TestNode[] {a, b}) {
      assertThat(node.text("before")).isEqualTo("the backup");
      for (int i = 0; i < 20; i++) {
        assertThat(node.text("first-life-" + i)).isEqualTo("written after the backup");
        assertThat(node.text("second-life-" + i)).isEqualTo("written after the restore");
      }
    }
  }

  @Test
  void aClonedDirectoryAndItsOriginalLoseNothing() throws Exception {
    nodes = new Nodes(directory);
    var a = nodes.create("a");
    var b = nodes.create("b");
    Nodes.start(a, b);
    a.openSpace();
    pair(a, b, "writer");
    a.write("before", "the copy");
    awaitSame(SOON, a, b);
    b.switchLink(a.id(), "off");
    a.process().stop();

    var clone = nodes.createIn(directory.resolve("clone"), "a");
    Directories.copy(a.process().data(), clone.process().data());
    Nodes.start(a, clone);
    for (int i = 0; i < 20; i++) {
      a.write("original-" + i, "o");
      clone.write("clone-" + i, "c");
    }
    b.switchLink(a.id(), "on");
    for (var node : new TestNode[] {a, b, clone}) {
      for (int i = 0; i < 20; i++) {
        awaitText(node, "original-" + i, "o");
        awaitText(node, "clone-" + i, "c");
      }
    }
    awaitSame(SOON, a, b, clone);
    assertThat(a.incarnation()).isNotEqualTo(clone.incarnation());
  }
}
