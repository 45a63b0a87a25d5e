package com.softadastra.system;

import static com.softadastra.system.TestNode.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Membership;
import com.softadastra.node.process.Ports;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node and a peer that was let in and doesn't keep to the rules, over TLS as it is. */
class HostilePeerIT {
  private final int port = Ports.free();

  private Nodes nodes;
  private TestNode node;
  private StrangePeer peer;
  private Membership membership;

  @BeforeEach
  void pair(@TempDir Path directory) throws Exception {
    nodes = new Nodes(directory);
    node = nodes.create("node");
    Nodes.start(node);
    node.openSpace();
    node.write("own", "untouched");
    peer = new StrangePeer(port);
    // calls come from the peer alone, so that there is one conversation
    membership = peer.join(node.invite("writer"));
  }

  @AfterEach
  void clear() {
    if (peer != null) {
      peer.close();
    }
    nodes.close();
  }

  private Conversation call(StrangePeer from) {
    var id = NodeId.parse(node.id());
    return new Conversation(from, id, "127.0.0.1:" + node.process().meshPort());
  }

  /** A conversation that has come to where entries are exchanged. */
  private Conversation exchange() throws InterruptedException {
    var talk = call(peer);
    talk.send(
        new Frame.Hello(
            Frame.VERSION,
            Frame.VERSION,
            peer.replica(),
            System.currentTimeMillis(),
            "strange",
            List.of(),
            List.of(membership.space())));
    talk.await(Frame.Summary.class, _ -> true);
    talk.send(new Frame.Summary(membership.space(), List.of(), List.of()));
    talk.send(new Frame.Heard(membership.space(), List.of()));
    return talk;
  }

  private void send(Conversation talk, Offered... entries) {
    talk.send(new Frame.Entries(membership.space(), List.of(entries)));
  }

  private String lastError() {
    return node.peer(peer.id().toString()).path("lastError").asString("");
  }

  /** Sends entries in a conversation of their own: their author is refused for all of it. */
  private void refused(Replica author, String reason, Offered... entries) throws Exception {
    try (var talk = exchange()) {
      send(talk, entries);
      var refusal = talk.await(Frame.Refusal.class, _ -> true);
      assertThat(refusal.replica()).isEqualTo(author);
      assertThat(refusal.reason()).contains(reason);
      awaitLastError(reason);
      assertThat(node.linkTo(peer.id().toString())).isEqualTo("connected");
    }
  }

  /** The same for what may only have come too early: it is first asked for what it hangs on. */
  private void notTaken(String reason, Offered entry) throws Exception {
    try (var talk = exchange()) {
      send(talk, entry);
      awaitLastError(reason);
    }
  }

  private void awaitLastError(String reason) {
    await("lastError says why")
        .atMost(SOON)
        .untilAsserted(() -> assertThat(lastError()).contains(reason));
  }

  private void awaitKept(Conversation talk, Replica replica, long sequence)
      throws InterruptedException {
    talk.await(
        Frame.Acknowledged.class,
        frame ->
            frame.statements().stream()
                .map(signed -> Statement.decode(signed.bytes()))
                .anyMatch(said -> said.vector().getOrDefault(replica, 0L) == sequence));
  }

  @Test
  void forgedEntriesAreRefusedFromThereOnAndAllElseIsKept() throws Exception {
    try (var other = new StrangePeer(Ports.free())) {
      membership = membership.with(other.join(node.invite("writer")).records());
      var own = new Chain(membership, peer.replica(), peer.key());
      var others = new Chain(membership, other.replica(), other.key());
      var first = own.next("first", "genuine");
      try (var talk = exchange()) {
        send(talk, first, own.next("second", "genuine"), others.next("other", "brought along"));
        awaitKept(talk, peer.replica(), 2);
      }
      assertThat(node.text("first")).isEqualTo("genuine");
      assertThat(node.text("other")).isEqualTo("brought along");

      // a wrong signature, beside an entry that is good
      var forged = own.stray(3, own.last(), "forged", "wrong signature");
      var wrong = StrangePeer.random(forged.signature().length);
      refused(
          peer.replica(),
          "wrong signature at 3",
          new Offered(forged.bytes(), wrong),
          others.next("other-2", "kept"));
      assertThat(node.text("other-2")).isEqualTo("kept");

      refused(peer.replica(), "not signed by its author at 3", new Offered(forged.bytes(), null));

      // in another member's name
      refused(
          other.replica(),
          "wrong signature at 3",
          new Chain(membership, other.replica(), peer.key(), others.sequence(), others.last())
              .next("forged", "in another's name"));

      // in the node's own name
      var self = new Replica(NodeId.parse(node.id()), Incarnation.parse(node.incarnation()));
      refused(
          self,
          "wrong signature at 2",
          new Chain(membership, self, peer.key(), 1, Hash.ZERO).next("own", "overwritten"));

      // in the name of nobody who belongs here
      var stranger = new NodeKey(StrangePeer.random(NodeKey.SEED_BYTES));
      var foreign = new Replica(stranger.nodeId(), peer.replica().incarnation());
      refused(
          foreign,
          "no member",
          new Chain(membership, foreign, stranger).next("forged", "by a stranger"));

      // a chain that hangs on nothing, one with a gap
      var nothing = Hash.sha256(new byte[1]);
      notTaken("entry before 3 is missing", own.stray(3, nothing, "forged", "broken chain"));
      notTaken("entry before 5 is missing", own.stray(5, own.last(), "forged", "a gap"));

      assertThat(node.text("forged")).isNull();
      assertThat(node.text("own")).isEqualTo("untouched");

      // an old entry again changes nothing, and what follows on what was kept is taken
      var before = node.digest();
      try (var talk = exchange()) {
        send(talk, first);
        talk.await(Frame.Taken.class, _ -> true);
        assertThat(node.digest()).isEqualTo(before);
        send(talk, own.next("third", "genuine"));
        awaitKept(talk, peer.replica(), 3);
      }
      assertThat(node.text("third")).isEqualTo("genuine");
      assertThat(node.text("first")).isEqualTo("genuine");

      // another entry of a number that is known, which a copied storage writes or a forger
      try (var talk = exchange()) {
        send(talk, own.stray(1, Hash.ZERO, "first", "rewritten"));
        await("neither has effect")
            .atMost(SOON)
            .untilAsserted(() -> assertThat(node.text("first")).isNull());
      }
      assertThat(node.text("third")).isNull();
      assertThat(node.text("other")).isEqualTo("brought along");
    }
    staysUp();
  }

  @Test
  void whoBreaksTheProtocolIsLeftAndMayComeBack() throws Exception {
    try (var talk = exchange()) {
      talk.send(StrangePeer.random(200));
      talk.awaitEnd();
    }
    try (var talk = exchange()) {
      var chain = new Chain(membership, peer.replica(), peer.key());
      send(talk, chain.next("note", "after the nonsense"));
      awaitKept(talk, peer.replica(), 1);
    }
    assertThat(node.text("note")).isEqualTo("after the nonsense");
    staysUp();
  }

  @Test
  void anotherKeyIsNobody() throws Exception {
    try (var impostor = new StrangePeer(Ports.free());
        var talk = call(impostor)) {
      assertThat(talk.awaitEnd()).contains("not paired");
    }
    // and where the peer was, another key answers
    peer.close();
    try (var impostor = new StrangePeer(port)) {
      assertThat(impostor.id()).isNotEqualTo(peer.id());
      await("another key at the peer's address is noticed")
          .atMost(SOON)
          .untilAsserted(() -> assertThat(lastError()).contains("another key"));
      assertThat(node.linkTo(peer.id().toString())).isEqualTo("unreachable");
    }
    peer = null;
    staysUp();
  }

  private void staysUp() {
    node.write("later", "still taken");
    assertThat(node.text("later")).isEqualTo("still taken");
    assertThat(node.client().get("/actuator/health/readiness").status()).isEqualTo(200);
  }
}
