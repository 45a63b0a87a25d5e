package com.softadastra.engine.session;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What a session needs of the node it runs on. Everything that it shows is forced to disk. The
 * stages that it returns complete in a step of the session's own, never beside another call of it.
 */
public interface SessionHost {
  /** How this node introduces itself now. */
  Frame.Hello hello(NodeId peer);

  /** A peer has introduced itself. */
  void met(Frame.Hello peer);

  /** The peer, a member of the space, has told what it has; comes after its hello. */
  void summarised(SpaceId space, List<Frame.Summary.Known> chains);

  /** The membership of a space that this node has and the peer belongs to. */
  Optional<Membership> membership(SpaceId space, NodeId peer);

  /**
   * Takes in membership records; completes when they are recorded, or refuses those that don't
   * hold.
   */
  CompletionStage<?> learn(SpaceId space, List<SignedRecord> records);

  Map<Replica, ChainHead> chains(SpaceId space);

  /**
   * The hash of an entry; empty where it is not recorded here, or no longer under that name, or
   * can't be told.
   */
  Optional<Hash> hash(SpaceId space, Replica chain, long sequence);

  /**
   * Whether that entry is recorded here. Of one that can't be read, and whose hash can't be told
   * either, it is believed.
   */
  default boolean has(SpaceId space, Replica chain, long sequence, Hash hash) {
    return hash(space, chain, sequence).filter(hash::equals).isPresent();
  }

  /** Where the log has an entry; empty as for {@link #hash}. */
  Optional<Long> position(SpaceId space, Replica chain, long sequence);

  /**
   * Entries of the space after a position, in the order of the log, in general ending where all are
   * signed or followed by what is.
   *
   * @param leftOut the positions of what is known to be unreadable
   * @return no list where another of them can't be read
   */
  Optional<List<LoggedEntry>> entries(SpaceId space, long after, int bytes, Set<Long> leftOut);

  /** The entries that are recorded here and can't be read, until they are mended. */
  List<Unreadable> unreadable(SpaceId space);

  /**
   * An entry that is recorded and can't be read.
   *
   * @param position where the log has it
   * @param hash null where what follows on it can't be read either
   */
  record Unreadable(long position, Replica chain, long sequence, @Nullable Hash hash) {}

  /** An entry, for a peer that can't read its own; empty where this node can't either. */
  Optional<LoggedEntry> entry(SpaceId space, Replica chain, long sequence);

  /** How many entries were mended since this node was started. */
  default long mended() {
    return 0;
  }

  /** Mends what can't be read, with entries that a peer sent; completes when that is forced. */
  CompletionStage<?> mend(SpaceId space, List<Offered> entries, NodeId from);

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
