package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The ways by relays, where there is no connection. */
public interface Routes {
  /** A node's lane as a relay; null where it is none for this node. */
  @Nullable Standing relay(NodeId node);

  /** The relays that keep something for a member. */
  List<NodeId> keepingFor(NodeId member);

  /** The relays to which a member was connected when they were last heard. */
  List<NodeId> inReach(NodeId member);

  /**
   * How the way to a relay stands.
   *
   * @param problem what of this node's mail there can't be taken in; null where all can
   */
  record Standing(boolean connected, Lane.Status lane, @Nullable String problem) {}
}
