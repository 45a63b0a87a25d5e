package com.softadastra.sync.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class InMemoryPeerStoreTest extends PeerStoreContract {
  private final InMemoryPeerStore store = new InMemoryPeerStore();

  @Override
  void change(Consumer<PeerStore> change) {
    change.accept(store);
    store.forced();
  }

  @Override
  PeerStore afterPowerFailure() {
    store.powerFails();
    return store;
  }

  @Test
  void whatWasNotForcedIsLostWithThePower() {
    var peer =
        new PeerDirectory.Peer(
            new NodeId(Hash.ZERO), "shop", List.of(), true, Instant.EPOCH, null, null);
    store.put(peer);
    assertThat(store.isUnforced()).isTrue();
    assertThat(store.peers()).containsExactly(peer);
    assertThat(afterPowerFailure().peers()).isEmpty();
    assertThat(store.isUnforced()).isFalse();
  }
}
