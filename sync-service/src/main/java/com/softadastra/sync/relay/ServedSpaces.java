package com.softadastra.sync.relay;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The spaces that a relay serves, and this node is a member of, as they stand when they are asked
 * for.
 */
record ServedSpaces(Recording recording, NodeId relay, NodeId self) {
  Stream<SpaceView> views() {
    return recording.views().values().stream()
        .filter(view ->
            view.membership().relay(relay).isPresent()
                && view.membership().member(self).isPresent());
  }

  Optional<SpaceView> find(Hash pseudonym) {
    return views()
        .filter(view -> Envelope.pseudonym(view.membership().space()).equals(pseudonym))
        .findFirst();
  }

  /** The relay's own key. */
  Optional<byte[]> key() {
    return views()
        .flatMap(view -> view.membership().relay(relay).stream())
        .findFirst()
        .map(Membership.Relay::key);
  }

  /** The last position of a space's log; 0 where nothing is in it. */
  static long last(SpaceView view) {
    return view.chains().values().stream().mapToLong(ChainHead::position).max().orElse(0);
  }
}
