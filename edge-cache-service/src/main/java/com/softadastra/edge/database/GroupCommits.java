package com.softadastra.edge.database;

import com.softadastra.edge.database.EdgeDatabase.Witness;
import com.softadastra.edge.database.EdgeDatabase.Work;
import com.softadastra.guard.FailStop;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * What changes the database, on a thread of its own or in steps of somebody else's: all that waits
 * becomes one transaction, which is forced before anybody is answered. The thread is never
 * interrupted: an interrupt would close H2's files under it. Any thread may submit, and waits while
 * {@value #WAITING_KIB} KiB do.
 */
final class GroupCommits implements AutoCloseable {
  private static final int WAITING_KIB = 64 << 10;
  private static final int UNITS = 512;
  private static final long GROUP_KIB = 4 << 10;

  private final Statements statements;
  private final Damage damage;
  private final FailStop failStop;
  private final @Nullable Executor steps;
  private final Semaphore room = new Semaphore(WAITING_KIB);
  private final Thread thread = Thread.ofPlatform().name("edge-database").unstarted(this::run);

  private final List<Witness> witnesses = new CopyOnWriteArrayList<>();

  // guarded by itself
  private final ArrayDeque<Unit<?>> waiting = new ArrayDeque<>();
  private boolean closed;

  /** Whether a step will take what waits. */
  private boolean due;

  private static final class Unit<T> {
    private final int kib;
    private final Work<T> work;
    private final CompletableFuture<T> forced;
    private @Nullable T result;

    Unit(int kib, Work<T> work, CompletableFuture<T> forced) {
      this.kib = kib;
      this.work = work;
      this.forced = forced;
    }

    void runOn(Statements statements) throws SQLException {
      result = work.on(statements);
    }

    @SuppressWarnings("NullAway") // it has run
    void answer() {
      forced.complete(result);
    }
  }

  /**
   * @param steps runs what there is to do, later and one after the other; null for a thread
   */
  GroupCommits(Statements statements, Damage damage, FailStop failStop, @Nullable Executor steps) {
    this.statements = statements;
    this.damage = damage;
    this.failStop = failStop;
    this.steps = steps;
  }

  void tell(Witness witness) {
    witnesses.add(witness);
  }

  void start() {
    thread.start();
  }

  /**
   * @param bytes about how much it writes; what is larger than all that may wait waits alone
   * @param forced is completed on the thread of this, after the force
   */
  <T> void submit(int bytes, Work<T> work, CompletableFuture<T> forced) {
    var unit = new Unit<>(Math.min(WAITING_KIB, 1 + bytes / 1024), work, forced);
    room.acquireUninterruptibly(unit.kib);
    boolean isFirst;
    synchronized (waiting) {
      if (closed) {
        room.release(unit.kib);
        forced.completeExceptionally(closed());
        return;
      }
      waiting.add(unit);
      waiting.notifyAll();
      isFirst = !due;
      due = true;
    }
    if (steps != null && isFirst) {
      steps.execute(this::run);
    }
  }

  /** Somebody is about to wait for what was submitted. */
  void isAwaited() {
    if (steps != null) {
      run();
    }
  }

  private static DatabaseFailure closed() {
    return new DatabaseFailure("the edge's database is closed", null);
  }

  /** Until this is closed, or, as a step, while something waits. */
  private void run() {
    List<Unit<?>> group = List.of();
    boolean goesOn = false;
    try {
      for (group = take(); !group.isEmpty(); group = take()) {
        commit(group);
      }
      goesOn = steps != null;
    } catch (Throwable e) {
      // nobody knows what is on the disk, and whoever waits would wait for ever
      failStop.stop("the edge's database", damage.failure("it can't be gone on with: " + e, e));
    } finally {
      // of it some may have been answered
      release(group.stream().filter(unit -> unit.forced.completeExceptionally(closed())).toList());
      if (!goesOn) {
        giveUp();
      }
    }
  }

  /** What fits in one group; empty when this is closed, or a step is over, and nothing waits. */
  private List<Unit<?>> take() throws InterruptedException {
    var group = new ArrayList<Unit<?>>();
    long kib = 0;
    synchronized (waiting) {
      while (waiting.isEmpty() && !closed && steps == null) {
        waiting.wait();
      }
      due = false;
      for (var next = waiting.peek(); next != null; next = waiting.peek()) {
        if (!group.isEmpty() && (group.size() == UNITS || kib + next.kib > GROUP_KIB)) {
          break;
        }
        group.add(waiting.remove());
        kib += next.kib;
      }
    }
    return group;
  }

  /** What fails fails alone: the others are done without it, in their order. */
  private void commit(List<Unit<?>> group) throws SQLException {
    try {
      for (var unit : group) {
        unit.runOn(statements);
      }
    } catch (SQLException e) {
      statements.rollback();
      for (var witness : witnesses) {
        witness.rolledBack();
      }
      int half = group.size() / 2;
      if (half > 0) {
        commit(group.subList(0, half));
        commit(group.subList(half, group.size()));
        return;
      }
      var failure = damage.failure("the edge's database can't be changed: " + e.getMessage(), e);
      group.forEach(unit -> unit.forced.completeExceptionally(failure));
      release(group);
      return;
    }
    if (statements.commit()) {
      witnesses.forEach(Witness::forced);
    }
    group.forEach(Unit::answer);
    release(group);
    // a unit may have gone round what it can't read
    damage.look();
  }

  private void release(List<Unit<?>> group) {
    group.forEach(unit -> room.release(unit.kib));
  }

  private void giveUp() {
    List<Unit<?>> left;
    synchronized (waiting) {
      closed = true;
      left = List.copyOf(waiting);
      waiting.clear();
    }
    left.forEach(unit -> unit.forced.completeExceptionally(closed()));
    release(left);
  }

  /**
   * Returns when the thread has ended, which commits what waits. Without one nobody who waits is
   * answered any more.
   */
  @Override
  public void close() {
    synchronized (waiting) {
      closed = true;
      waiting.notifyAll();
    }
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
