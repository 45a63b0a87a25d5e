package com.softadastra.engine.session;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What a session needs of the node it runs on. Everything that it shows is forced to disk. The
 * stages that it returns complete in a step of the session's own, never beside another call of it.
 */
public interface SessionHost {
  /** How this node introduces itself now. */
  Frame.Hello hello(NodeId peer);

  /** A peer has introduced itself. */
  void met(Frame.Hello peer);

  /** The membership of a space that this node has and the peer belongs to. */
  Optional<Membership> membership(SpaceId space, NodeId peer);

  /**
   * Takes in membership records; completes when they are recorded, or refuses those that don't
   * hold.
   */
  CompletionStage<?> learn(SpaceId space, List<SignedRecord> records);

  Map<Replica, ChainHead> chains(SpaceId space);

  /** The hash of an entry; empty where it is not recorded here, or no longer under that name. */
  Optional<Hash> hash(SpaceId space, Replica chain, long sequence);

  /** Where the log has an entry; empty as for {@link #hash}. */
  Optional<Long> position(SpaceId space, Replica chain, long sequence);

  /**
   * Entries of the space after a position, in the order of the log, in general ending where all are
   * signed or followed by what is.
   *
   * @return empty where there are none yet
   */
  List<LoggedEntry> entries(SpaceId space, long after, int bytes);

  /** How urgent what the space's log has is. */
  Urgency urgency(SpaceId space);

  /** The position up to which everything is forced. */
  long durable();

  /** Of this node and of each member that it has heard of, which statement is the latest here. */
  Map<NodeId, Statement.Age> heard(SpaceId space);

  /** A member's latest statement, or this node's own; empty where there is none. */
  Optional<Statement.Signed> statement(SpaceId space, NodeId member);

  /** Takes in statements that are genuine and later than those known. */
  void note(SpaceId space, List<Statement.Signed> statements, NodeId via);

  /**
   * Stores what is genuine of a batch; completes when it is forced, with the refused replicas and
   * reasons.
   */
  CompletionStage<Map<Replica, String>> store(SpaceId space, Checked batch, NodeId from);

  /**
   * Another node has entries of this node's own present incarnation that it doesn't know itself, or
   * others under the same numbers: its storage was restored or copied. Takes a new incarnation;
   * completes when that is recorded.
   */
  CompletionStage<?> forked(SpaceId space, Replica replica);

  /** A peer refuses entries of a replica. */
  void refusedBy(NodeId peer, SpaceId space, Replica replica, String reason);
}
