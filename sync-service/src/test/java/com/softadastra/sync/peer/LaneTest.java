package com.softadastra.sync.peer;

import static com.softadastra.sync.peer.Channel.End.cut;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.sync.peer.Lane.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LaneTest {
  private static final NodeId PEER = new NodeId(Hash.sha256(new byte[] {1}));
  private static final Duration BASE = Duration.ofMillis(500);
  private static final Duration CAP = Duration.ofSeconds(30);

  private final EventQueue queue = new EventQueue();
  private final List<Lane.Outcome> calls = new ArrayList<>();

  @Test
  void waitsLongerEachTimeAndNeverBeyondTheCap() {
    var lane = started(calls::add, 7);
    for (int attempt = 0; attempt < 40; attempt++) {
      assertThat(calls).hasSize(attempt + 1);
      calls.getLast().ended(cut("no"));
      queue.run();
      long bound = Math.min(CAP.toMillis(), BASE.toMillis() << Math.min(attempt, 20));
      assertThat(lane.status().state()).isEqualTo(State.WAITING);
      assertThat(lane.status().attempts()).isEqualTo(attempt + 1);
      assertThat(waiting(lane)).isBetween(Duration.ZERO, Duration.ofMillis(bound));
      queue.advance(waiting(lane));
    }
  }

  @Test
  void waitsFollowFromTheSeed() {
    assertThat(waits(7)).isEqualTo(waits(7)).isNotEqualTo(waits(8));
    assertThat(waits(7)).anyMatch(wait -> wait.compareTo(BASE) > 0);
  }

  @Test
  void callThatThrowsIsOneThatFailed() {
    var lane =
        started(
            outcome -> {
              calls.add(outcome);
              throw new PeerUnreachable("no address of it is known", null);
            },
            7);
    assertThat(lane.status().state()).isEqualTo(State.WAITING);
    assertThat(lane.status().lastError()).isEqualTo("peer unreachable: no address of it is known");
    queue.advance(Duration.ofMinutes(5));
    assertThat(calls).hasSizeGreaterThan(10);
  }

  @Test
  void keepsTheBeginningOfALongError() {
    var lane = started(calls::add, 7);
    calls.getLast().ended(cut("no".repeat(1000)));
    queue.run();
    assertThat(lane.status().lastError()).isEqualTo("no".repeat(512));
  }

  @Test
  void callsAgainAMomentAfterASession() {
    var lane = started(calls::add, 7);
    for (int i = 0; i < 8; i++) {
      calls.getLast().ended(cut("no"));
      queue.advance(CAP);
    }
    calls.getLast().connected();
    queue.advance(Duration.ofHours(1));
    assertThat(lane.status()).isEqualTo(new Lane.Status(State.CONNECTED, 0, null, null));
    calls.getLast().ended(cut("cut"));
    queue.run();
    assertThat(waiting(lane)).isEqualTo(Duration.ofMillis(50));
    assertThat(lane.status().lastError()).isEqualTo("cut");
    queue.advance(Duration.ofMillis(50));
    calls.getLast().ended(cut("no"));
    queue.run();
    assertThat(waiting(lane)).as("backoff starts over").isLessThanOrEqualTo(BASE);
  }

  @Test
  void waitsLongerEachTimeASessionWasSoonEndedOnPurpose() {
    var lane = started(calls::add, 7);
    assertThat(waitsAfterSessions(lane, Duration.ofSeconds(59), 12))
        .anyMatch(wait -> wait.compareTo(BASE.multipliedBy(8)) > 0);
    calls.getLast().connected();
    calls.getLast().ended(cut("cut"));
    queue.run();
    assertThat(waiting(lane)).as("one that was cut").isEqualTo(Duration.ofMillis(50));
  }

  @Test
  void callsAgainAMomentAfterALongSession() {
    var lane = started(calls::add, 7);
    assertThat(waitsAfterSessions(lane, Duration.ofMinutes(1), 3))
        .containsOnly(Duration.ofMillis(50));
  }

  private List<Duration> waitsAfterSessions(Lane lane, Duration lasting, int count) {
    var waits = new ArrayList<Duration>();
    for (int i = 0; i < count; i++) {
      calls.getLast().connected();
      queue.advance(lasting);
      calls.getLast().ended(new Channel.End("a broken entry", true));
      queue.run();
      waits.add(waiting(lane));
      queue.advance(waiting(lane));
    }
    return waits;
  }

  @Test
  void callsAtOnceWhenWokenWhileItWaits() {
    var lane = started(calls::add, 7);
    calls.getLast().ended(cut("no"));
    queue.run();
    assertThat(waiting(lane)).isPositive();
    lane.wake();
    queue.run();
    assertThat(calls).hasSize(2);
    assertThat(lane.status().state()).isEqualTo(State.CALLING);
    queue.advance(Duration.ofHours(1));
    assertThat(calls).as("the wait that was cut short is over").hasSize(2);
    assertThat(queue.size()).isZero();
  }

  @Test
  void callsAtOnceAfterACallDuringWhichItWasWoken() {
    var lane = started(calls::add, 7);
    lane.wake();
    calls.getLast().ended(cut("no"));
    queue.run();
    assertThat(calls).hasSize(2);
    calls.getLast().ended(cut("no"));
    queue.run();
    assertThat(calls).as("once").hasSize(2);
  }

  @Test
  void hearsNothingOfEarlierCalls() {
    var lane = started(calls::add, 7);
    calls.getFirst().ended(cut("no"));
    lane.wake();
    queue.run();
    calls.getFirst().connected();
    calls.getFirst().ended(cut("again"));
    queue.run();
    assertThat(lane.status()).isEqualTo(new Lane.Status(State.CALLING, 1, null, "no"));
  }

  @Test
  void staysStopped() {
    for (boolean waiting : new boolean[] {true, false}) {
      calls.clear();
      var lane = started(calls::add, 7);
      if (waiting) {
        calls.getLast().ended(cut("no"));
      }
      lane.stop();
      lane.wake();
      calls.getFirst().connected();
      calls.getFirst().ended(cut("no"));
      queue.advance(Duration.ofHours(1));
      assertThat(lane.status().state()).isEqualTo(State.STOPPED);
      assertThat(calls).hasSize(1);
      assertThat(queue.size()).isZero();
    }
  }

  private Lane started(Lane.Call call, long seed) {
    var random = new SplittableRandom(seed);
    var lane =
        new Lane(
            PEER,
            Lane.Status.NEW,
            new FullJitter(BASE, CAP, random),
            new Surroundings(queue, queue, random),
            call);
    lane.start();
    queue.run();
    return lane;
  }

  private Duration waiting(Lane lane) {
    return Duration.between(queue.instant(), lane.status().nextAttempt());
  }

  private static List<Duration> waits(long seed) {
    var jitter = new FullJitter(BASE, CAP, new SplittableRandom(seed));
    var waits = new ArrayList<Duration>();
    for (int i = 0; i < 10; i++) {
      waits.add(jitter.next());
    }
    return waits;
  }
}
