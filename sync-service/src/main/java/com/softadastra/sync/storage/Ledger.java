package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What each member of a space last said to have on its disk, as it signed it. Shows only statements
 * that are forced here; any thread may ask, the recording thread writes.
 */
public final class Ledger {
  private record Key(SpaceId space, NodeId node) {}

  private final Map<Key, Known> statements = new ConcurrentHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong changes = new AtomicLong();

  /**
   * A statement that holds. Its bytes are made anew where they are asked for: a space of n members
   * has n of n replicas each.
   *
   * @param via the node that passed it on; null where its maker told us itself
   */
  public record Known(Statement statement, byte[] signature, @Nullable NodeId via) {
    public Statement.Signed signed() {
      return statement.signed(signature);
    }

    private Key key() {
      return new Key(statement.space(), statement.by().node());
    }
  }

  Ledger() {}

  /** Called when more is known, or of other entries. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  public Optional<Known> by(SpaceId space, NodeId node) {
    return Optional.ofNullable(statements.get(new Key(space, node)));
  }

  /** Grows with each time that more is known; read before what it is about. */
  public long changes() {
    return changes.get();
  }

  public boolean covers(SpaceId space, NodeId node, Dot dot) {
    var known = statements.get(new Key(space, node));
    return known != null && known.statement().covers(dot);
  }

  /** Whether a member is known to have an entry: in its present life it wrote it, or says so. */
  public boolean has(SpaceId space, NodeId member, Dot dot) {
    var known = statements.get(new Key(space, member));
    boolean wrote = dot.replica().node().equals(member);
    return known == null
        ? wrote
        : known.statement().covers(dot) || known.statement().by().equals(dot.replica());
  }

  /** Whether this one would tell something new. */
  public boolean isNews(Statement statement) {
    var known = statements.get(new Key(statement.space(), statement.by().node()));
    return known == null || statement.laterThan(known.statement());
  }

  /** Whether some active member other than this node isn't known to have an entry. */
  boolean owed(Membership membership, NodeId self, Dot dot) {
    for (var member : membership.active()) {
      if (!member.node().equals(self) && !has(membership.space(), member.node(), dot)) {
        return true;
      }
    }
    return false;
  }

  /** Whether no active member other than this node is known to have an entry. */
  public boolean isAlone(Membership membership, NodeId self, Dot dot) {
    return membership.active().stream()
        .noneMatch(
            member -> !member.node().equals(self) && has(membership.space(), member.node(), dot));
  }

  /**
   * Whether a member says to have less than it was known to have: it was restored.
   *
   * @param chains of the space, as they are here
   */
  boolean fallsBack(Statement statement, Map<Replica, ChainHead> chains) {
    var before = by(statement.space(), statement.by().node()).map(Known::statement).orElse(null);
    if (before != null
        && before.vector().entrySet().stream()
            .anyMatch(chain -> lacks(statement, chain.getKey(), chain.getValue()))) {
      return true;
    }
    // what it wrote in an earlier life it had then
    return (before == null || !before.by().equals(statement.by()))
        && chains.entrySet().stream()
            .anyMatch(chain ->
                chain.getKey().node().equals(statement.by().node())
                    && !chain.getKey().equals(statement.by())
                    && lacks(statement, chain.getKey(), chain.getValue().sequence()));
  }

  /**
   * What of a chain a member that falls back may have lost.
   *
   * @param after the sequence up to which it says to have it
   * @param until the last that it was known to have
   */
  record Lost(long after, long until) {
    boolean covers(long sequence) {
      return after < sequence && sequence <= until;
    }
  }

  /**
   * What of a chain a member has lost. Of a branch it had what it was known to have of the chain
   * that this branched from.
   *
   * @param chains of the space, as they are here
   */
  Optional<Lost> lost(Statement statement, Replica chain, Function<Replica, ChainHead> chains) {
    if (chain.equals(statement.by())) {
      return Optional.empty();
    }
    var before = by(statement.space(), statement.by().node()).map(Known::statement).orElse(null);
    long had = 0;
    for (var name = chain; name != null; name = chains.apply(name).parent()) {
      had = Math.max(had, had(statement, before, name));
    }
    var head = chains.apply(chain);
    long until = Math.min(had, head.sequence());
    long after = Math.max(head.after(), statement.vector().getOrDefault(chain, 0L));
    return after < until ? Optional.of(new Lost(after, until)) : Optional.empty();
  }

  private static long had(Statement now, @Nullable Statement before, Replica chain) {
    if (before == null) {
      return chain.node().equals(now.by().node()) ? Long.MAX_VALUE : 0;
    }
    return chain.equals(before.by()) && !chain.equals(now.by())
        ? Long.MAX_VALUE
        : before.vector().getOrDefault(chain, 0L);
  }

  private static boolean lacks(Statement statement, Replica chain, long sequence) {
    return sequence > statement.vector().getOrDefault(chain, 0L);
  }

  /** The latest of each member's statements, where it is later than what is known. */
  List<Known> newest(Collection<Known> notes) {
    var newest = new LinkedHashMap<Key, Known>();
    for (var note : notes) {
      if (isNews(note.statement())) {
        newest.merge(note.key(), note, (a, b) -> b.statement().laterThan(a.statement()) ? b : a);
      }
    }
    return List.copyOf(newest.values());
  }

  void publish(Collection<Known> forced) {
    if (!forced.isEmpty()) {
      forced.forEach(known -> statements.put(known.key(), known));
      changes.incrementAndGet();
      listeners.forEach(Runnable::run);
    }
  }

  /** Chains have other names, so that statements cover other entries; or others are counted on. */
  void recounted() {
    listeners.forEach(Runnable::run);
  }

  void recover(Collection<Known> forced) {
    forced.forEach(known -> statements.put(known.key(), known));
  }
}
