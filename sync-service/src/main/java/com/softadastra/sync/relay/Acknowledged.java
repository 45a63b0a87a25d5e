package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.Membership;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many of a member's own entries the others of its space say to have. It is asked of every
 * member after each force, so it counts on: what they say is looked at where some of it is new, and
 * of that alone each chain.
 *
 * <p>Any thread may use it.
 */
final class Acknowledged {
  private final LongSupplier changes;
  private final Function<NodeId, @Nullable Statement> said;

  // guarded by this
  private long counted = -1;
  private @Nullable Membership membership;
  private final Map<NodeId, Statement> statements = new HashMap<>();
  private final Map<Replica, Long> entries = new HashMap<>();

  /**
   * @param changes grows when a member has said something
   * @param said what a member said last
   */
  Acknowledged(LongSupplier changes, Function<NodeId, @Nullable Statement> said) {
    this.changes = changes;
    this.said = said;
  }

  /** Of a member's chain as which it writes now, what each other one has; 0 where it said none. */
  synchronized long of(Membership now, NodeId member) {
    // first: what comes while it counts is counted again
    long change = changes.getAsLong();
    if (now != membership) {
      membership = now;
      statements.clear();
      entries.clear();
      counted = -1;
    }
    if (change != counted) {
      now.members().forEach(each -> count(each.node()));
      counted = change;
    }
    var own = statements.get(member);
    return own == null ? 0 : entries.getOrDefault(own.by(), 0L);
  }

  private void count(NodeId node) {
    var latest = said.apply(node);
    var before = latest == null ? null : statements.put(node, latest);
    if (latest != null && latest != before) {
      add(latest, 1);
      if (before != null) {
        add(before, -1);
      }
    }
  }

  private void add(Statement statement, long sign) {
    statement
        .vector()
        .forEach((chain, sequence) -> {
          if (!chain.equals(statement.by())) {
            entries.merge(chain, sign * sequence, Long::sum);
          }
        });
  }
}
