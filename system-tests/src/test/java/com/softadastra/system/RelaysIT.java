package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static com.softadastra.system.TestNode.awaitSame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.node.client.NodeUnreachable;
import com.softadastra.node.client.RequestRefused;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Nodes that reach a relay, and each other never. */
class RelaysIT {
  private static final int WRITES = 60;
  private static final Plaintext SECRET = new Plaintext("naïvely");

  @TempDir Path directory;

  private Nodes nodes;
  private TestNode mast;
  private TestNode a;
  private TestNode b;

  @AfterEach
  void clear() {
    nodes.close();
  }

  /**
   * Both are members, the mast is a relay, and they have met.
   *
   * @param shape of a
   */
  private void open(Nodes.Shape shape) throws InterruptedException {
    nodes = new Nodes(directory, shape);
    mast = nodes.createSimple("mast");
    a = nodes.create("a");
    b = nodes.createSimple("b");
    Nodes.start(mast, a, b);
    a.openSpace();
    mast.join(a.invite("relay"));
    b.join(a.invite("writer"));
    a.write("first", "by a");
    awaitSame(SOON, a, b);
    // the relay was not paired with it: the membership names it
    b.awaitLinkTo(mast.id(), "connected");
    mast.awaitLinkTo(a.id(), "connected");
    assertThat(mast.peer(a.id()).path("route").asString()).isEqualTo("direct");
  }

  /** One of them is three processes, the other one: each brings its mail and fetches it. */
  @Test
  void membersThatAreNeverUpTogetherBecomeTheSame() throws Exception {
    open(Nodes.Shape.THREE_PROCESSES);
    String idOfA = a.id();
    String idOfB = b.id();
    assertThatThrownBy(mast::digest)
        .isInstanceOf(RequestRefused.class)
        .hasMessageContaining("space-unknown");
    b.process().stop();

    for (int i = 0; i < WRITES; i++) {
      a.write("a" + i, SECRET.text());
    }
    String intent = a.write(SECRET.text(), SECRET.text()).path("intent").asString();
    a.awaitReceipt(intent, "in-custody");
    var delivery = a.receipt(intent).path("deliveries").get(0);
    assertThat(delivery.path("state").asString()).isEqualTo("in-custody");
    assertThat(delivery.path("via").asString()).isEqualTo(mast.id());
    // it exists at one member alone, whatever a relay keeps
    assertThat(a.atRisk()).isGreaterThan(WRITES);
    assertThat(a.peer(idOfB).path("route").asString()).isEqualTo("edge");
    assertThat(a.peer(idOfB).path("via").get(0).asString()).isEqualTo(mast.id());
    long kept = mast.mailbox(idOfB).path("envelopes").asLong();
    assertThat(kept).isPositive();

    a.process().stop();
    mast.awaitLinkTo(idOfA, "unreachable");
    killTheMastThatKnowsNothing();
    assertThat(new Plaintext(a.space()).in(mast.process().data())).isEmpty();
    Nodes.start(mast);
    assertThat(mast.mailbox(idOfB).path("envelopes").asLong()).isEqualTo(kept);

    Nodes.start(b);
    b.awaitText(SECRET.text(), SECRET.text());
    assertThat(b.text("a" + (WRITES - 1))).isEqualTo(SECRET.text());
    assertThat(SECRET.in(dump((OneProcess) b.process())))
        .as("a member has it in memory")
        .isNotEmpty();
    String answer = b.write("answer", "by b").path("intent").asString();
    b.awaitReceipt(answer, "in-custody");
    await("an empty mailbox of b")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(mast.mailbox(idOfB).isMissingNode()).isTrue());
    var digestOfB = b.digest();
    b.process().stop();
    assertThat(mast.mailbox(idOfA).path("envelopes").asLong()).isPositive();

    Nodes.start(a);
    a.awaitReceipt(intent, "everywhere");
    a.awaitDigest(digestOfB);
    assertThat(a.atRisk()).isZero();
  }

  /** Two are away, of three. */
  @Test
  void whatSeveralLackIsWithTheRelayOnce() throws Exception {
    open(Nodes.Shape.ONE_PROCESS);
    var c = nodes.create("c");
    Nodes.start(c);
    c.join(a.invite("writer"));
    awaitSame(SOON, a, b, c);
    String idOfB = b.id();
    String idOfC = c.id();
    b.process().stop();
    c.process().stop();
    a.awaitReceipt(a.write("before", "by a").path("intent").asString(), "in-custody");
    var before = edge();

    String intent = a.write("x", SECRET.text()).path("intent").asString();
    // each envelope is signed for by itself
    await("custody of what both lack")
        .atMost(SOON)
        .untilAsserted(() ->
            assertThat(a.receipt(intent).path("deliveries"))
                .extracting(delivery -> delivery.path("state").asString())
                .containsExactly("in-custody", "in-custody"));
    assertThat(edge().path("envelopes").asLong() - before.path("envelopes").asLong()).isEqualTo(2);
    assertThat(edge().path("bodies").asLong() - before.path("bodies").asLong()).isEqualTo(1);
    a.process().stop();
    killTheMastThatKnowsNothing();
    Nodes.start(mast);

    Nodes.start(b);
    b.awaitText("x", SECRET.text());
    await("an empty mailbox of b")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(mast.mailbox(idOfB).isMissingNode()).isTrue());
    b.process().stop();
    assertThat(mast.mailbox(idOfC).path("envelopes").asLong()).isPositive();
    Nodes.start(c);
    c.awaitText("x", SECRET.text());
  }

  private JsonNode edge() {
    return mast.client().get("/actuator/edge").orThrow().path("mailboxes");
  }

  /**
   * Both are up, and the operator has switched the link between them off. Custody is believed as
   * long as the relay has the mailboxes that it signed with.
   */
  @Test
  void aRelayHandsOnAtOnceAndWhatItHasLostIsBroughtAgain() throws Exception {
    open(Nodes.Shape.ONE_PROCESS);
    String idOfB = b.id();
    a.switchLink(idOfB, "off");
    b.switchLink(a.id(), "off");
    a.awaitReceipt(a.write("at-once", "by a").path("intent").asString(), "everywhere");
    assertThat(b.text("at-once")).isEqualTo("by a");
    await("the route by the relay")
        .atMost(SOON)
        .untilAsserted(
            () -> assertThat(a.peer(idOfB).path("route").asString()).isEqualTo("relayed"));

    b.process().stop();
    String intent = a.write("x", "by a").path("intent").asString();
    a.awaitReceipt(intent, "in-custody");
    var first = signedAt(intent);

    mast.process().kill();
    Directories.delete(mast.process().data().resolve("mailboxes"));
    Nodes.start(mast);
    await("custody in the new mailboxes")
        .atMost(SOON)
        .ignoreException(NodeUnreachable.class)
        .untilAsserted(() -> {
          assertThat(mast.mailbox(idOfB).path("envelopes").asLong()).isPositive();
          assertThat(signedAt(intent)).isNotEqualTo(first);
        });
    a.process().stop();
    Nodes.start(b);
    b.awaitText("x", "by a");
  }

  /**
   * What it had signed for counts no more, and nothing is brought to it until it is asked again.
   */
  @Test
  void aDismissedRelayIsARelayNoMore() throws Exception {
    open(Nodes.Shape.ONE_PROCESS);
    String idOfB = b.id();
    String idOfMast = mast.id();
    b.process().stop();
    String intent = a.write("x", "by a").path("intent").asString();
    a.awaitReceipt(intent, "in-custody");

    var path = a.at() + "/members/" + idOfMast + "/retirement";
    var dismissed = a.client().post(path, null).orThrow();
    assertThat(dismissed.path("role").asString()).isEqualTo("relay");
    assertThat(dismissed.path("state").asString()).isEqualTo("retired");
    assertThat(a.client().post(path, null).orThrow()).as("once more").isEqualTo(dismissed);
    assertThat(a.receipt(intent).path("state").asString()).isEqualTo("recorded");
    assertThat(a.peer(idOfB).path("route").asString()).isEqualTo("none");

    Nodes.start(b);
    a.awaitReceipt(intent, "everywhere");
    b.awaitLinkTo(idOfMast, "unreachable");
    b.process().stop();
    mast.join(a.invite("relay"));
    a.awaitReceipt(a.write("y", "by a").path("intent").asString(), "in-custody");
  }

  private String signedAt(String intent) {
    return a.receipt(intent).path("deliveries").get(0).path("at").asString();
  }

  /** It says nothing of what it keeps, has nothing of it in memory, and leaves nothing of it. */
  private void killTheMastThatKnowsNothing() throws Exception {
    var process = (OneProcess) mast.process();
    assertThat(said("/api/v1/mailboxes")).contains("envelopes").doesNotContain(SECRET.text());
    assertThat(said("/actuator/edge")).contains("envelopes").doesNotContain(SECRET.text());
    assertThat(said("/actuator/prometheus"))
        .contains("softadastra_mailbox_envelopes")
        .doesNotContain(SECRET.text());
    assertThat(SECRET.in(dump(process))).isEmpty();
    process.kill();
    assertThat(process.output()).noneMatch(line -> line.contains(SECRET.text()));
    assertThat(SECRET.in(process.data())).isEmpty();
  }

  private String said(String path) throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + mast.process().port() + path);
    try (var http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
    }
  }

  private Path dump(OneProcess node) throws IOException, InterruptedException {
    return HeapDump.of(node, directory.resolve(node.name() + ".hprof"));
  }
}
