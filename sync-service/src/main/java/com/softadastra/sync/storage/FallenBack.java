package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.space.SpaceState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Members that say to have less than they were known to have. What each of them has lost goes into
 * the outbox again, a page of the log with each group commit, and its statement counts when all of
 * that is there. Until then the one before it does, so that a start in between begins anew when the
 * member speaks again.
 *
 * <p>Owned by the thread that records.
 */
final class FallenBack {
  /** So many entries of the log are looked at with one group commit. */
  static final int PAGE = 512;

  private final Journal journal;
  private final Ledger ledger;
  private final Map<SpaceId, SpaceState> spaces;
  private final Map<Member, Loss> losses = new LinkedHashMap<>();
  private final List<Loss> done = new ArrayList<>();
  private final List<Ledger.Known> later = new ArrayList<>();

  private record Member(SpaceId space, NodeId node) {
    static Member of(Ledger.Known known) {
      return new Member(known.statement().space(), known.statement().by().node());
    }
  }

  /** A statement, and the parts of the log that may have what its member has lost. */
  private static final class Loss {
    private final Statement statement;
    private final Ledger.Known known;
    private final Deque<Journal.Stretch> ahead;
    private Ledger.@Nullable Known next;

    Loss(Ledger.Known known, List<Journal.Stretch> ahead) {
      this.known = known;
      this.statement = known.statement();
      this.ahead = new ArrayDeque<>(ahead);
    }
  }

  /**
   * @param spaces as the recording has them
   */
  FallenBack(Journal journal, Ledger ledger, Map<SpaceId, SpaceState> spaces) {
    this.journal = journal;
    this.ledger = ledger;
    this.spaces = spaces;
  }

  /** Whether {@link #step} has something to do. */
  boolean hasWork() {
    return !losses.isEmpty() || !later.isEmpty();
  }

  /** What members said meanwhile, to be looked at now. */
  List<Ledger.Known> later() {
    var waited = List.copyOf(later);
    later.clear();
    return waited;
  }

  /** Whether its member is being dealt with; then it is looked at after that. */
  boolean waits(Ledger.Known known) {
    var loss = losses.get(Member.of(known));
    if (loss == null) {
      return false;
    }
    var next = loss.next;
    if (known.statement().laterThan(next == null ? loss.statement : next.statement())) {
      loss.next = known;
    }
    return true;
  }

  /** To be looked at with the next commit. */
  void postpone(Ledger.Known known) {
    later.add(known);
  }

  /** A member has lost something. */
  void add(Ledger.Known known) {
    losses.put(Member.of(known), new Loss(known, stretches(known.statement())));
  }

  /** Where what it has lost is, in the order of the log, without overlaps. */
  private List<Journal.Stretch> stretches(Statement statement) {
    var space = spaces.get(statement.space());
    if (space == null) {
      return List.of();
    }
    var found = new ArrayList<Journal.Stretch>();
    space
        .chains()
        .forEach((chain, head) ->
            ledger
                .lost(statement, chain, space::chain)
                .flatMap(lost -> journal.stretch(space.id(), chain, lost.after() + 1, lost.until()))
                .filter(there -> there.first() <= head.position())
                .map(there ->
                    new Journal.Stretch(there.first(), Math.min(there.last(), head.position())))
                .ifPresent(found::add));
    found.sort(Comparator.comparingLong(Journal.Stretch::first));
    var joined = new ArrayDeque<Journal.Stretch>();
    for (var each : found) {
      var before = joined.peekLast();
      if (before != null && each.first() <= before.last()) {
        joined.removeLast();
        joined.add(new Journal.Stretch(before.first(), Math.max(before.last(), each.last())));
      } else {
        joined.add(each);
      }
    }
    return List.copyOf(joined);
  }

  /**
   * Puts a page of what members have lost into the outbox.
   *
   * @return the statements that count with this commit
   */
  List<Ledger.Known> step(Batch batch) {
    int room = PAGE;
    var counting = new ArrayList<Ledger.Known>();
    while (room > 0 && !losses.isEmpty()) {
      var loss = losses.values().iterator().next();
      while (room > 0 && !loss.ahead.isEmpty()) {
        room -= read(loss, loss.ahead.remove(), room, batch);
      }
      if (loss.ahead.isEmpty()) {
        losses.remove(Member.of(loss.known));
        done.add(loss);
        counting.add(loss.known);
      }
    }
    return counting;
  }

  private int read(Loss loss, Journal.Stretch stretch, int room, Batch batch) {
    var page = journal.outboxRows(stretch.first() - 1, stretch.last(), room);
    for (var row : page.rows()) {
      if (owes(loss, row.space(), row.dot())) {
        batch.oweAgain(row);
      }
    }
    if (page.seen() == room && page.reached() < stretch.last()) {
      loss.ahead.addFirst(new Journal.Stretch(page.reached() + 1, stretch.last()));
    }
    return Math.max(1, page.seen());
  }

  /** Whether some member is owed an entry again that the ledger says it has. */
  boolean owes(SpaceId space, Dot dot) {
    return Stream.concat(losses.values().stream(), done.stream())
        .anyMatch(loss -> owes(loss, space, dot));
  }

  private boolean owes(Loss loss, SpaceId id, Dot dot) {
    var space = spaces.get(id);
    return space != null
        && loss.statement.space().equals(id)
        && ledger
            .lost(loss.statement, dot.replica(), space::chain)
            .filter(lost -> lost.covers(dot.sequence()))
            .isPresent();
  }

  /** The ledger shows what counts. */
  void published() {
    done.forEach(loss -> {
      if (loss.next != null) {
        later.add(loss.next);
      }
    });
    done.clear();
  }
}
