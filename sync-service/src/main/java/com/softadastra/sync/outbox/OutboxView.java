package com.softadastra.sync.outbox;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.Storage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The outbox as an operator sees it. */
public final class OutboxView {
  private final Storage storage;
  private final Outbox outbox;
  private final Peering peering;
  private final SpaceNames names;

  /**
   * The way to one member in one space.
   *
   * @param entries that the member is not known to have
   * @param lowWater up to which position of this node's log it is known to have everything
   */
  public record LaneView(
      NodeId node,
      String name,
      String space,
      PeerView.State state,
      long entries,
      long bytes,
      @Nullable Instant oldest,
      @Nullable Instant nextAttempt,
      @Nullable String lastError,
      long lowWater) {}

  public OutboxView(Storage storage, Outbox outbox, Peering peering, SpaceNames names) {
    this.storage = storage;
    this.outbox = outbox;
    this.peering = peering;
    this.names = names;
  }

  public List<LaneView> lanes() {
    var lanes = new ArrayList<LaneView>();
    for (var peer : peering.peers()) {
      for (var space : names.all().entrySet()) {
        var view = storage.recording().view(space.getValue());
        if (view.isEmpty() || !view.get().membership().isActive(peer.node())) {
          continue;
        }
        var owed = outbox.owed(space.getValue(), peer.node());
        lanes.add(
            new LaneView(
                peer.node(),
                peer.name(),
                space.getKey(),
                peer.state(),
                owed.entries(),
                owed.bytes(),
                owed.oldest(),
                peer.nextAttempt(),
                peer.lastError(),
                owed.lowWater()));
      }
    }
    return lanes;
  }
}
