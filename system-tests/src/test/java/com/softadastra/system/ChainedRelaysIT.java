package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.NodeUnreachable;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node that reaches a relay on a ship, and one that reaches a relay on shore, and nothing else.
 */
class ChainedRelaysIT {
  private static final int WRITES = 60;

  /** A relay that another relay couldn't reach is called again within a minute. */
  private static final Duration CALLED_AGAIN = Duration.ofMinutes(2);

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode ship;
  private TestNode shore;
  private TestNode a;
  private TestNode b;
  private String idOfA;
  private String idOfB;

  @AfterEach
  void clear() {
    nodes.close();
  }

  /** They have met, and don't meet again. */
  private void open() throws InterruptedException {
    nodes = new Nodes(directory);
    ship = nodes.create("ship");
    shore = nodes.create("shore");
    a = nodes.create("a");
    b = nodes.create("b");
    Nodes.start(ship, shore, a, b);
    idOfA = a.id();
    idOfB = b.id();
    a.openSpace();
    ship.join(a.invite("relay"));
    shore.join(a.invite("relay"));
    b.join(a.invite("writer"));
    a.write("first", "by a");
    awaitSame(SOON, a, b);
    a.awaitLinkTo(ship.id(), "connected");
    b.awaitLinkTo(shore.id(), "connected");
    a.switchLink(shore.id(), "off");
    b.switchLink(ship.id(), "off");
    a.switchLink(idOfB, "off");
    b.switchLink(idOfA, "off");
    awaitConnected();
  }

  private void awaitConnected() {
    await("the relays to be connected")
        .atMost(CALLED_AGAIN)
        .ignoreException(NodeUnreachable.class)
        .untilAsserted(() -> {
          for (var relay : new TestNode[] {ship, shore}) {
            var siblings = relay.mailboxes().path("siblings");
            assertThat(siblings).hasSize(1);
            assertThat(siblings.get(0).path("connected").asBoolean()).isTrue();
          }
        });
  }

  private static void awaitMail(TestNode relay, String node, boolean some) {
    await("mail at a relay")
        .atMost(CALLED_AGAIN)
        .ignoreException(NodeUnreachable.class)
        .untilAsserted(() -> assertThat(relay.mailbox(node).isMissingNode()).isEqualTo(!some));
  }

  @Test
  void theyBecomeTheSameThoughNoTwoOfThemAreUpForLongAndRelaysAreKilled() throws Exception {
    open();
    b.process().stop();
    shore.process().stop();
    for (int i = 0; i < WRITES; i++) {
      a.write("a" + i, "by a");
    }
    String intent = a.write("last", "by a").path("intent").asString();
    a.awaitReceipt(intent, "in-custody");
    assertThat(a.receipt(intent).path("deliveries").get(0).path("via").asString())
        .isEqualTo(ship.id());
    a.process().stop();
    long kept = ship.mailbox(idOfB).path("envelopes").asLong();
    assertThat(kept).isPositive();

    // on the way, and again when all is passed
    ship.process().kill();
    Nodes.start(ship, shore);
    awaitMail(shore, idOfB, true);
    ship.process().kill();
    Nodes.start(ship);
    awaitConnected();
    await("all copies")
        .atMost(CALLED_AGAIN)
        .untilAsserted(
            () -> assertThat(shore.mailbox(idOfB).path("envelopes").asLong()).isEqualTo(kept));
    assertThat(ship.mailbox(idOfB).path("envelopes").asLong())
        .as("a copy stays where it was signed for")
        .isEqualTo(kept);

    ship.process().kill();
    Nodes.start(b);
    b.awaitText("last", "by a");
    String answer = b.write("answer", "by b").path("intent").asString();
    b.awaitReceipt(answer, "in-custody");
    awaitMail(shore, idOfB, false);
    var digestOfB = b.digest();
    b.process().stop();

    Nodes.start(ship);
    awaitConnected();
    awaitMail(ship, idOfB, false);
    awaitMail(ship, idOfA, true);
    shore.process().kill();
    Nodes.start(a);
    a.awaitReceipt(intent, "everywhere");
    a.awaitDigest(digestOfB);
    assertThat(a.atRisk()).isZero();
  }

  /** What a relay has signed for hangs on no other relay. */
  @Test
  void whatOneWritesReachesTheOtherAtOnceAndWhatTheSecondRelayLosesIsPassedAgain()
      throws Exception {
    open();
    a.awaitReceipt(a.write("at-once", "by a").path("intent").asString(), "everywhere");
    assertThat(b.text("at-once")).isEqualTo("by a");
    b.awaitReceipt(b.write("answer", "by b").path("intent").asString(), "everywhere");
    assertThat(a.text("answer")).isEqualTo("by b");
    awaitMail(ship, idOfB, false);
    awaitMail(shore, idOfA, false);

    b.process().stop();
    String intent = a.write("x", "by a").path("intent").asString();
    a.awaitReceipt(intent, "in-custody");
    a.process().stop();
    awaitMail(shore, idOfB, true);
    shore.process().kill();
    Directories.delete(shore.process().data().resolve("mailboxes"));
    Nodes.start(shore, b);
    await("the mail of b")
        .atMost(CALLED_AGAIN)
        .untilAsserted(() -> assertThat(b.text("x")).isEqualTo("by a"));
  }
}
