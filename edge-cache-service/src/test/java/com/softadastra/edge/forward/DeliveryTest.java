package com.softadastra.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.Headers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Lanes and origins in a time that is set, with a courier and a log that a test plays. */
class DeliveryTest {
  private static final Duration CAP = Duration.ofSeconds(30);
  private static final ForwardLimits LIMITS =
      new ForwardLimits(1, 1, 1, 1, 1, 0, 1, 1, 1, Duration.ofDays(1), 8, 4, CAP, 3, 4);

  private final EventQueue time = new EventQueue();

  /** Numbers in the order in which they were sent, and when. */
  private final List<Long> sent = new ArrayList<>();

  private final List<Instant> sentAt = new ArrayList<>();
  private final Map<Long, Consumer<Attempt>> underWay = new LinkedHashMap<>();
  private final Map<Long, Settlement> settled = new HashMap<>();

  /** What the origin answers at once; null where the test does by itself. */
  private Function<Waiting, Attempt> answers = _ -> null;

  /** What forces wait for; null where nothing. */
  private List<Runnable> forces;

  private boolean isLogBroken;

  private final Delivery delivery =
      new Delivery(this::send, this::settle, LIMITS, new Surroundings(time, time, new Random(1)));

  private void send(Waiting request, Consumer<Attempt> ended) {
    sent.add(request.number());
    sentAt.add(time.instant());
    var answer = answers.apply(request);
    if (answer == null) {
      underWay.put(request.number(), ended);
    } else {
      ended.accept(answer);
    }
  }

  private void settle(long number, Settlement settlement, CompletableFuture<Boolean> forced) {
    if (isLogBroken) {
      forced.completeExceptionally(new DatabaseFailure("not written", null));
      return;
    }
    settled.put(number, settlement);
    if (forces == null) {
      forced.complete(true);
    } else {
      forces.add(() -> forced.complete(true));
    }
  }

  private void add(long number, String lane) {
    var hash = Kept.lane("shop", lane);
    delivery.hold(hash);
    delivery.add(new Waiting(number, "shop", "http://shop", hash, 0, 0, 0));
    time.run();
  }

  private void answer(long number, Attempt attempt) {
    underWay.remove(number).accept(attempt);
    time.run();
  }

  private static Attempt status(int status, String... headers) {
    return new Attempt.Answered(status, Headers.of(headers), new byte[0], true);
  }

  private static final Attempt SILENCE = new Attempt.Unanswered(Kind.NOT_CONNECTED, "refused");

  @Test
  void deliversWhatIsInOrderOneAfterTheOther() {
    forces = new ArrayList<>();
    add(1, "a");
    add(2, "a");
    add(3, "a");
    assertThat(sent).containsExactly(1L);
    answer(1, status(200));
    assertThat(sent).containsExactly(1L);
    forces.removeFirst().run();
    time.run();
    assertThat(sent).containsExactly(1L, 2L);
  }

  @Test
  void holdsALaneUntilWhatBecameOfItsLastIsOnDisk() {
    forces = new ArrayList<>();
    Hash lane = Kept.lane("shop", "a");
    add(1, "a");
    answer(1, status(200));
    assertThat(delivery.holds(lane)).isTrue();
    forces.removeFirst().run();
    time.run();
    assertThat(delivery.holds(lane)).isFalse();
  }

  @Test
  void aLaneThatWaitsLetsOthersPass() {
    answers = request -> request.number() < 10 ? status(429) : status(200);
    add(1, "a");
    add(2, "a");
    add(10, "b");
    time.advance(Duration.ofMinutes(5));
    assertThat(settled).containsOnlyKeys(10L);
    assertThat(sent).doesNotContain(2L);
    answers = _ -> status(200);
    time.advance(CAP);
    assertThat(settled).containsOnlyKeys(1L, 2L, 10L);
    assertThat(sent.subList(sent.size() - 2, sent.size())).containsExactly(1L, 2L);
  }

  @Test
  void boundsWhatIsUnderWayAtOneOrigin() {
    for (int i = 0; i < 20; i++) {
      add(i, "lane " + i);
    }
    assertThat(underWay).hasSize(LIMITS.originAtOnce());
    answer(0, status(200));
    assertThat(underWay).hasSize(LIMITS.originAtOnce());
  }

  @Test
  void oneRequestAtATimeAsksForAnOriginThatIsAway() {
    answers = _ -> SILENCE;
    for (int i = 0; i < 1000; i++) {
      add(i, "lane " + i);
    }
    time.advance(Duration.ofHours(1));
    // full jitter waits half of the cap on average, after the first minute
    assertThat(sent.size()).isBetween(120 + 60, 600);
    for (int i = LIMITS.originAtOnce() + 1; i < sentAt.size(); i++) {
      assertThat(Duration.between(sentAt.get(i - 1), sentAt.get(i))).isLessThanOrEqualTo(CAP);
    }
    sent.clear();
    answers = _ -> status(200);
    time.advance(CAP);
    assertThat(sent).hasSize(1000).doesNotHaveDuplicates();
    assertThat(settled).hasSize(1000);
  }

  private static final Attempt CUT = new Attempt.Unanswered(Kind.NO_ANSWER, "cut");

  @Test
  void whatIsNeverAnsweredIsParkedAndWhatIsBehindItGoesOn() {
    answers = request -> request.number() == 1 ? CUT : status(200);
    add(1, "a");
    add(2, "a");
    time.advance(CAP.multipliedBy(5));
    assertThat(sent).containsExactly(1L, 1L, 1L, 1L, 2L);
    assertThat(settled.get(1L))
        .isInstanceOfSatisfying(
            Settlement.Parked.class, parked -> assertThat(parked.why()).endsWith(", 4 times"));
  }

  @Test
  void eachAttemptThatIsNotAnsweredIsNoted() {
    answers = _ -> CUT;
    add(1, "a");
    assertThat(settled.get(1L))
        .isEqualTo(
            new Settlement.Failed(1, 0, 1, "no answer, cut; the origin may have acted on it"));
  }

  @Test
  void attemptsThatWereNotAnsweredBeforeARestartCount() {
    answers = _ -> CUT;
    var lane = Kept.lane("shop", "a");
    delivery.hold(lane);
    delivery.add(new Waiting(1, "shop", "http://shop", lane, 7, 0, 3));
    time.run();
    assertThat(settled.get(1L)).isInstanceOf(Settlement.Parked.class);
  }

  @Test
  void anAnswerThatIsNoneParksAtOnceAndTheOriginIsThere() {
    answers =
        request ->
            request.number() == 1 ? new Attempt.Unanswered(Kind.NOT_HTTP, "no HTTP") : status(200);
    add(1, "a");
    add(2, "a");
    assertThat(sent).containsExactly(1L, 2L);
    assertThat(settled.get(1L)).isInstanceOf(Settlement.Parked.class);
  }

  @Test
  void whatThisNodeCouldNotReadWaits() {
    answers = _ -> new Attempt.Unsent("no connection to the database");
    add(1, "a");
    time.advance(Duration.ofHours(1));
    assertThat(settled).isEmpty();
    answers = _ -> status(200);
    time.advance(CAP);
    assertThat(settled.get(1L)).isInstanceOf(Settlement.Done.class);
  }

  @Test
  void whatIsNeverAnsweredDoesNotStandForAll() {
    answers = request -> request.number() == 1 ? CUT : status(200);
    add(1, "a");
    add(2, "b");
    add(3, "c");
    time.advance(Duration.ofMinutes(1));
    assertThat(settled.get(2L)).isInstanceOf(Settlement.Done.class);
    assertThat(settled.get(3L)).isInstanceOf(Settlement.Done.class);
  }

  @Test
  void asksAtOnceWhenSomebodyElseHearsOfTheOrigin() {
    answers = _ -> SILENCE;
    add(1, "a");
    time.advance(Duration.ofMinutes(10));
    answers = _ -> status(200);
    int before = sent.size();
    delivery.heard("shop");
    time.run();
    assertThat(sent).hasSize(before + 1);
    assertThat(settled).containsOnlyKeys(1L);
  }

  @Test
  void asksAtMostOnceASecondForThatReason() {
    answers = _ -> SILENCE;
    add(1, "a");
    time.advance(Duration.ofMinutes(10));
    int before = sent.size();
    for (int i = 0; i < 100; i++) {
      delivery.heard("shop");
      time.run();
    }
    assertThat(sent).hasSize(before + 1);
  }

  @Test
  void whatAnswers503IsNotAskedMoreOftenForBeingHeard() {
    answers = _ -> status(503, "Retry-After", "20");
    add(1, "a");
    delivery.heard("shop");
    time.run();
    assertThat(sent).hasSize(1);
  }

  @Test
  void parksWhatTheOriginFailsOnAndGoesOn() {
    answers = request -> request.number() == 1 ? status(500) : status(200);
    add(1, "a");
    add(2, "a");
    time.advance(Duration.ofMinutes(2));
    assertThat(settled.get(1L))
        .isInstanceOfSatisfying(
            Settlement.Parked.class,
            parked -> {
              assertThat(parked.why()).isEqualTo("the origin answered 500, 3 times");
              assertThat(parked.attempts()).isEqualTo(3);
            });
    assertThat(settled.get(2L)).isInstanceOf(Settlement.Done.class);
    assertThat(sent).containsExactly(1L, 1L, 1L, 2L);
  }

  @Test
  void errorsThatWereNotedBeforeARestartCount() {
    answers = _ -> status(500);
    var lane = Kept.lane("shop", "a");
    delivery.hold(lane);
    delivery.add(new Waiting(1, "shop", "http://shop", lane, 7, 2, 0));
    time.run();
    assertThat(settled.get(1L))
        .isInstanceOfSatisfying(
            Settlement.Parked.class, parked -> assertThat(parked.attempts()).isEqualTo(8));
  }

  @Test
  void waitsAsLongAsTheOriginAsksButNotLongerThanTheCap() {
    answers = _ -> status(429, "Retry-After", "20");
    add(1, "a");
    time.advance(Duration.ofSeconds(19));
    assertThat(sent).hasSize(1);
    time.advance(Duration.ofSeconds(1));
    assertThat(sent).hasSize(2);
    answers = _ -> status(429, "Retry-After", "86400");
    time.advance(Duration.ofSeconds(20));
    assertThat(sent).hasSize(3);
    time.advance(CAP);
    assertThat(sent).hasSize(4);
  }

  @Test
  void triesAgainWhereTheAnswerCouldNotBeKept() {
    isLogBroken = true;
    answers = _ -> status(200);
    add(1, "a");
    add(2, "a");
    assertThat(sent).containsExactly(1L);
    isLogBroken = false;
    time.advance(CAP);
    assertThat(sent).containsExactly(1L, 1L, 2L);
    assertThat(settled).containsOnlyKeys(1L, 2L);
  }

  @Test
  void tellsWhatIsGoingOn() {
    add(1, "a");
    assertThat(delivery.progress(1).orElseThrow().isUnderWay()).isTrue();
    answer(1, status(429, "Retry-After", "10"));
    var progress = delivery.progress(1).orElseThrow();
    assertThat(progress.isUnderWay()).isFalse();
    assertThat(progress.attempts()).isEqualTo(1);
    assertThat(progress.error()).isEqualTo("the origin answered 429");
    assertThat(progress.next()).isEqualTo(time.instant().plusSeconds(10));
    time.advance(Duration.ofSeconds(10));
    answer(1, status(200));
    assertThat(delivery.progress(1)).isEmpty();
  }

  @Test
  void deletesWhatIsNotJustBeingSent() {
    var lane = Kept.lane("shop", "a");
    add(1, "a");
    add(2, "a");
    assertThat(leaves(1, lane)).isFalse();
    assertThat(leaves(2, lane)).isTrue();
    assertThat(leaves(2, lane)).isFalse();
    left(2, lane, true);
    assertThat(leaves(2, lane)).isFalse();
    answer(1, status(429, "Retry-After", "10"));
    assertThat(leaves(1, lane)).isTrue();
    left(1, lane, true);
    assertThat(delivery.holds(lane)).isFalse();
    time.advance(CAP);
    assertThat(sent).containsExactly(1L);
  }

  @Test
  void whatIsBehindOneThatIsBeingDeletedWaits() {
    var lane = Kept.lane("shop", "a");
    add(1, "a");
    add(2, "a");
    add(3, "a");
    assertThat(leaves(2, lane)).isTrue();
    answer(1, status(200));
    time.advance(CAP);
    assertThat(sent).containsExactly(1L);
    assertThat(delivery.holds(lane)).isTrue();
    left(2, lane, true);
    assertThat(sent).containsExactly(1L, 3L);
    answer(3, status(200));
    assertThat(delivery.holds(lane)).isFalse();
  }

  @Test
  void whatCouldNotBeDeletedIsSentInItsTurn() {
    var lane = Kept.lane("shop", "a");
    add(1, "a");
    add(2, "a");
    add(3, "a");
    assertThat(leaves(2, lane)).isTrue();
    answer(1, status(429, "Retry-After", "10"));
    assertThat(leaves(1, lane)).isTrue();
    time.advance(CAP);
    assertThat(sent).containsExactly(1L);
    left(1, lane, false);
    assertThat(sent).containsExactly(1L, 1L);
    answer(1, status(200));
    assertThat(sent).containsExactly(1L, 1L);
    left(2, lane, false);
    answer(2, status(200));
    assertThat(sent).containsExactly(1L, 1L, 2L, 3L);
  }

  private boolean leaves(long number, Hash lane) {
    var leaving = delivery.leave(number, "shop", lane);
    time.run();
    return leaving.join();
  }

  private void left(long number, Hash lane, boolean isGone) {
    delivery.left(number, "shop", lane, isGone);
    time.run();
  }

  @Test
  void beginsNothingWhenItIsClosedAndTellsWhenNothingIsUnderWay() {
    add(1, "a");
    add(2, "b");
    var idle = delivery.close();
    time.run();
    assertThat(idle).isNotDone();
    add(3, "c");
    answer(1, status(200));
    answer(2, status(200));
    assertThat(idle).isDone();
    assertThat(sent).containsExactly(1L, 2L);
  }
}
