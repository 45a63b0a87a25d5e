package com.softadastra.sync.peer;

import static com.softadastra.sync.peer.ScriptedHost.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.blob.BlobPeers.BlobPeer;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import com.softadastra.sync.storage.Ledger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** Whole nodes meet in one thread, on a clock that goes on when it is told to. */
class ExchangesTest {
  private static final Duration STEP = Duration.ofMillis(10);

  private final EventQueue queue = new EventQueue();
  private final MemoryNetwork network = new MemoryNetwork(queue);
  private final List<MeetingNode> nodes = new ArrayList<>();
  private final List<Medium> media = new ArrayList<>();
  private Membership membership;
  private MeetingNode one;
  private MeetingNode two;
  private MeetingNode three;

  @BeforeEach
  void openNodes() {
    openNodes(3);
    one = nodes.get(0);
    two = nodes.get(1);
    three = nodes.get(2);
  }

  private void openNodes(int count) {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var membership = new Membership(List.of(SpaceNames.sign(create, key(1))));
    for (int n = 2; n <= count; n++) {
      var grant = membership.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      membership = membership.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    for (int n = 1; n <= count; n++) {
      var medium = new Medium();
      media.add(medium);
      nodes.add(new MeetingNode(key(n), membership, medium, queue, network));
    }
    this.membership = membership;
  }

  private void until(BooleanSupplier condition) {
    for (int steps = 0; !condition.getAsBoolean(); steps++) {
      assertThat(steps).as("steps until it holds").isLessThan(100_000);
      queue.advance(STEP);
    }
  }

  private void quietly() {
    queue.advance(Duration.ofMinutes(1));
  }

  private static boolean connected(MeetingNode a, MeetingNode b) {
    return a.exchanges.connected(b.id()) && b.exchanges.connected(a.id());
  }

  private void meet(MeetingNode a, MeetingNode b) {
    until(() -> connected(a, b) && a.vector().equals(b.vector()));
  }

  @Test
  void twoMeetAndKnowWhatTheOtherHas() {
    one.write(5);
    two.write(3);
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    until(() -> one.said(two).equals(two.vector()) && two.said(one).equals(one.vector()));
    assertThat(one.vector()).hasSize(2).containsValues(5L, 3L);
    two.write(1);
    until(() -> one.vector().containsValue(4L));
    assertThat(one.exchanges.lane(two.id()).orElseThrow().state()).isEqualTo(Lane.State.CONNECTED);
  }

  @Test
  void whoPassedAnEntryOnIsKnownToHaveItByThoseBeyond() {
    nodes.forEach(node -> node.exchanges.start());
    one.switchLink(three, false);
    three.switchLink(one, false);
    meet(one, two);
    meet(two, three);
    quietly();
    three.write(1);
    quietly();
    assertThat(one.vector()).isEqualTo(two.vector()).isEqualTo(three.vector());
    assertThat(one.said(two)).isEqualTo(two.vector());
    assertThat(three.said(one)).isEqualTo(one.vector());
  }

  @Test
  void whatIsDamagedIsFetchedFromWhoHasItAndPassedOn() {
    one.write(5);
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    one.switchLink(two, false);
    quietly();
    assertThat(media.get(1).turnEntry(3, 100)).isTrue();
    three.switchLink(one, false);
    three.exchanges.start();
    until(() -> connected(two, three) && three.vector().containsValue(2L));
    quietly();
    assertThat(three.vector()).containsValue(2L);
    assertThat(two.recording.damaged()).extracting(DamagedEntry::position).containsExactly(3L);

    one.switchLink(two, true);
    meet(two, three);
    assertThat(three.vector()).containsValue(5L);
    assertThat(media.get(1).damaged()).isZero();
    assertThat(two.recording.damaged()).isEmpty();
  }

  @Test
  void whatNobodyElseHasKeepsNothingElseBack() {
    one.write(5);
    assertThat(media.get(0).turnEntry(3, 100)).isTrue();
    two.write(2);
    one.exchanges.start();
    two.exchanges.start();
    until(() -> one.vector().containsValue(2L) && two.vector().containsValue(2L));
    var channels = two.exchanges.lane(one.id()).orElseThrow().state();
    one.write(1);
    two.write(2);
    quietly();
    assertThat(channels).isEqualTo(Lane.State.CONNECTED);
    assertThat(connected(one, two)).isTrue();
    assertThat(one.vector()).containsValues(6L, 4L);
    assertThat(two.vector()).containsValues(2L, 4L);
    assertThat(one.recording.damaged())
        .extracting(DamagedEntry::toString)
        .singleElement()
        .asString()
        .startsWith("entry 3 of " + one.replica());
  }

  @Test
  void whatACopySaidLastIsOvertakenWhenTheCopyIsGone() {
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    one.exchanges.stop();
    var copy = new MeetingNode(key(1), membership, media.getFirst().copy(), queue, network);
    copy.reborn();
    two.write(1);
    copy.exchanges.start();
    meet(copy, two);
    until(() -> two.said(copy).equals(copy.vector()));
    copy.exchanges.stop();
    network.listen(one.id(), one.exchanges);
    one.exchanges.start();
    one.write(2);
    until(() -> one.vector().equals(two.vector()) && two.said(one).equals(one.vector()));
    assertThat(one.vector()).containsValue(2L);
  }

  @Test
  void whatACopySaidIsOvertakenByWhoHasGoneOnElsewhereSince() {
    one.write(1);
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    until(() -> two.said(one).equals(one.vector()));
    one.writeElsewhere(3);
    hearOfACopy(two, 2);
    quietly();
    assertThat(two.said(one)).isEmpty();
    network.cut();
    until(() -> two.said(one).equals(one.vector()));
  }

  @Test
  void whoWritesAfterACopySpokeForItSpeaksAgain() {
    one.write(1);
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    until(() -> two.said(one).equals(one.vector()));
    hearOfACopy(two, 1);
    quietly();
    assertThat(two.said(one)).isEmpty();
    one.write(1);
    until(() -> two.said(one).equals(one.vector()));
    assertThat(one.vector()).containsValue(2L);
  }

  /** A copy of the first node has nothing, and told a third so. */
  private void hearOfACopy(MeetingNode node, long position) {
    var copy = new Replica(one.id(), Incarnation.of(new byte[Incarnation.BYTES]));
    var clock = queue.instant().toEpochMilli();
    var said = new Statement(membership.space(), copy, position, clock, Map.of());
    var signature = said.sign(one.key).signature();
    node.recording.note(new Ledger.Known(said, signature, three.id()));
  }

  @Test
  void whereAPeerWasBeforeItMayBeAgain() {
    var peer =
        new PeerDirectory.Peer(
            two.id(), "two", List.of("a", "b"), true, queue.instant(), null, null);
    assertThat(peer.introduced("copy", List.of("c", "b")).addresses())
        .containsExactly("c", "b", "a");
    assertThat(peer.introduced("copy", List.of()).addresses()).containsExactly("a", "b");
    var many = IntStream.range(0, 20).mapToObj(n -> "n" + n).toList();
    assertThat(peer.introduced("two", many).addresses()).hasSize(8);
  }

  @Test
  void ofAPeerNoMoreIsKeptThanThereIsRoomFor() {
    var peer =
        new PeerDirectory.Peer(two.id(), "two", List.of("a"), true, queue.instant(), null, null);
    var long8 = IntStream.range(0, 8).mapToObj(n -> n + "x".repeat(499)).toList();
    assertThat(peer.introduced("two", List.of("y".repeat(501), "a b", "")).addresses())
        .containsExactly("a");
    assertThat(String.join(" ", peer.introduced("two", long8).addresses()))
        .hasSizeBetween(4000, 4096);
    assertThat(peer.introduced("n".repeat(1024), List.of()).name()).hasSize(256);
  }

  @Test
  void whoTakesANewIncarnationSaysSoAtOnce() {
    nodes.clear();
    openNodes(30);
    one = nodes.get(0);
    two = nodes.get(1);
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    quietly();
    // of these two it says the first at once, and the other when a pause of almost two seconds is
    // over
    two.write(1);
    until(() -> one.vector().equals(two.vector()));
    two.write(1);
    until(() -> one.vector().equals(two.vector()));
    one.reborn();
    queue.advance(Duration.ofMillis(500));
    var said = two.recording.ledger().by(membership.space(), one.id()).orElseThrow();
    assertThat(said.statement().by()).isEqualTo(one.replica());
  }

  @Test
  void callsThatCrossLeaveOneConnection() {
    one.exchanges.start();
    two.exchanges.start();
    queue.run();
    until(() -> connected(one, two));
    assertThat(network.calls()).as("two crossed, and two to the third").isGreaterThanOrEqualTo(4);
    quietly();
    assertThat(network.open()).isEqualTo(1);
    one.write(2);
    meet(one, two);
  }

  @Test
  void cutAtAnyMomentDelaysAndLosesNothing() {
    one.exchanges.start();
    two.exchanges.start();
    for (int round = 0; round < 30; round++) {
      one.write(1 + round % 3);
      two.write(1 + round % 2);
      int until = network.frames() + round;
      for (int i = 0; i < 100 && network.frames() < until; i++) {
        queue.advance(Duration.ofMillis(1));
      }
      network.cut();
    }
    meet(one, two);
    assertThat(one.vector()).containsValues(60L, 45L);
  }

  @Test
  void peerThatWasAwayIsMetAgainAtOnceWhenItCalls() {
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    network.away(one.id(), true);
    one.write(2);
    until(() -> one.exchanges.lane(two.id()).orElseThrow().attempts() > 8);
    network.away(one.id(), false);
    until(() -> connected(one, two));
    meet(one, two);
    assertThat(one.exchanges.lane(two.id()).orElseThrow())
        .isEqualTo(new Lane.Status(Lane.State.CONNECTED, 0, null, null));
    assertThat(two.exchanges.lane(one.id()).orElseThrow().state()).isEqualTo(Lane.State.CONNECTED);
  }

  @Test
  void whatStoodBetweenTwoIsForgottenOnceItIsOver() {
    two.write(1);
    var entry = two.recording.log().find(membership.space(), two.replica(), 1).orElseThrow();
    one.exchanges.start();
    var line = new ArrayList<FluxSink<byte[]>>();
    one.exchanges.accept(two.id(), Flux.create(line::add)).subscribe(frame -> {}, failure -> {});
    queue.run();
    var spaces = List.of(membership.space());
    say(
        line.getFirst(),
        new Frame.Hello(
            Frame.VERSION, Frame.VERSION, two.replica(), queue.millis(), "two", List.of(), spaces));
    say(line.getFirst(), new Frame.Summary(membership.space(), List.of(), List.of()));
    say(line.getFirst(), entries(entry.bytes(), new byte[entry.signature().length]));
    assertThat(one.exchanges.refusal(two.id())).contains("wrong signature at 1");
    say(line.getFirst(), entries(entry.bytes(), entry.signature()));
    assertThat(one.exchanges.refusal(two.id())).isNull();
    assertThat(one.vector()).isEqualTo(two.vector());

    say(line.getFirst(), new Frame.Refusal(membership.space(), one.replica(), "for no reason"));
    assertThat(one.exchanges.refusal(two.id())).contains("for no reason");
    line.getFirst().complete();
    two.exchanges.start();
    meet(one, two);
    assertThat(one.exchanges.refusal(two.id())).isNull();
  }

  private Frame entries(byte[] bytes, byte[] signature) {
    return new Frame.Entries(membership.space(), List.of(new Offered(bytes, signature)));
  }

  private void say(FluxSink<byte[]> line, Frame frame) {
    line.next(frame.encode());
    queue.advance(Duration.ofMillis(100));
  }

  private MeetingNode pairedRelay() {
    var create = new MembershipRecord.Create(key(4).publicKey(), "4", "own", 0, new byte[16]);
    var own = new Membership(List.of(SpaceNames.sign(create, key(4))));
    var relay = new MeetingNode(key(4), own, new Medium(), queue, network);
    paired(one, relay);
    paired(relay, one);
    return relay;
  }

  private void paired(MeetingNode node, MeetingNode with) {
    var address = List.of(with.id().toString());
    node.recorded(() -> node.peers.pair(with.id(), "node", address, queue.instant()));
  }

  private void relayed(MeetingNode relay) {
    learn(membership.grantRelay(one.id(), relay.key.publicKey(), "relay", List.of(), 9));
  }

  private void learn(MembershipRecord record) {
    membership = membership.with(List.of(SpaceNames.sign(record, one.key)));
    one.recorded(() -> {
      one.recording.putMembership(membership);
      return true;
    });
    one.exchanges.membershipChanged(membership.space());
  }

  @Test
  void whoIsOnlyARelayHasNoSession() {
    var relay = pairedRelay();
    relayed(relay);
    one.exchanges.start();
    relay.exchanges.start();
    quietly();
    assertThat(one.exchanges.connected(relay.id())).isFalse();
    assertThat(relay.exchanges.connected(one.id())).isFalse();
    assertThat(relay.exchanges.lane(one.id()).orElseThrow().lastError())
        .contains(Exchanges.ONLY_RELAY);
  }

  @Test
  void whoBecomesOnlyARelayHasASessionNoMore() {
    var relay = pairedRelay();
    one.exchanges.start();
    relay.exchanges.start();
    until(() -> connected(one, relay));
    relayed(relay);
    assertThat(one.exchanges.connected(relay.id())).isFalse();
    assertThat(one.exchanges.lane(relay.id())).isEmpty();
    quietly();
    assertThat(network.open()).isZero();
    assertThat(relay.exchanges.lane(one.id()).orElseThrow().lastError())
        .contains(Exchanges.ONLY_RELAY);

    learn(membership.grant(one.id(), relay.key.publicKey(), "relay", Role.READER, 10));
    until(() -> connected(one, relay));
    assertThat(one.exchanges.lane(relay.id())).isPresent();
  }

  @Test
  void whoBecomesOnlyARelayDuringACallIsNotConnected() {
    var relay = pairedRelay();
    one.exchanges.start();
    relay.exchanges.start();
    queue.run();
    relayed(relay);
    quietly();
    assertThat(one.exchanges.connected(relay.id())).isFalse();
    assertThat(network.open()).isZero();
  }

  /** Neither is it given blobs nor asked for them, once it is a relay here. */
  @Test
  void whoIsOnlyARelaySharesNoBlobs() {
    var relay = pairedRelay();
    var sharing = new PeerConfiguration().blobPeers(one.peers, one.exchanges);
    assertThat(sharing.peers())
        .extracting(BlobPeer::node)
        .containsExactlyInAnyOrder(two.id(), three.id(), relay.id());
    relayed(relay);
    assertThat(sharing.peers())
        .extracting(BlobPeer::node)
        .containsExactlyInAnyOrder(two.id(), three.id());
  }

  @Test
  void switchedOffLinkStaysOffUntilItIsSwitchedOn() {
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    one.switchLink(two, false);
    quietly();
    assertThat(network.open()).isZero();
    one.write(1);
    quietly();
    assertThat(two.vector()).isEmpty();
    one.switchLink(two, true);
    meet(one, two);
  }

  @Test
  void ofTwoSwitchingsTheLaterCountsAlsoWhereTheFirstIsHeardOfLast() {
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    one.recorded(() -> one.peers.switchLink(two.id(), false));
    one.recorded(() -> one.peers.switchLink(two.id(), true));
    one.exchanges.switched(two.id());
    assertThat(one.exchanges.lane(two.id())).isPresent();
  }

  @Test
  void linkSwitchedOffDuringACallIsNotConnected() {
    one.exchanges.start();
    two.exchanges.start();
    queue.run();
    one.switchLink(two, false);
    quietly();
    assertThat(one.exchanges.connected(two.id())).isFalse();
    assertThat(network.open()).isZero();
  }

  @Test
  void whoseClockMostDisagreeWithIsSuspectUntilItIsRight() {
    three.ahead(Duration.ofHours(1));
    three.write(1);
    nodes.forEach(node -> node.exchanges.start());
    quietly();
    for (var node : nodes) {
      assertThat(node.suspects(three)).isTrue();
      assertThat(node.suspects(one)).isFalse();
      assertThat(node.suspects(two)).isFalse();
    }
    var said = one.vector();
    meetThreeAgain();
    assertThat(one.vector()).isEqualTo(said);

    three.ahead(Duration.ofSeconds(90));
    meetThreeAgain();
    assertThat(one.suspects(three)).as("not yet well below what is tolerated").isTrue();
    three.ahead(Duration.ofSeconds(30));
    meetThreeAgain();
    for (var node : nodes) {
      assertThat(node.suspects(three)).isFalse();
    }
  }

  @Test
  void ofTwoWhoseClocksDifferTheRetiredOneIsSuspect() {
    var end = membership.retirement(one.id(), three.id(), 9);
    var retired = membership.with(List.of(SpaceNames.sign(end, one.key)));
    one.recording.administer(() -> {
      one.recording.putMembership(retired);
      return true;
    });
    three.ahead(Duration.ofHours(1));
    three.write(1);
    one.write(1);
    one.exchanges.start();
    three.exchanges.start();
    meet(one, three);
    quietly();
    for (var node : List.of(one, three)) {
      assertThat(node.suspects(three)).isTrue();
      assertThat(node.suspects(one)).isFalse();
    }
  }

  @Test
  void ofManyLivesThatHaveWrittenNothingItIsSaidWhenTheyDo() {
    three.ahead(Duration.ofHours(1));
    nodes.forEach(node -> node.exchanges.start());
    quietly();
    for (int life = 1; life < ClockWatch.SAID_AT_ONCE; life++) {
      three.reborn();
      meetThreeAgain();
    }
    var said = by(one);
    for (int life = 1; life <= 3; life++) {
      three.reborn();
      meetThreeAgain();
    }
    assertThat(by(one)).isEqualTo(said);

    three.write(1);
    quietly();
    for (var node : nodes) {
      assertThat(node.suspects(three, 1)).isTrue();
    }
  }

  private static Long by(MeetingNode writer) {
    return writer.vector().get(writer.replica());
  }

  private void meetThreeAgain() {
    for (var other : List.of(one, two)) {
      other.switchLink(three, false);
    }
    quietly();
    for (var other : List.of(one, two)) {
      other.switchLink(three, true);
    }
    quietly();
    assertThat(connected(one, three) && connected(two, three)).isTrue();
  }

  @Test
  void thirdGetsThroughTheSecondWhatTheFirstWrote() {
    one.exchanges.start();
    two.exchanges.start();
    three.exchanges.start();
    one.switchLink(three, false);
    three.switchLink(one, false);
    one.write(4);
    meet(one, two);
    meet(two, three);
    until(() -> one.said(three).equals(one.vector()));
  }

  @Test
  void statementsGoRoundOnceAmongNodesThatKnowOneAnother() {
    nodes.clear();
    openNodes(6);
    nodes.forEach(node -> node.exchanges.start());
    until(() ->
        nodes.stream().allMatch(a -> nodes.stream().allMatch(b -> a == b || connected(a, b))));
    quietly();
    int before = network.frames();
    nodes.getFirst().write(1);
    quietly();
    var author = nodes.getFirst();
    assertThat(nodes)
        .allMatch(a ->
            nodes.stream().allMatch(b -> a == b || b == author || a.said(b).equals(a.vector())));
    // 30 directions, each with the entry and the statements of six, some of them made twice
    assertThat(network.frames() - before).isLessThanOrEqualTo(30 * 10);
  }

  @Test
  void copyOfANodeTakesANewIncarnationWhenItMeetsOneThatKnowsMore() {
    one.exchanges.start();
    two.exchanges.start();
    one.write(2);
    meet(one, two);
    var backup = media.getFirst().copy();
    one.write(3);
    meet(one, two);
    one.exchanges.stop();
    quietly();
    var restored = new MeetingNode(key(1), membership, backup, queue, network);
    restored.exchanges.start();
    var before = restored.replica();
    restored.write(1);
    meet(restored, two);
    assertThat(restored.replica()).isNotEqualTo(before);
    // both lives' entries after the second are recorded again
    assertThat(two.vector()).containsEntry(before, 2L).containsEntry(restored.replica(), 4L);
    assertThat(two.vector()).hasSize(4).containsValues(5L, 3L);
  }

  @Test
  void everythingFollowsFromTheSeeds() {
    assertThat(trace()).isEqualTo(trace()).hasSizeGreaterThan(50);
  }

  /** When how many frames had arrived, over cuts. */
  private List<Long> trace() {
    var again = new ExchangesTest();
    again.openNodes();
    again.nodes.forEach(node -> node.exchanges.start());
    var trace = new ArrayList<Long>();
    for (int i = 0; i < 200; i++) {
      again.nodes.get(i % 3).write(1);
      again.queue.advance(Duration.ofMillis(17));
      trace.add((long) again.network.frames());
      if (i % 20 == 19) {
        again.network.cut();
      }
    }
    return trace;
  }

  @Test
  void stoppedNodeSaysFarewellAndIsCalledInVain() {
    one.exchanges.start();
    two.exchanges.start();
    meet(one, two);
    one.exchanges.stop();
    quietly();
    assertThat(network.open()).isZero();
    var lane = two.exchanges.lane(one.id()).orElseThrow();
    assertThat(lane.attempts()).isPositive();
    assertThat(lane.lastError()).contains("the link is switched off");
    assertThat(one.peers.lanes()).containsKeys(two.id(), three.id());
  }
}
