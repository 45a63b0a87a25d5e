package com.softadastra.edge.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.disk.ModelDisk;
import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.policy.Headers;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Kept requests on a disk in memory. */
class ForwardBookTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };
  private static final ForwardLimits LIMITS =
      new ForwardLimits(
          2000,
          3,
          5000,
          4,
          7000,
          1000,
          100,
          2,
          10_000,
          Duration.ofDays(7),
          8,
          4,
          Duration.ofSeconds(30),
          3,
          3);

  private final AtomicLong free = new AtomicLong(Long.MAX_VALUE);
  private ModelDisk disk;
  private EdgeDatabase database;
  private ForwardBook book;

  @BeforeEach
  void open() {
    if (disk == null) {
      disk = ModelDisk.register("forwards");
    }
    database =
        EdgeDatabase.open(
            "forwards:/db",
            GuardFileSystem.register(
                EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING)),
            THROWING,
            _ -> {});
    book = new ForwardBook(database, LIMITS, free::get);
  }

  @AfterEach
  void close() {
    database.close();
    disk.close();
  }

  private void restart() {
    database.close();
    open();
  }

  private static Kept request(String origin, String key, int bodyBytes) {
    return new Kept(
        UUID.nameUUIDFromBytes((origin + key).getBytes(StandardCharsets.UTF_8)),
        origin,
        "http://shop",
        "",
        key,
        "POST",
        "/orders?a=b",
        Headers.of("X-Name", "a: b", "Idempotency-Key", key),
        new byte[bodyBytes],
        NOW);
  }

  private ForwardTables.Put put(Kept request) {
    var forced = new CompletableFuture<ForwardTables.Put>();
    book.put(request, forced);
    return forced.join();
  }

  private Forward kept(String origin, String key) {
    return ((ForwardTables.Put.New) put(request(origin, key, 10))).forward();
  }

  private boolean settle(Forward forward, Settlement settlement) {
    var forced = new CompletableFuture<Boolean>();
    book.settle(forward.number(), settlement, forced);
    return forced.join();
  }

  private static Settlement done(String body) {
    return new Settlement.Done(
        2,
        new Attempt.Answered(
            201, Headers.of("X-A", "b"), body.getBytes(StandardCharsets.UTF_8), true),
        NOW);
  }

  private static Settlement parked() {
    return new Settlement.Parked(3, "no use", NOW);
  }

  @Test
  void keepsARequestWithAllThatGoesOn() {
    var forward = kept("shop", "k");
    restart();
    var request = book.request(forward.number()).orElseThrow();
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.target()).isEqualTo("/orders?a=b");
    assertThat(request.headers()).isEqualTo(Headers.of("X-Name", "a: b", "Idempotency-Key", "k"));
    assertThat(request.body()).hasSize(10);
    assertThat(book.find(forward.id())).contains(forward);
    assertThat(forward.state()).isEqualTo(ForwardState.WAITING);
  }

  @Test
  void takesAKeyOnceForEachOrigin() {
    var forward = kept("shop", "k");
    assertThat(put(request("shop", "k", 99))).isEqualTo(new ForwardTables.Put.Known(forward));
    assertThat(put(request("depot", "k", 10))).isInstanceOf(ForwardTables.Put.New.class);
    assertThat(book.totals().waiting()).isEqualTo(2);
  }

  @Test
  void whatIsAskedForTellsWhetherItIsTheSame() {
    assertThat(request("shop", "k", 10).fingerprint())
        .isEqualTo(request("shop", "other", 10).fingerprint())
        .isNotEqualTo(request("shop", "k", 11).fingerprint());
  }

  @Test
  void boundsRequestsAndBytesOfAnOriginAndInAll() {
    assertThat(put(request("shop", "large", 2001))).isInstanceOf(ForwardTables.Put.Full.class);
    assertThat(put(request("shop", "1", 2000))).isInstanceOf(ForwardTables.Put.New.class);
    // 512 bytes count for the row
    assertThat(put(request("shop", "2", 2000))).isInstanceOf(ForwardTables.Put.Full.class);
    kept("shop", "3");
    kept("shop", "4");
    assertThat(put(request("shop", "5", 0))).isInstanceOf(ForwardTables.Put.Full.class);
    assertThat(put(request("depot", "1", 1990))).isInstanceOf(ForwardTables.Put.New.class);
    assertThat(put(request("depot", "2", 0))).isInstanceOf(ForwardTables.Put.Full.class);
    var first = book.page(0, null, 1).getFirst();
    settle(first, done("x"));
    assertThat(put(request("depot", "2", 0))).isInstanceOf(ForwardTables.Put.New.class);
    assertThat(book.page(0, null, 10)).hasSize(5);
  }

  @Test
  void keepsNothingWhileTheDiskIsNearlyFull() {
    free.set(1500);
    assertThat(put(request("shop", "k", 10)))
        .isEqualTo(new ForwardTables.Put.Full("the disk is nearly full", true));
    assertThat(book.page(0, null, 10)).isEmpty();
  }

  @Test
  void anAnswerTakesTheRequestsPlace() {
    var forward = kept("shop", "k");
    assertThat(settle(forward, done("tea"))).isTrue();
    assertThat(settle(forward, done("tea"))).isFalse();
    restart();
    assertThat(book.request(forward.number())).isEmpty();
    assertThat(book.waiting()).isEmpty();
    var done = book.find(forward.id()).orElseThrow();
    assertThat(done.state()).isEqualTo(ForwardState.DONE);
    assertThat(done.attempts()).isEqualTo(2);
    assertThat(done.answer().status()).isEqualTo(201);
    assertThat(done.answer().headers()).containsOnlyKeys("X-A");
    assertThat(done.answer().bytes()).isEqualTo(3);
    assertThat(book.answer(forward.id()).orElseThrow().bytes())
        .isEqualTo("tea".getBytes(StandardCharsets.UTF_8));
    assertThat(book.totals())
        .isEqualTo(new ForwardTables.Totals(0, 0, 0, 1, 512 + "X-A:b\n".length() + 3));
  }

  @Test
  void ofAnAnswerTheHeadAloneIsKeptWhereTheDiskIsNearlyFull() {
    var forward = kept("shop", "k");
    free.set(1000);
    assertThat(settle(forward, done("tea"))).isTrue();
    assertHeadAlone(forward);
  }

  @Test
  void whoAsksForADamagedAnswerIsToldAndNobodyElseMinds() {
    var forward = kept("shop", "k");
    settle(forward, done("tea"));
    database.call(
        statements -> statements.change("update forward_answer set fields = ?", new byte[] {-1}));
    assertThatThrownBy(() -> book.find(forward.id())).isInstanceOf(DatabaseFailure.class);
    assertThatThrownBy(() -> book.answer(forward.id())).isInstanceOf(DatabaseFailure.class);
    assertThat(book.find(kept("shop", "l").id())).isPresent();
  }

  private void assertHeadAlone(Forward forward) {
    var answer = book.find(forward.id()).orElseThrow().answer();
    assertThat(answer.status()).isEqualTo(201);
    assertThat(answer.bytes()).isZero();
    assertThat(answer.whole()).isFalse();
  }

  @Test
  void norIsABodyKeptThatIsMoreThanAllThatMayBe() {
    var forward = kept("shop", "k");
    settle(forward, done("x".repeat(10_000)));
    assertHeadAlone(forward);
  }

  @Test
  void answersGoWhenANewOneIsTooMuch() {
    for (String key : new String[] {"1", "2", "3"}) {
      settle(kept("shop", key), done("x"));
    }
    assertThat(book.page(0, ForwardState.DONE, 10))
        .extracting(Forward::key)
        .containsExactly("2", "3");
  }

  @Test
  void whatIsParkedWaitsForSomebodyAndThenBehindAllOthers() {
    var one = kept("shop", "1");
    var two = kept("shop", "2");
    settle(one, parked());
    restart();
    assertThat(book.waiting()).extracting(Waiting::number).containsExactly(two.number());
    assertThat(book.find(one.id()).orElseThrow().error()).isEqualTo("no use");
    assertThat(book.totals().parked()).isEqualTo(1);
    assertThat(book.retry(one.id())).isPresent();
    assertThat(book.retry(one.id())).isEqualTo(Optional.empty());
    restart();
    assertThat(book.waiting())
        .extracting(Waiting::number)
        .containsExactly(two.number(), one.number());
    assertThat(book.totals().parked()).isZero();
  }

  @Test
  void errorsAreNoted() {
    var forward = kept("shop", "k");
    settle(forward, new Settlement.Failed(5, 2, 1, "e".repeat(1000)));
    restart();
    assertThat(book.waiting().getFirst().errors()).isEqualTo(2);
    assertThat(book.waiting().getFirst().unanswered()).isEqualTo(1);
    assertThat(book.find(forward.id()).orElseThrow().error()).hasSize(300);
  }

  @Test
  void answersGoWhenTheyAreOldOrTooMany() {
    for (String key : new String[] {"1", "2", "3"}) {
      settle(kept("shop", key), done("x"));
    }
    var waiting = kept("shop", "4");
    assertThat(sweep(NOW)).isFalse();
    assertThat(book.page(0, ForwardState.DONE, 10))
        .extracting(Forward::key)
        .containsExactly("2", "3");
    sweep(NOW.plus(Duration.ofDays(7)));
    assertThat(book.page(0, null, 10)).extracting(Forward::key).containsExactly("4");
    assertThat(book.find(waiting.id())).isPresent();
    assertThat(book.totals().answers()).isZero();
    assertThat(book.known("shop", "2")).isEmpty();
  }

  private boolean sweep(Instant now) {
    var forced = new CompletableFuture<Boolean>();
    book.sweep(now, 100, forced);
    return forced.join();
  }

  @Test
  void deletesWhateverItIs() {
    var one = kept("shop", "1");
    var two = kept("shop", "2");
    settle(two, parked());
    assertThat(book.remove(one.id())).isTrue();
    assertThat(book.remove(two.id())).isTrue();
    assertThat(book.remove(two.id())).isFalse();
    assertThat(book.totals()).isEqualTo(new ForwardTables.Totals(0, 0, 0, 0, 0));
    assertThat(book.request(one.number())).isEmpty();
  }

  @Test
  void tellsTheFirstInTurn() {
    assertThat(book.oldest()).isEmpty();
    kept("shop", "1");
    assertThat(book.oldest()).contains(NOW);
  }

  @Test
  void listsInPages() {
    var one = kept("shop", "1");
    var two = kept("shop", "2");
    kept("shop", "3");
    assertThat(book.page(one.number(), null, 1)).containsExactly(two);
    settle(two, parked());
    assertThat(book.page(0, ForwardState.PARKED, 5)).extracting(Forward::key).containsExactly("2");
    assertThat(book.page(0, ForwardState.WAITING, 5))
        .extracting(Forward::key)
        .containsExactly("1", "3");
  }
}
