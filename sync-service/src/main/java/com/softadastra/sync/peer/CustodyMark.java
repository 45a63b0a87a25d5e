package com.softadastra.sync.peer;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.envelope.Custody;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Up to where a relay has what a member lacks of a space, in envelopes.
 *
 * @param self as which this node wrote when it brought it: what another life has may be less
 * @param life as which the member had said what it has, when this was reckoned from it; null where
 *     it hadn't
 * @param mailboxes the key by which the relay has signed for it
 * @param upTo position in this node's log; 0 where nothing is there any more
 * @param at when the relay signed last, by its clock
 * @param receipt for the last envelope
 */
public record CustodyMark(
    Way way,
    Incarnation self,
    @Nullable Incarnation life,
    byte[] mailboxes,
    long upTo,
    Instant at,
    Custody.Signed receipt) {
  /** From here to a member by a relay. */
  public record Way(SpaceId space, NodeId to, NodeId relay) {}

  /** The same when nothing of it is there any more. */
  public CustodyMark emptied() {
    return new CustodyMark(way, self, life, mailboxes, 0, at, receipt);
  }
}
