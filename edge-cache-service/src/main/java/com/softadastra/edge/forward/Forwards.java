package com.softadastra.edge.forward;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.cache.Answer;
import com.softadastra.edge.cache.ClientRequest;
import com.softadastra.edge.cache.ForwardStore;
import com.softadastra.edge.cache.NoAnswer;
import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.origin.OriginClient;
import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.store.Body;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps requests that change something at an origin that can't be reached, delivers them when it
 * can be, and tells what became of them. Any thread may use it.
 */
public final class Forwards implements ForwardStore, AutoCloseable {
  /** A request's own field, which goes on with it. */
  public static final String KEY = "Idempotency-Key";

  public static final String PATH = "/api/v1/forwards/";

  private static final Logger LOG = LoggerFactory.getLogger(Forwards.class);
  private static final int LONGEST_KEY = 255;
  private static final int LONGEST_METHOD = 64;
  private static final Duration SWEEP_EVERY = Duration.ofMinutes(1);
  private static final int SWEEP_MOST = 256;
  private static final Duration END = Duration.ofSeconds(3);

  private final ForwardBook book;
  private final Delivery delivery;
  private final ForwardLimits limits;
  private final Map<String, OriginClient> origins;
  private final Surroundings surroundings;
  private final Function<Forward, byte[]> json;
  private final BodyRoom room = new BodyRoom();
  private volatile Schedule.@Nullable Due sweeping;
  private volatile boolean closed;

  /**
   * @param freeBytes how much room the disk has
   * @param changed is told what delivered requests have changed
   * @param json writes a receipt
   */
  public Forwards(
      EdgeDatabase database,
      ForwardLimits limits,
      LongSupplier freeBytes,
      Map<String, OriginClient> origins,
      Changed changed,
      Function<Forward, byte[]> json,
      Surroundings surroundings) {
    this.limits = limits;
    this.origins = origins;
    this.json = json;
    this.surroundings = surroundings;
    book = new ForwardBook(database, limits, freeBytes);
    delivery =
        new Delivery(
            new OriginCourier(origins, book, changed, limits.answerBody()),
            book,
            limits,
            surroundings);
  }

  /** Told of each answer before it is kept, so that nothing is served that it made untrue. */
  public interface Changed {
    void by(String method, URI target, int status, Headers headers);
  }

  /** Takes up what waits. */
  public void start() {
    int without = 0;
    for (var waiting : book.waiting()) {
      if (isConfigured(waiting.origin(), waiting.site())) {
        delivery.hold(waiting.lane());
        delivery.add(waiting);
      } else {
        without++;
      }
    }
    if (without > 0) {
      LOG.warn("{} kept requests wait for origins that aren't configured any more", without);
    }
    origins.forEach((name, client) -> client.whenHeard(() -> delivery.heard(name)));
    sweep();
  }

  private boolean isConfigured(String origin, String site) {
    var client = origins.get(origin);
    return client != null && client.origin().site().equals(site);
  }

  private void sweep() {
    var more = new CompletableFuture<Boolean>();
    more.whenComplete((isMore, failure) -> {
      if (!closed) {
        boolean isSoon = failure == null && isMore;
        sweeping = surroundings.schedule().after(isSoon ? Duration.ZERO : SWEEP_EVERY, this::sweep);
      }
    });
    book.sweep(surroundings.clock().instant(), SWEEP_MOST, more);
  }

  @Override
  public Optional<Answer> instead(ClientRequest request) {
    String origin = request.origin().origin().name();
    var key = key(request);
    if (key.isPresent()) {
      var known = reading(() -> book.known(origin, key.get()));
      if (known.isPresent()) {
        try (var body = read(request)) {
          return Optional.of(again(known.get(), kept(request, body.bytes())));
        }
      }
    }
    return delivery.holds(Kept.lane(origin, order(request)))
        ? Optional.of(keep(request))
        : Optional.empty();
  }

  @Override
  public Optional<Held> body(ClientRequest request) {
    boolean fits = request.length() >= 0 && request.length() <= limits.body();
    return fits && key(request).isPresent() ? Optional.of(read(request)) : Optional.empty();
  }

  @Override
  public Answer keep(ClientRequest request, Optional<byte[]> body, NoAnswer unreachable) {
    return body.map(bytes -> keep(request, bytes)).orElseGet(() -> keep(request));
  }

  private Answer keep(ClientRequest request) {
    try (var body = read(request)) {
      return keep(request, body.bytes());
    }
  }

  private Answer keep(ClientRequest request, byte[] body) {
    var kept = kept(request, body);
    var lane = kept.lane();
    var forced = new CompletableFuture<ForwardTables.Put>();
    delivery.hold(lane);
    var taken =
        forced.whenComplete((put, _) -> {
          if (put instanceof ForwardTables.Put.New(Forward forward)) {
            delivery.add(new Waiting(forward.number(), kept.origin(), kept.site(), lane, 0, 0, 0));
          } else {
            delivery.release(lane);
          }
        });
    book.put(kept, forced);
    return switch (reading(taken::join)) {
      case ForwardTables.Put.New(Forward forward) -> receipt(202, forward, false);
      case ForwardTables.Put.Known(Forward forward) -> again(forward, kept);
      case ForwardTables.Put.Full(String why, boolean isDisk) ->
          throw new Refused(isDisk ? ProblemCode.STORAGE_FULL : ProblemCode.FORWARD_NOT_KEPT, why);
    };
  }

  private Answer again(Forward known, Kept request) {
    if (!known.fingerprint().equals(request.fingerprint())) {
      throw new Refused(
          Problem.of(
                  ProblemCode.FORWARD_MISMATCH,
                  "under this " + KEY + " another request is kept: " + known.id())
              .with("forward", known.id().toString()));
    }
    var now = delivery.progress(known.number()).map(known::with).orElse(known);
    return receipt(now.state() == ForwardState.DONE ? 200 : 202, now, true);
  }

  private Answer receipt(int status, Forward forward, boolean isReplayed) {
    byte[] bytes = json.apply(forward);
    var headers =
        Headers.of(
            "Content-Type",
            "application/json",
            "Cache-Control",
            "no-store",
            "Location",
            PATH + forward.id());
    if (status == 202) {
      headers = headers.with("Retry-After", Long.toString(seconds(forward)));
    }
    if (isReplayed) {
      headers = headers.with("Idempotent-Replayed", "true");
    }
    return new Answer(
        status,
        headers,
        new Bytes(bytes),
        0,
        bytes.length,
        bytes.length,
        CacheStatus.forwarded(CacheStatus.Forward.METHOD, 0).withDetail("kept"));
  }

  private long seconds(Forward forward) {
    return forward.nextAttempt() == null
        ? 1
        : 1
            + Math.max(
                0,
                Duration.between(surroundings.clock().instant(), forward.nextAttempt())
                    .toSeconds());
  }

  private Kept kept(ClientRequest request, byte[] body) {
    if (request.method().length() > LONGEST_METHOD) {
      throw new Refused(ProblemCode.INVALID_REQUEST, "no request of such a method is kept");
    }
    if (request.headers().has(KEY) && key(request).isEmpty()) {
      throw notKey(KEY);
    }
    var id = UUID.randomUUID();
    String key = key(request).orElseGet(id::toString);
    return new Kept(
        id,
        request.origin().origin().name(),
        request.origin().origin().site(),
        order(request),
        key,
        request.method(),
        request.target(),
        request.headers().without(ORDER).without(KEY).with(KEY, key),
        body,
        surroundings.clock().instant());
  }

  /** Empty also where it is none that is kept; the origin may know better. */
  private static Optional<String> key(ClientRequest request) {
    return Optional.of(request.headers().joined(KEY)).filter(Forwards::isKey);
  }

  /** What isn't named is in order with all of its origin. */
  private static String order(ClientRequest request) {
    String order = request.headers().joined(ORDER);
    if (request.headers().has(ORDER) && !isKey(order)) {
      throw notKey(ORDER);
    }
    return order;
  }

  private static boolean isKey(String text) {
    return !text.isBlank() && text.length() <= LONGEST_KEY;
  }

  private static Refused notKey(String name) {
    return new Refused(
        Problem.ofField(
            ProblemCode.INVALID_REQUEST, name, "has 1 to " + LONGEST_KEY + " characters"));
  }

  /**
   * @throws Refused where it is larger than what is kept
   */
  private Held read(ClientRequest request) {
    var body = request.body() == null ? InputStream.nullInputStream() : request.body();
    try {
      return room.read(body, limits.body());
    } catch (IOException e) {
      LOG.debug("a body broke off", e);
      throw new Refused(ProblemCode.INVALID_REQUEST, "the request's body broke off");
    }
  }

  private interface Reading<T> {
    T get();
  }

  private static <T> T reading(Reading<T> reading) {
    try {
      return reading.get();
    } catch (DatabaseFailure | CompletionException e) {
      LOG.error("kept requests can't be read or written", e);
      throw new Refused(ProblemCode.NOT_RECORDING, "what is kept can't be read or written");
    }
  }

  // ---- for those who ask

  /**
   * @throws Refused {@code forward-unknown}
   */
  public Forward find(UUID id) {
    return now(reading(() -> book.find(id)).orElseThrow(Forwards::unknown));
  }

  private Forward now(Forward forward) {
    return forward.state() == ForwardState.WAITING
        ? delivery.progress(forward.number()).map(forward::with).orElse(forward)
        : forward;
  }

  private static Refused unknown() {
    return new Refused(ProblemCode.FORWARD_UNKNOWN, "no request of that id is kept");
  }

  /**
   * @param after the number after which it begins
   * @param state as it is stored, or null for any
   */
  public List<Forward> page(long after, @Nullable ForwardState state, int most) {
    return reading(() -> book.page(after, state, most)).stream().map(this::now).toList();
  }

  /**
   * The body of the origin's answer.
   *
   * @param type of it, or null
   */
  public record AnswerBody(byte[] bytes, @Nullable String type, @Nullable String encoding) {}

  /**
   * @throws Refused where there is none, yet or any more
   */
  public AnswerBody answer(UUID id) {
    if (find(id).state() != ForwardState.DONE) {
      throw new Refused(ProblemCode.FORWARD_NOT_ENDED, "it has no answer yet");
    }
    var body = reading(() -> book.answer(id)).orElseThrow(Forwards::unknown);
    return new AnswerBody(
        body.bytes(),
        body.headers().first("Content-Type").orElse(null),
        body.headers().first("Content-Encoding").orElse(null));
  }

  /**
   * A parked request waits again, behind all others.
   *
   * @throws Refused where it isn't parked
   */
  public Forward retry(UUID id) {
    find(id);
    var waiting =
        reading(() -> book.retry(id))
            .orElseThrow(
                () -> new Refused(ProblemCode.FORWARD_NOT_ENDED, "only what is parked is retried"));
    delivery.hold(waiting.lane());
    delivery.add(waiting);
    return find(id);
  }

  /**
   * Deletes a request, or what is kept of it.
   *
   * @throws Refused where it is just being sent
   */
  public void delete(UUID id) {
    var forward = find(id);
    boolean waits =
        forward.state() == ForwardState.WAITING || forward.state() == ForwardState.UNDERWAY;
    if (!waits || !isConfigured(forward.origin(), forward.site())) {
      reading(() -> book.remove(id));
      return;
    }
    var lane = Kept.lane(forward.origin(), forward.order());
    if (!delivery.leave(forward.number(), forward.origin(), lane).join()) {
      throw new Refused(ProblemCode.FORWARD_NOT_ENDED, "it is just being sent");
    }
    boolean isGone = false;
    try {
      reading(() -> book.remove(id));
      isGone = true;
    } finally {
      delivery.left(forward.number(), forward.origin(), lane, isGone);
    }
  }

  /**
   * As of the last force, but for what is said otherwise.
   *
   * @param bytes of those that wait or are parked
   * @param attempts since the start
   */
  public record Totals(
      long waiting, long parked, long bytes, long answers, long answerBytes, long attempts) {}

  public Totals totals() {
    var totals = book.totals();
    return new Totals(
        totals.waiting(),
        totals.parked(),
        totals.bytes(),
        totals.answers(),
        totals.answerBytes(),
        delivery.attempts());
  }

  /** When the first in turn of those that wait was accepted. */
  public Optional<Instant> oldest() {
    return reading(book::oldest);
  }

  /** Begins nothing any more, and waits a little for what is under way. */
  @Override
  public void close() {
    closed = true;
    if (sweeping != null) {
      sweeping.cancel();
    }
    delivery.close().completeOnTimeout(null, END.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  private record Bytes(byte[] bytes) implements Body {
    @Override
    public long length() {
      return bytes.length;
    }

    @Override
    public void copy(OutputStream out, long from, long to) throws IOException {
      out.write(bytes, (int) from, (int) Math.min(to, bytes.length) - (int) from);
    }

    @Override
    public void close() {
      // it is in memory
    }
  }
}
