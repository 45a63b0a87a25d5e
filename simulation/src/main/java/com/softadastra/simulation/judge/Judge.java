package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.session.Frame;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.relay.CustodyBook;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Recording;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Watches the nodes of a world, and says when one breaks an invariant. What is told by a method
 * with a body need not matter to it.
 */
public interface Judge {
  /** The first that was found, null where none was. */
  @Nullable Violation violation();

  /** The first violation stays. */
  void broken(Invariant invariant, String what);

  /** There is a node, by a number and a name. */
  void isNode(int place, String name, NodeId id);

  /**
   * The node's disk is another from now on.
   *
   * @param tells whether the node can tell by itself that it is
   */
  default void otherDisk(int place, boolean tells) {}

  /** A node said at its start that it can't go on with what is damaged. */
  default void refusedDamage() {}

  /** The node is a copy of another that can tell by itself that it is one. */
  default void tells(int place) {}

  /** The node and its disk are no more: a copy of a machine that another node is. */
  default void isGone(int place) {}

  /** A process of the node has opened the storage. */
  void started(int place, Journal journal, Recording recording);

  /** The node's process has ended. */
  void stopped(int place);

  /** An entry that nobody may ever take in. */
  default void isForged(Hash hash) {}

  /** An entry that an author signed outside of its node. */
  default void isGenuine(Hash hash) {}

  /** What that node writes in a space may have no effect. */
  default void mayNotWrite(SpaceId space, NodeId node) {}

  /** A space was created, by its first member. */
  default void isCreated(SpaceId space, NodeId creator) {}

  /**
   * A grant makes its subject a member, with these labels.
   *
   * @param number from which on entries count it as one; 0 where its issuer can't number grants
   */
  default void isGranted(Hash grant, NodeId subject, long number, long clock, List<String> given) {}

  /** A grant makes its subject a relay. */
  default void isRelay(Hash grant, NodeId subject, long number, long clock) {}

  /** A record says that nobody counts on a member any more, or that a relay is none. */
  default void isRetired(Hash retirement, NodeId subject, long number, long clock) {}

  /** Reads may fail, so what goes first can depend on what can be read. */
  default void readsFail() {}

  /** A node has recorded something. */
  void recorded(int place);

  /**
   * A node has committed, and is about to force that: whoever reads now, and a session that sends,
   * may see nothing of it, as it is lost if the power fails.
   */
  default void forces(int place) {}

  /** A node has forced what it has committed, and tells all who wait for that. */
  default void forced(int place) {}

  /**
   * A node has answered an intent.
   *
   * @param forced whether all that the node has committed is forced
   */
  default void answered(
      int place, SpaceId space, IntentRequest request, Recording.Outcome outcome, boolean forced) {}

  /**
   * A node has answered somebody who drops a dead letter, or writes in its place.
   *
   * @param by the entry that does
   */
  default void settled(
      int place, Hash letter, Settlement settlement, @Nullable String actor, LoggedEntry by) {}

  /** A frame of a peer has come to a node. */
  void received(int place, NodeId peer, Object connection, Frame frame);

  /** A node sends a frame. */
  void sent(int place, Object connection, Frame frame);

  /**
   * A node has put frames into an envelope.
   *
   * @return the entries of the space that it has now
   */
  default Set<Hash> sealed(int place, SpaceId space, List<Frame> frames) {
    return Set.of();
  }

  /** Everything that one node had then has come to another, as it was sent and in that order. */
  default void brought(int place, SpaceId space, Set<Hash> had) {}

  /** A process knows of relays. */
  default void keepsCustody(int place, RelayDirectory relays, CustodyBook custody) {}

  /** A node gives the relay an envelope for a member. */
  default void given(int place, SpaceId space, NodeId to, byte[] id, List<Frame> frames) {}

  /**
   * The relay signs for an envelope.
   *
   * @param there whether it is on its disk
   */
  default void signed(int relay, byte[] id, boolean there) {}

  /** Of what a relay had on its disk one envelope is there no more. */
  default void isLost(UUID id) {}

  /**
   * A relay says to another that it has an envelope.
   *
   * @param there whether it is on its disk, for a node
   */
  default void holds(int relay, byte[] id, Predicate<NodeId> there) {}

  /** Another relay has heard that one has an envelope. */
  default void isHeld(int relay, byte[] id) {}

  /** A relay is passed an envelope. */
  default void passes(int relay, byte[] id) {}

  /** All the mailboxes of a relay are lost. */
  default void areLost(int relay) {}

  /**
   * A relay's process has ended.
   *
   * @param there whether an envelope is on its disk
   */
  default void relayEnded(int relay, BiPredicate<NodeId, byte[]> there) {}

  /** A relay says to another that an envelope's destination has it. */
  default void gone(byte[] id) {}

  /**
   * A node says to the relay that it has what is in an envelope, as far as it can.
   *
   * @param nothingIsLost whether it has to take in what it has everything for
   */
  default void fetches(int place, byte[] id, boolean nothingIsLost) {}

  /** The relay has been told so. */
  default void fetched(byte[] id) {}

  /**
   * What keeps the nodes from being the same, where they are not yet.
   *
   * @param places of the nodes that should be
   */
  @Nullable String apart(Collection<Integer> places);

  /**
   * Every acknowledged intent has effect, once, at each of these nodes, and says what was asked;
   * but for one that took of a share that lived twice, which is void and says why.
   */
  void kept(Collection<Integer> places);

  /** How many intents were acknowledged that it knows of. */
  default int promised() {
    return 0;
  }
}
