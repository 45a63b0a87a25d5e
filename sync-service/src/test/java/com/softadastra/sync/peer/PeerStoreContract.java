package com.softadastra.sync.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.engine.envelope.Custody;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What each store of peers does, also when the node has been started again. */
abstract class PeerStoreContract {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00.123456Z");

  /** Runs a change as the node does, and returns when it is forced. */
  abstract void change(Consumer<PeerStore> change);

  /** The store of the same node after the power has failed. */
  abstract PeerStore afterPowerFailure();

  private static byte[] bytes(int n, int length) {
    var bytes = new byte[length];
    Arrays.fill(bytes, (byte) n);
    return bytes;
  }

  private static NodeId node(int n) {
    return new NodeId(Hash.of(bytes(n, Hash.BYTES)));
  }

  private static PeerDirectory.Peer peer(int n, String name, String... addresses) {
    return new PeerDirectory.Peer(node(n), name, List.of(addresses), true, NOW, null, null);
  }

  private static <T> void assertSame(Collection<T> actual, List<T> expected) {
    assertThat(actual)
        .usingRecursiveFieldByFieldElementComparator()
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void thereIsNothingAtFirst() {
    var store = afterPowerFailure();
    assertThat(store.peers()).isEmpty();
    assertThat(store.lanes()).isEmpty();
    assertThat(store.custody()).isEmpty();
    assertThat(store.duties()).isEmpty();
  }

  @Test
  void aPeerIsKnownAsItWasPutLast() {
    var longest = "x".repeat(500);
    var many = peer(2, "é".repeat(256), Collections.nCopies(8, longest).toArray(String[]::new));
    var seen = peer(1, "shop", "a:1").seen(NOW.plusSeconds(5), -3_000_000_000L).switchedLink(false);
    change(store -> {
      store.put(peer(1, "store", "a:1", "b:2"));
      store.put(many);
    });
    change(store -> store.put(seen));
    assertSame(afterPowerFailure().peers(), List.of(seen, many));
  }

  @Test
  void aLaneComesBackWaitingAndOthersAreLeft() {
    var failed = new Lane.Status(Lane.State.WAITING, 7, NOW, "e".repeat(1024));
    change(store -> {
      store.put(peer(1, "one"));
      store.put(peer(2, "two"));
      store.putLanes(Map.of(node(1), failed, node(2), Lane.Status.NEW));
    });
    change(store ->
        store.putLanes(Map.of(node(2), new Lane.Status(Lane.State.CONNECTED, 0, null, null))));
    assertThat(afterPowerFailure().lanes())
        .containsExactly(
            Map.entry(node(1), new Lane.Status(Lane.State.WAITING, 7, null, "e".repeat(1024))),
            Map.entry(node(2), new Lane.Status(Lane.State.WAITING, 0, null, null)));
  }

  private static CustodyMark mark(int space, int to, int relay, long upTo) {
    return new CustodyMark(
        new CustodyMark.Way(new SpaceId(Hash.of(bytes(space, Hash.BYTES))), node(to), node(relay)),
        Incarnation.of(bytes(upTo == 0 ? 1 : 2, Incarnation.BYTES)),
        upTo == 0 ? null : Incarnation.of(bytes(3, Incarnation.BYTES)),
        bytes(4, 32),
        upTo,
        NOW.plus(Duration.ofMillis(upTo)),
        new Custody.Signed(bytes(5, 200), bytes(6, 64)));
  }

  @Test
  void oneMarkIsKeptForEachWay() {
    change(store -> {
      store.putCustody(mark(1, 1, 3, 10));
      store.putCustody(mark(2, 1, 3, 20));
      store.putCustody(mark(1, 2, 3, 30));
      store.putCustody(mark(1, 1, 4, 40));
    });
    change(store -> store.putCustody(mark(1, 1, 3, 0)));
    assertSame(
        afterPowerFailure().custody(),
        List.of(mark(1, 1, 3, 0), mark(2, 1, 3, 20), mark(1, 2, 3, 30), mark(1, 1, 4, 40)));
  }

  private static RelayDuty duty(int pseudonym, int key) {
    return new RelayDuty(Hash.of(bytes(pseudonym, Hash.BYTES)), bytes(key, 32));
  }

  @Test
  void ofADutyTheKeyCountsThatWasPutLast() {
    change(store -> {
      store.putDuty(duty(1, 1));
      store.putDuty(duty(2, 2));
    });
    change(store -> store.putDuty(duty(1, 3)));
    assertSame(afterPowerFailure().duties(), List.of(duty(1, 3), duty(2, 2)));
  }
}
