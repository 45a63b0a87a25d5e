package com.softadastra.engine.space;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.ConflictView.Turn;
import java.util.Collection;
import java.util.Comparator;

/**
 * Which node lets the application's function decide an open conflict. One at a time is enough, so
 * one goes first and others wait; more than one does no harm, since all nodes take the same of
 * their results.
 */
public final class ResolverTurn {
  /** The label of members that decide first. */
  public static final String LABEL = "resolver";

  private ResolverTurn() {}

  /**
   * A node's turn.
   *
   * @param authors of the conflict's sides
   */
  public static Turn of(NodeId node, Membership membership, Collection<NodeId> authors) {
    var self = membership.member(node).filter(member -> member.role().writes());
    if (self.isEmpty()) {
      return Turn.OTHERS;
    }
    var first =
        membership.active().stream()
            .filter(member -> member.role().writes() && member.labels().contains(LABEL))
            .map(Membership.Member::node)
            .min(Comparator.naturalOrder());
    if (first.isPresent() && first.get().equals(node)) {
      return Turn.FIRST;
    }
    if (self.get().labels().contains(LABEL)) {
      return Turn.NEXT;
    }
    if (!authors.contains(node)) {
      return Turn.OTHERS;
    }
    return first.isPresent() ? Turn.LAST : Turn.NEXT;
  }
}
