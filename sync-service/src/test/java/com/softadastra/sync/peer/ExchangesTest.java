package com.softadastra.sync.peer;

import static com.softadastra.sync.peer.ScriptedHost.key;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import com.softadastra.sync.time.EventQueue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole nodes meet in one thread, on a clock that goes on when it is told to. */
class ExchangesTest {
  private static final Duration STEP = Duration.ofMillis(10);

  private final EventQueue queue = new EventQueue();
  private final MemoryNetwork network = new MemoryNetwork(queue);
  private final List<MeetingNode> nodes = new ArrayList<>();
  private MeetingNode one;
  private MeetingNode two;
  private MeetingNode three;

  @BeforeEach
  void openNodes() {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var membership = new Membership(List.of(SpaceNames.sign(create, key(1))));
    for (int n = 2; n <= 3; n++) {
      var grant = membership.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      membership = membership.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    for (int n = 1; n <= 3; n++) {
      nodes.add(new MeetingNode(key(n), membership, new Medium(), queue, network));
    }
    one = nodes.get(0);
    two = nodes.get(1);
    three = nodes.get(2);
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
  void thirdGetsThroughTheSecondWhatTheFirstWrote() {
    one.exchanges.start();
    two.exchanges.start();
    three.exchanges.start();
    one.switchLink(three, false);
    three.switchLink(one, false);
    one.write(4);
    meet(one, two);
    meet(two, three);
    until(() -> one.said(three).equals(one.vector()) && three.said(one).equals(one.vector()));
  }

  @Test
  void threeThatKnowOneAnotherFallSilent() {
    nodes.forEach(node -> node.exchanges.start());
    one.write(3);
    until(() ->
        nodes.stream()
            .allMatch(a ->
                nodes.stream()
                    .allMatch(b -> a == b || (connected(a, b) && a.said(b).equals(one.vector())))));
    quietly();
    int frames = network.frames();
    quietly();
    assertThat(network.frames()).isEqualTo(frames);
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
    assertThat(lane.lastError()).isEqualTo("peer unreachable: the link is switched off");
    assertThat(one.peers.lanes()).containsKeys(two.id(), three.id());
  }
}
