package com.softadastra.edge.forward;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Serial;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.backoff.FullJitter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings kept requests to their origins. What is in order with another is in a lane with it, of
 * which one is under way at a time, the next when the answer to the last is on disk. While an
 * origin is away one request at a time asks for it, of each lane in turn, so that one which is
 * never answered doesn't stand for all. All that it has changes in steps of its own.
 */
final class Delivery {
  private static final Logger LOG = LoggerFactory.getLogger(Delivery.class);

  /** So often an origin that was silent is asked at once when somebody else hears of it. */
  private static final Duration HEARD_EVERY = Duration.ofSeconds(1);

  private final Courier courier;
  private final Log log;
  private final ForwardLimits limits;
  private final Surroundings surroundings;
  private final Serial steps;

  // of the steps
  private final Map<String, ToOrigin> origins = new HashMap<>();
  private int underWay;
  private boolean closed;
  private @Nullable CompletableFuture<Void> idle;

  // of any thread
  private final Map<Hash, Integer> held = new ConcurrentHashMap<>();
  private final Map<Long, Forward.Progress> progress = new ConcurrentHashMap<>();
  private final Set<String> silent = ConcurrentHashMap.newKeySet();
  private final LongAdder attempts = new LongAdder();

  /** Sends a request once. */
  interface Courier {
    /** Returns at once; {@code ended} is called later, on any thread, once. */
    void send(Waiting request, Consumer<Attempt> ended);
  }

  /** Where it is written what became of a request. */
  interface Log {
    /**
     * @param forced that it is written; false where the request doesn't wait any more
     */
    void settle(long number, Settlement settlement, CompletableFuture<Boolean> forced);
  }

  /** Requests that are in order with each other; the first is what it does, or waits with. */
  private final class Lane {
    final Hash hash;
    final ArrayDeque<Waiting> queue = new ArrayDeque<>();

    /** Numbers of those that are being deleted. */
    final Set<Long> leaving = new HashSet<>();

    final FullJitter jitter = jitter();
    boolean isBusy;
    Schedule.@Nullable Due resting;
    int attempts;
    int errors;
    int unanswered;

    Lane(Hash hash) {
      this.hash = hash;
    }

    void begin() {
      var first = queue.element();
      attempts = first.attempts();
      errors = first.errors();
      unanswered = first.unanswered();
      jitter.startOver();
    }
  }

  private final class ToOrigin {
    final String name;
    final Map<Hash, Lane> lanes = new HashMap<>();
    final ArrayDeque<Lane> ready = new ArrayDeque<>();
    final FullJitter jitter = jitter();
    int underWay;
    boolean isAway;
    Schedule.@Nullable Due pause;
    @Nullable Instant next;
    long heardNanos;

    ToOrigin(String name) {
      this.name = name;
    }

    boolean mayStart() {
      return pause == null
          && !ready.isEmpty()
          && Delivery.this.underWay < limits.atOnce()
          && underWay < (isAway ? 1 : limits.originAtOnce());
    }
  }

  Delivery(Courier courier, Log log, ForwardLimits limits, Surroundings surroundings) {
    this.courier = courier;
    this.log = log;
    this.limits = limits;
    this.surroundings = surroundings;
    steps = new Serial(surroundings.schedule());
  }

  private FullJitter jitter() {
    return new FullJitter(limits.longestWait(), surroundings.random());
  }

  // ---- any thread

  /** From now on what comes in this lane has to wait for what is about to be kept in it. */
  void hold(Hash lane) {
    held.merge(lane, 1, Integer::sum);
  }

  /** What was to be kept is not, or not any more. */
  void release(Hash lane) {
    held.computeIfPresent(lane, (_, count) -> count == 1 ? null : count - 1);
  }

  boolean holds(Hash lane) {
    return held.containsKey(lane);
  }

  /** Takes over a request whose lane was held for it, behind those that it took before. */
  void add(Waiting request) {
    steps.execute(() -> append(request));
  }

  /** Somebody got an answer from that origin. */
  void heard(String origin) {
    if (silent.contains(origin)) {
      steps.execute(() -> wake(origin));
    }
  }

  /**
   * Keeps a request that waits from being sent, so that it can be deleted; what is behind it waits
   * until it is {@link #left}.
   *
   * @return false where it is just being sent, or isn't here
   */
  CompletableFuture<Boolean> leave(long number, String origin, Hash lane) {
    var leaving = new CompletableFuture<Boolean>();
    steps.execute(() -> leaving.complete(leaveNow(number, origin, lane)));
    return leaving;
  }

  /**
   * @param isGone whether it is deleted; where it is not it waits as before
   */
  void left(long number, String origin, Hash lane, boolean isGone) {
    steps.execute(() -> leftNow(number, origin, lane, isGone));
  }

  Optional<Forward.Progress> progress(long number) {
    return Optional.ofNullable(progress.get(number));
  }

  long attempts() {
    return attempts.sum();
  }

  /** Begins nothing any more. @return completes when nothing is under way */
  CompletableFuture<Void> close() {
    var ended = new CompletableFuture<Void>();
    steps.execute(() -> {
      closed = true;
      idle = ended;
      completeIfIdle();
    });
    return ended;
  }

  // ---- steps

  private void append(Waiting request) {
    var origin = origins.computeIfAbsent(request.origin(), ToOrigin::new);
    var lane = origin.lanes.computeIfAbsent(request.lane(), Lane::new);
    lane.queue.add(request);
    if (lane.queue.size() == 1) {
      lane.begin();
      origin.ready.add(lane);
      goOn(origin);
    }
  }

  private void goOn() {
    origins.values().forEach(this::goOn);
  }

  private void goOn(ToOrigin origin) {
    while (!closed && origin.mayStart()) {
      var lane = origin.ready.remove();
      var request = lane.queue.element();
      lane.isBusy = true;
      origin.underWay++;
      underWay++;
      note(lane, true, null, null);
      courier.send(request, attempt -> steps.execute(() -> ended(origin, lane, request, attempt)));
    }
  }

  private void ended(ToOrigin origin, Lane lane, Waiting request, Attempt attempt) {
    attempts.increment();
    lane.attempts++;
    var now = surroundings.clock().instant();
    var verdict = Verdict.of(attempt, now);
    if (isBack(verdict)) {
      back(origin);
    }
    switch (verdict) {
      case Verdict.Lost(String why) ->
          settle(origin, lane, request, new Settlement.Parked(lane.attempts, why, now));
      case Verdict.Unsent(String why) -> rest(origin, lane, why, lane.jitter.next(Duration.ZERO));
      case Verdict.Unanswered(String why) -> {
        lane.unanswered++;
        away(origin, true, Duration.ZERO);
        if (lane.unanswered >= limits.unanswered()) {
          String parked = why + ", " + lane.unanswered + " times";
          settle(origin, lane, request, new Settlement.Parked(lane.attempts, parked, now));
        } else {
          noteFailed(lane, request, why);
          comeAgain(origin, lane, why);
        }
      }
      case Verdict.Settled(var answer) ->
          settle(origin, lane, request, new Settlement.Done(lane.attempts, answer, now));
      case Verdict.Hopeless(String why) ->
          settle(origin, lane, request, new Settlement.Parked(lane.attempts, why, now));
      case Verdict.Erred(String why, Duration atLeast) -> {
        lane.errors++;
        if (lane.errors >= limits.errors()) {
          String parked = why + ", " + lane.errors + " times";
          settle(origin, lane, request, new Settlement.Parked(lane.attempts, parked, now));
        } else {
          noteFailed(lane, request, why);
          rest(origin, lane, why, lane.jitter.next(atLeast));
        }
      }
      case Verdict.Later(String why, Duration atLeast) ->
          rest(origin, lane, why, lane.jitter.next(atLeast));
      case Verdict.Away(String why, boolean isSilent, Duration atLeast) -> {
        away(origin, isSilent, atLeast);
        comeAgain(origin, lane, why);
      }
    }
  }

  /** Whether an answer came, of whatever kind. */
  private static boolean isBack(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Settled _, Verdict.Later _, Verdict.Erred _, Verdict.Lost _ -> true;
      case Verdict.Away _, Verdict.Unanswered _, Verdict.Unsent _, Verdict.Hopeless _ -> false;
    };
  }

  private void noteFailed(Lane lane, Waiting request, String why) {
    var failed = new Settlement.Failed(lane.attempts, lane.errors, lane.unanswered, why);
    log.settle(request.number(), failed, new CompletableFuture<>());
  }

  /** Behind the other lanes of an origin that is away. */
  private void comeAgain(ToOrigin origin, Lane lane, String why) {
    note(lane, false, why, origin.next);
    free(origin, lane);
    origin.ready.add(lane);
    goOn();
  }

  private void free(ToOrigin origin, Lane lane) {
    lane.isBusy = false;
    origin.underWay--;
    underWay--;
    completeIfIdle();
  }

  private void completeIfIdle() {
    if (idle != null && underWay == 0) {
      idle.complete(null);
    }
  }

  /** The lane goes on when what became of its first is on disk. */
  private void settle(ToOrigin origin, Lane lane, Waiting request, Settlement settlement) {
    var forced = new CompletableFuture<Boolean>();
    forced.whenComplete((_, failure) ->
        steps.execute(() -> {
          if (failure == null) {
            settled(origin, lane, request);
          } else {
            LOG.warn("what became of a kept request isn't written", failure);
            rest(origin, lane, "the answer could not be kept", limits.longestWait());
          }
        }));
    log.settle(request.number(), settlement, forced);
    goOn(origin);
  }

  private void settled(ToOrigin origin, Lane lane, Waiting request) {
    free(origin, lane);
    drop(origin, lane, request);
    goOn();
  }

  /** The first of the lane isn't to be delivered any more. */
  private void drop(ToOrigin origin, Lane lane, Waiting request) {
    progress.remove(request.number());
    lane.queue.remove();
    if (lane.queue.isEmpty()) {
      origin.lanes.remove(lane.hash);
    } else {
      lane.begin();
      ready(origin, lane);
    }
    release(lane.hash);
  }

  private void rest(ToOrigin origin, Lane lane, String why, Duration wait) {
    note(lane, false, why, surroundings.clock().instant().plus(wait));
    free(origin, lane);
    lane.resting =
        surroundings.schedule().after(wait, () -> steps.execute(() -> rested(origin, lane)));
    goOn();
  }

  private void rested(ToOrigin origin, Lane lane) {
    if (lane.resting != null) {
      lane.resting = null;
      origin.ready.add(lane);
      goOn(origin);
    }
  }

  private void note(Lane lane, boolean isUnderWay, @Nullable String why, @Nullable Instant next) {
    long number = lane.queue.element().number();
    var before = progress.get(number);
    String error = why == null && before != null ? before.error() : why;
    progress.put(number, new Forward.Progress(isUnderWay, lane.attempts, error, next));
  }

  // ---- an origin that is away

  private void away(ToOrigin origin, boolean isSilent, Duration atLeast) {
    origin.isAway = true;
    if (isSilent) {
      silent.add(origin.name);
    } else {
      silent.remove(origin.name);
    }
    if (origin.pause == null) {
      var wait = origin.jitter.next(atLeast);
      origin.next = surroundings.clock().instant().plus(wait);
      origin.pause = surroundings.schedule().after(wait, () -> steps.execute(() -> ask(origin)));
    }
  }

  private void ask(ToOrigin origin) {
    origin.pause = null;
    goOn(origin);
  }

  private void wake(String name) {
    var origin = origins.get(name);
    if (origin == null || origin.pause == null || !silent.contains(name)) {
      return;
    }
    long now = surroundings.schedule().nanoTime();
    if (origin.heardNanos == 0 || now - origin.heardNanos >= HEARD_EVERY.toNanos()) {
      origin.heardNanos = now;
      origin.pause.cancel();
      ask(origin);
    }
  }

  private void back(ToOrigin origin) {
    origin.isAway = false;
    silent.remove(origin.name);
    origin.jitter.startOver();
    if (origin.pause != null) {
      origin.pause.cancel();
      origin.pause = null;
    }
  }

  private boolean leaveNow(long number, String name, Hash hash) {
    var origin = origins.get(name);
    var lane = origin == null ? null : origin.lanes.get(hash);
    if (origin == null
        || lane == null
        || lane.queue.stream().noneMatch(request -> request.number() == number)) {
      return false;
    }
    boolean isFirst = lane.queue.element().number() == number;
    if (isFirst && lane.isBusy) {
      return false;
    }
    if (isFirst) {
      if (lane.resting != null) {
        lane.resting.cancel();
        lane.resting = null;
      }
      origin.ready.remove(lane);
    }
    return lane.leaving.add(number);
  }

  private void leftNow(long number, String name, Hash hash, boolean isGone) {
    var origin = origins.get(name);
    var lane = origin == null ? null : origin.lanes.get(hash);
    if (origin == null || lane == null || !lane.leaving.remove(number)) {
      return;
    }
    var first = lane.queue.element();
    if (first.number() != number) {
      if (isGone) {
        lane.queue.removeIf(request -> request.number() == number);
        release(hash);
      }
    } else if (isGone) {
      drop(origin, lane, first);
    } else {
      ready(origin, lane);
    }
    goOn();
  }

  /** The first of the lane may be sent, unless it is being deleted. */
  private static void ready(ToOrigin origin, Lane lane) {
    if (!lane.leaving.contains(lane.queue.element().number())) {
      origin.ready.add(lane);
    }
  }
}
