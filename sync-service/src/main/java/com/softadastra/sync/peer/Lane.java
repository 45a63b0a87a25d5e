package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.time.Schedule.Due;
import com.softadastra.contracts.time.Serial;
import com.softadastra.contracts.time.Surroundings;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to one peer. It never gives up: it calls, and where the call fails or ends it waits with
 * full jitter and calls again, at once where the peer was seen.
 *
 * <pre>
 *             connected            ended
 *   CALLING -----------> CONNECTED -----> WAITING, a moment; longer each time where it was soon
 *                                         ended on purpose, and not cut
 *   CALLING --------------- ended ------> WAITING, longer each time; CALLING at once where it was woken
 *   WAITING -------- due or woken ------> CALLING
 *   any     ------------- stopped ------> STOPPED, for good
 * </pre>
 *
 * <p>Takes one event after the other; any thread may tell it of one.
 */
public final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  /** How long after a session the peer is called again. */
  private static final Duration MOMENT = Duration.ofMillis(50);

  /** A session that lasts so long didn't end by what it began with. */
  private static final Duration LASTING = Duration.ofMinutes(1);

  private static final int REMARKABLE = 3;

  /** What of an error is kept, in characters. */
  private static final int ERROR_LENGTH = 1024;

  private final NodeId peer;
  private final Call call;
  private final FullJitter waits;
  private final Surroundings surroundings;
  private final Serial events;
  private volatile Status status;
  private boolean woken;

  /** Sessions in a row that were soon ended on purpose. */
  private int brief;

  private long connectedNanos;

  private @Nullable Due due;

  /** Counts calls and waits; what belongs to an earlier turn is not heard. */
  private long turn;

  /** Calls the peer; returns at once. */
  public interface Call {
    /**
     * @throws RuntimeException where the call failed
     */
    void make(Outcome outcome);

    /** It has failed or ended; the lane waits to call again. */
    default void over() {}
  }

  /** What becomes of a call. It may be connected once or several times, then it ends. */
  public interface Outcome {
    void connected();

    void ended(Channel.End end);

    /**
     * It ended.
     *
     * @param onPurpose whether one of both sides ended it, and the link would still bear it
     */
    default void ended(String why, boolean onPurpose) {
      ended(new Channel.End(why, onPurpose));
    }
  }

  /** What the lane is at. */
  public enum State {
    CALLING,
    CONNECTED,
    WAITING,
    STOPPED
  }

  /**
   * How a lane stands.
   *
   * @param attempts that failed since the peer was reached last
   * @param nextAttempt while waiting
   */
  public record Status(
      State state, int attempts, @Nullable Instant nextAttempt, @Nullable String lastError) {
    public Status {
      if (lastError != null && lastError.length() > ERROR_LENGTH) {
        lastError = lastError.substring(0, ERROR_LENGTH);
      }
    }

    /** As it can be after a restart: nothing is connected. */
    Status restarted() {
      return new Status(State.WAITING, attempts, null, lastError);
    }

    public static final Status NEW = new Status(State.CALLING, 0, null, null);
  }

  public Lane(NodeId peer, Status before, FullJitter waits, Surroundings surroundings, Call call) {
    this.peer = peer;
    this.call = call;
    this.waits = waits;
    this.surroundings = surroundings;
    this.events = new Serial(surroundings.schedule());
    this.status = before;
  }

  public Status status() {
    return status;
  }

  public void start() {
    events.execute(() -> inTurn(0, this::call));
  }

  /** The peer was seen: if the lane waits, it calls at once. */
  public void wake() {
    events.execute(this::woken);
  }

  public void stop() {
    events.execute(this::stopped);
  }

  private void call() {
    long current = ++turn;
    woken = false;
    cancelWait();
    status = new Status(State.CALLING, status.attempts(), null, status.lastError());
    var outcome =
        new Outcome() {
          @Override
          public void connected() {
            events.execute(() -> inTurn(current, Lane.this::connected));
          }

          @Override
          public void ended(Channel.End end) {
            events.execute(() -> inTurn(current, () -> Lane.this.ended(end)));
          }
        };
    try {
      call.make(outcome);
    } catch (RuntimeException e) {
      LOG.debug("the call of {} failed", peer, e);
      outcome.ended(Channel.End.cut(String.valueOf(e.getMessage())));
    }
  }

  private void connected() {
    if (brief == 0) {
      waits.startOver();
    }
    connectedNanos = surroundings.schedule().nanoTime();
    status = new Status(State.CONNECTED, 0, null, null);
  }

  private void ended(Channel.End end) {
    boolean reached = status.state() == State.CONNECTED;
    int attempts = reached ? 0 : status.attempts() + 1;
    if (reached) {
      long lasted = surroundings.schedule().nanoTime() - connectedNanos;
      brief = end.onPurpose() && lasted < LASTING.toNanos() ? brief + 1 : 0;
      if (brief == REMARKABLE) {
        LOG.warn("sessions with {} end soon: {}", peer, end.why());
      }
    }
    if (woken) {
      status = new Status(State.CALLING, attempts, null, end.why());
      call();
      return;
    }
    // what ended the last one would end the next one too, all the time
    var wait = reached && brief == 0 ? MOMENT : waits.next();
    long current = ++turn;
    status =
        new Status(State.WAITING, attempts, surroundings.clock().instant().plus(wait), end.why());
    due =
        surroundings
            .schedule()
            .after(wait, () -> events.execute(() -> inTurn(current, this::call)));
    call.over();
  }

  private void woken() {
    switch (status.state()) {
      case WAITING -> call();
      case CALLING -> woken = true;
      case CONNECTED, STOPPED -> {}
    }
  }

  private void stopped() {
    turn++;
    cancelWait();
    status = new Status(State.STOPPED, 0, null, status.lastError());
  }

  private void cancelWait() {
    if (due != null) {
      due.cancel();
      due = null;
    }
  }

  private void inTurn(long current, Runnable event) {
    if (current == turn) {
      event.run();
    }
  }
}
