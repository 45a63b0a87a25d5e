package com.softadastra.sync.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.Machine;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.RecordingSettings;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is known of a peer is shown when it is forced. */
class PeerDirectoryTest {
  private static final NodeKey PEER = key(2);

  private final InMemoryJournal.Medium medium = new InMemoryJournal.Medium();
  private final Recording recording =
      Recording.open(
          new InMemoryJournal(medium),
          key(1),
          new Birth(Incarnation.of(new byte[Incarnation.BYTES]), 0),
          RecordingSettings.DEFAULT,
          new Machine(
              InstantSource.system(),
              new Random(1),
              () -> Long.MAX_VALUE,
              Runnable::run,
              (file, cause) -> {
                throw new IllegalStateException(file, cause);
              }));
  private final PeerDirectory peers = new PeerDirectory(recording, new InMemoryPeerStore());

  private static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  private List<String> shown() {
    return peers.find(PEER.nodeId()).map(PeerDirectory.Peer::addresses).orElse(List.of());
  }

  @Test
  void whatIsNotForcedIsNotShown() {
    var before = new ArrayList<List<String>>();
    medium.faults(() -> {}, () -> before.add(shown()));

    var paired =
        recording.administer(() -> peers.pair(PEER.nodeId(), "peer", List.of("a"), Instant.EPOCH));
    recording.recordNext();
    assertThat(paired).isCompleted();
    assertThat(shown()).containsExactly("a");

    peers.seen(PEER.nodeId(), "peer", List.of("b"), Instant.EPOCH, 0);
    recording.recordNext();
    assertThat(shown()).containsExactly("b", "a");
    assertThat(before).containsExactly(List.of(), List.of("a"));
  }

  @Test
  void whatIsChangedTwiceBeforeAForceKeepsBoth() {
    var paired =
        recording.administer(() -> {
          peers.pair(PEER.nodeId(), "peer", List.of("a"), Instant.EPOCH);
          peers.switchLink(PEER.nodeId(), false);
          return peers.pair(PEER.nodeId(), "peer", List.of("b"), Instant.EPOCH);
        });
    recording.recordNext();
    assertThat(paired).isCompleted();
    assertThat(shown()).containsExactly("b", "a");
    assertThat(peers.get(PEER.nodeId()).linkOn()).isFalse();
  }
}
