package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.retry.policy.AlwaysRetryPolicy;
import org.springframework.retry.support.RetryTemplate;

/**
 * The way to one peer. It never gives up: it calls, and where the call fails or ends it waits with
 * full jitter and calls again, at once where the peer was seen. Owns a virtual thread.
 */
final class Lane {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private final NodeId peer;
  private final Call call;
  private final InstantSource clock;
  private final RetryTemplate retry;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean stopped;
  private boolean woken;
  private boolean reached;
  private volatile Status status;

  /** Calls the peer and stays until the session ends. */
  interface Call {
    /**
     * @throws RuntimeException where the call failed; it is tried again as where it ended
     */
    void make(Runnable connected);
  }

  /** What the lane is at. */
  enum State {
    CALLING,
    CONNECTED,
    WAITING,
    STOPPED
  }

  /**
   * @param attempts that failed since the peer was reached last
   * @param nextAttempt while waiting
   */
  record Status(
      State state, int attempts, @Nullable Instant nextAttempt, @Nullable String lastError) {}

  private static final class Again extends RuntimeException {
    private static final long serialVersionUID = 1;

    Again(String message, @Nullable Throwable cause) {
      super(message, cause, false, false);
    }
  }

  Lane(
      NodeId peer,
      Status before,
      Duration base,
      Duration cap,
      RandomGenerator random,
      InstantSource clock,
      Call call) {
    this.peer = peer;
    this.call = call;
    this.clock = clock;
    this.status = before;
    this.retry =
        RetryTemplate.builder()
            .customPolicy(new AlwaysRetryPolicy())
            .customBackoff(new FullJitter(base, cap, random, this::rest))
            .build();
  }

  void start() {
    Thread.ofVirtual().name("lane-" + peer).start(this::run);
  }

  Status status() {
    return status;
  }

  /** The peer was seen: if the lane waits, it calls at once. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void stop() {
    lock.lock();
    try {
      stopped = true;
      status = new Status(State.STOPPED, 0, null, status.lastError());
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    // one round of the template lasts until a call has reached the peer, so that backoff starts
    // over after it
    while (!isStopped()) {
      try {
        retry.execute(_ -> attempt());
      } catch (RuntimeException e) {
        LOG.error("the lane to {} stumbled", peer, e);
      }
    }
  }

  private boolean attempt() {
    if (isStopped()) {
      return true;
    }
    status = new Status(State.CALLING, status.attempts(), null, status.lastError());
    reached = false;
    try {
      call.make(this::connected);
      failed("the connection ended");
    } catch (RuntimeException e) {
      LOG.debug("the call of {} failed", peer, e);
      failed(String.valueOf(e.getMessage()));
    }
    if (isStopped()) {
      return true;
    }
    if (reached) {
      rest(Duration.ofMillis(50));
      return true;
    }
    throw new Again("not reached", null);
  }

  private void connected() {
    reached = true;
    status = new Status(State.CONNECTED, 0, null, null);
  }

  private void failed(String error) {
    if (!isStopped()) {
      status = new Status(State.CALLING, reached ? 0 : status.attempts() + 1, null, error);
    }
  }

  private void rest(Duration time) {
    long left = time.toNanos();
    lock.lock();
    try {
      if (!stopped) {
        status =
            new Status(
                State.WAITING, status.attempts(), clock.instant().plus(time), status.lastError());
      }
      while (!stopped && !woken && left > 0) {
        left = changed.awaitNanos(left);
      }
      woken = false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      stopped = true;
    } finally {
      lock.unlock();
    }
  }

  private boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }
}
