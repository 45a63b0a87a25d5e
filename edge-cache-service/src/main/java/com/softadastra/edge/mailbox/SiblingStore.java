package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;

/**
 * What is known of other relays, on the disk of the mailboxes: so that mail is passed on after a
 * restart with no member there. Losing it costs a wait until a member says it again.
 */
public interface SiblingStore {
  /** The other relays of a space, in place of those that were named before. */
  void name(Named named);

  /** All that were named, as of the last force. */
  List<Named> named();

  /** Where nodes come to, each in place of what was known of the same way. */
  void comes(List<Coming> comings);

  /** Forgets where nodes come to as a relay has said. */
  void forget(NodeId relay);

  /** All that come, as of the last force. */
  List<Coming> comings();

  /**
   * The other relays of a space, all of them, as a member has said.
   *
   * @param passage with which this relay arrives at them
   * @param records of the membership that the member knew
   * @param until how long that stands against a member that knows less
   */
  record Named(
      Hash pseudonym, byte[] passage, long records, Instant until, List<Sibling> siblings) {
    public Named {
      siblings = List.copyOf(siblings);
    }
  }

  /** A relay, and where it can be reached. */
  record Sibling(byte[] key, List<String> addresses) {
    public Sibling {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * A member of a space comes to this relay, or to another one.
   *
   * @param by the relay that says so; the node itself where it comes here
   * @param hops relays between
   * @param until how long that counts
   */
  record Coming(NodeId by, Hash pseudonym, NodeId node, int hops, Instant until) {}
}
