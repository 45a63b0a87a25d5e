package com.softadastra.edge.forward;

import com.softadastra.edge.Answering;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.policy.Headers;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Kept requests, put through power failures. Commit n keeps 1 to 4 requests of up to a few thousand
 * bytes, and of those that wait some are answered and some parked.
 */
public final class StoredForwards extends Answering {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final ForwardLimits LIMITS =
      new ForwardLimits(
          1 << 20,
          1 << 20,
          1L << 40,
          1 << 20,
          1L << 40,
          0,
          1 << 20,
          1 << 20,
          1L << 40,
          Duration.ofDays(7),
          8,
          4,
          Duration.ofSeconds(30),
          3,
          3);

  private final long seed;
  private final int journalBytes;

  /** The state of each request after each commit, by its number. */
  private final ConcurrentHashMap<Integer, TreeMap<Long, ForwardState>> after =
      new ConcurrentHashMap<>();

  /** The number that each was given; others than those here where some had failed before. */
  private final ConcurrentHashMap<Long, Long> numbers = new ConcurrentHashMap<>();

  public StoredForwards(long seed, int journalBytes) {
    this.seed = seed;
    this.journalBytes = journalBytes;
    after.put(0, new TreeMap<>());
  }

  private EdgeDatabase database(String files, GuardSettings settings) {
    // each image has a guard of its own, since several are opened at once
    var scheme = "guard" + files.substring(0, files.indexOf(':'));
    return EdgeDatabase.open(
        files,
        GuardFileSystem.register(scheme.replace("-", ""), settings.withJournalBytes(journalBytes)),
        settings.failStop(),
        _ -> {});
  }

  private record Commit(
      List<Kept> brought, TreeMap<Long, Settlement> settled, TreeMap<Long, ForwardState> left) {}

  private Commit commit(int number) {
    var left = new TreeMap<>(after.get(number - 1));
    var random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    var settled = new TreeMap<Long, Settlement>();
    left.replaceAll((id, state) -> {
      int drawn = random.nextInt(10);
      if (state != ForwardState.WAITING || drawn > 1) {
        return state;
      }
      settled.put(
          id,
          drawn == 0
              ? new Settlement.Done(
                  1, new Attempt.Answered(200, Headers.NONE, bytes(id, 50), true), NOW)
              : new Settlement.Parked(1, "no use", NOW));
      return drawn == 0 ? ForwardState.DONE : ForwardState.PARKED;
    });
    var brought = new ArrayList<Kept>();
    long last = left.isEmpty() ? 0 : left.lastKey();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      last++;
      brought.add(request(last, 1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 500)));
      left.put(last, ForwardState.WAITING);
    }
    return new Commit(brought, settled, left);
  }

  private static byte[] bytes(long id, int size) {
    var bytes = new byte[size];
    new Random(id).nextBytes(bytes);
    return bytes;
  }

  private static UUID id(long number) {
    return new UUID(0, number);
  }

  private static Kept request(long number, int size) {
    return new Kept(
        id(number),
        "shop",
        "http://shop",
        "",
        "key " + number,
        "POST",
        "/orders",
        Headers.of("Idempotency-Key", "key " + number),
        bytes(number, size),
        NOW);
  }

  @Override
  public Running open(String files, GuardSettings settings) {
    var database = database(files, settings);
    try {
      return new Book(database);
    } catch (RuntimeException e) {
      database.abandon();
      throw e;
    }
  }

  private final class Book extends Running {
    private final EdgeDatabase database;
    private final ForwardBook book;

    Book(EdgeDatabase database) {
      this.database = database;
      book = new ForwardBook(database, LIMITS, () -> Long.MAX_VALUE);
    }

    @Override
    protected List<CompletableFuture<?>> handIn(int number, boolean again) {
      var commit = StoredForwards.this.commit(number);
      after.put(number, commit.left());
      var answers = new ArrayList<CompletableFuture<?>>();
      commit
          .settled()
          .forEach((id, settlement) -> {
            var done = new CompletableFuture<Boolean>();
            answers.add(
                done.thenAccept(isDone -> {
                  if (!isDone && !again) {
                    throw new AssertionError("request " + id + " did not wait");
                  }
                  answer(-id);
                }));
            book.settle(numbers.get(id), settlement, done);
          });
      for (var request : commit.brought()) {
        long id = request.id().getLeastSignificantBits();
        var put = new CompletableFuture<ForwardTables.Put>();
        answers.add(
            put.thenAccept(outcome -> {
              switch (outcome) {
                case ForwardTables.Put.New(var forward) -> numbers.put(id, forward.number());
                case ForwardTables.Put.Known(var forward)
                    when again && forward.id().equals(request.id()) ->
                    numbers.put(id, forward.number());
                case ForwardTables.Put.Known _, ForwardTables.Put.Full _ ->
                    throw new AssertionError("request " + id + " is answered with " + outcome);
              }
              answer(id);
            }));
        book.put(request, put);
      }
      return answers;
    }

    @Override
    public Optional<String> violation(Answered answered) {
      return wrong(book, answered);
    }

    @Override
    public void close() {
      database.close();
    }

    @Override
    public void abandon() {
      database.abandon();
    }
  }

  @Override
  public Optional<String> violation(String files, Answered answered) {
    Running running;
    try {
      running = open(files, GuardSettings.production().withFailStop(THROWING));
    } catch (RuntimeException e) {
      return Optional.of("does not open: " + e);
    }
    try {
      return running.violation(answered);
    } catch (RuntimeException e) {
      return Optional.of("can't be read: " + e);
    } finally {
      running.abandon();
    }
  }

  /** All that was acknowledged is there; of the commit after, the first changes or none. */
  private Optional<String> wrong(ForwardBook book, Answered answered) {
    var before = after.get(answered.commits());
    var next = commit(answered.commits() + 1);
    for (var each : before.entrySet()) {
      long number = each.getKey();
      var found = book.find(id(number));
      if (found.isEmpty()) {
        return Optional.of("request " + number + " is lost");
      }
      var state = found.get().state();
      if (state != each.getValue() && state != next.left().get(number)) {
        return Optional.of("request " + number + " is " + state + ", not " + each.getValue());
      }
      if (answered.changes().contains(-number) && state != next.left().get(number)) {
        return Optional.of("request " + number + " is " + state + " still");
      }
      if (!found.get().key().equals("key " + number)) {
        return Optional.of("request " + number + " has another key");
      }
      if (!isWhole(book, number, found.get())) {
        return Optional.of("request " + number + " has other bytes");
      }
    }
    for (long number : answered.changes()) {
      if (number > 0 && book.find(id(number)).isEmpty()) {
        return Optional.of("request " + number + " of the last commit is lost");
      }
    }
    for (var forward : book.page(0, null, Integer.MAX_VALUE)) {
      if (!next.left().containsKey(forward.id().getLeastSignificantBits())) {
        return Optional.of("nobody sent request " + forward.id());
      }
    }
    long waiting = book.waiting().size();
    return book.totals().waiting() == waiting
        ? Optional.empty()
        : Optional.of("counted " + book.totals().waiting() + " of " + waiting);
  }

  private static boolean isWhole(ForwardBook book, long number, Forward forward) {
    if (forward.state() == ForwardState.DONE) {
      return Arrays.equals(book.answer(forward.id()).orElseThrow().bytes(), bytes(number, 50));
    }
    var request = book.request(forward.number()).orElseThrow();
    return Arrays.equals(request.body(), bytes(number, request.body().length))
        && new String(FieldLines.of(request.headers()), StandardCharsets.UTF_8)
            .equals("Idempotency-Key:key " + number + "\n");
  }
}
