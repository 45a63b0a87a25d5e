package com.softadastra.edge.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.edge.cache.Flight.Outcome;
import com.softadastra.edge.origin.Origin;
import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.origin.OriginResponse;
import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.CacheStatus.Forward;
import com.softadastra.edge.policy.ConnectionFields;
import com.softadastra.edge.policy.Freshness;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.HttpDate;
import com.softadastra.edge.policy.Invalidation;
import com.softadastra.edge.policy.RequestHead;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.edge.policy.Reuse;
import com.softadastra.edge.policy.Reuse.Failure;
import com.softadastra.edge.policy.Storability;
import com.softadastra.edge.policy.Validation;
import com.softadastra.edge.policy.Variants;
import com.softadastra.edge.store.Incoming;
import com.softadastra.edge.store.ResponseStore;
import com.softadastra.edge.store.Stored;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks origins, once for all who want the same at a time, and has the store keep what it may. */
final class Fetching {
  private static final Logger LOG = LoggerFactory.getLogger(Fetching.class);
  private static final int PIECE_BYTES = 32 << 10;
  private static final int MOST_ALONE = 10_000;

  /** An origin that failed sooner keeps nobody waiting. */
  private static final Duration SOON = Duration.ofMillis(500);

  /** Why requests for a key don't wait for one another. */
  private enum Remembered {
    NOT_SHARED,
    /** It was only found out when its length had come that it is too large to keep. */
    TOO_LARGE
  }

  /** A request that nothing is said by but what it is for. */
  private static final RequestHead ANYBODY = RequestHead.of("GET", Headers.NONE);

  private final ResponseStore store;
  private final CacheRules rules;
  private final InstantSource clock;
  private final Flights flights = new Flights();
  private final Cache<String, Remembered> alone;
  private final Map<Origin, Instant> stalled = new ConcurrentHashMap<>();

  Fetching(ResponseStore store, CacheRules rules, InstantSource clock) {
    this.store = store;
    this.rules = rules;
    this.clock = clock;
    alone = Caffeine.newBuilder().maximumSize(MOST_ALONE).expireAfterWrite(rules.alone()).build();
  }

  Answer fetch(Lookup lookup) {
    var key = lookup.request().key();
    boolean isShared =
        lookup.isGet()
            && !lookup.head().control().has("no-store")
            && !lookup.head().control().has("no-cache")
            && alone.getIfPresent(key) == null;
    if (!isShared) {
      return alone(lookup);
    }
    var mine = new Flight(key);
    var other = flights.join(mine);
    return other.isPresent() ? join(other.get(), lookup) : lead(mine, lookup);
  }

  /** Without waiting for others, or letting them wait. */
  Answer alone(Lookup lookup) {
    var flight = new Flight(lookup.request().key());
    flights.add(flight);
    try {
      return ask(flight, lookup, false);
    } finally {
      leave(flight);
    }
  }

  /** Does it as the first who wants it; others may be waiting for the flight to land. */
  private Answer lead(Flight flight, Lookup lookup) {
    try {
      // It may have come between our look into the store and the flight.
      var arrived = arrived(lookup);
      if (arrived.isPresent()) {
        flight.land(new Outcome.Kept(arrived.get()));
        var answer = served(lookup, arrived.get(), Forward.URI_MISS, 0, true);
        if (answer.isPresent()) {
          return answer.get();
        }
      }
      return ask(flight, lookup, true);
    } finally {
      flight.land(new Outcome.NotShared());
      leave(flight);
    }
  }

  /** Where a body is coming, whoever takes it in does this. */
  private void leave(Flight flight) {
    if (!flight.isComing()) {
      flights.leave(flight);
    }
  }

  private Optional<Stored> arrived(Lookup lookup) {
    return Variants.select(
            store.variants(lookup.request().key()), lookup.request().headers(), Stored::head)
        .filter(stored -> !lookup.stored().equals(Optional.of(stored)))
        .filter(stored ->
            Reuse.of(lookup.head().control(), stored.head(), freshness(stored.head()))
                    instanceof Reuse.Serve(boolean behind)
                && !behind);
  }

  private Answer join(Flight flight, Lookup lookup) {
    Outcome outcome;
    try {
      outcome = flight.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new NoAnswer(ProblemCode.BUSY, "this node stops", CacheStatus.refused("stopping"));
    }
    var shared =
        switch (outcome) {
          case Outcome.Coming(ResponseHead head, Incoming body) ->
              fits(head, lookup) ? coming(lookup, head, body, true) : Optional.<Answer>empty();
          case Outcome.Kept(Stored stored) ->
              fits(stored.head(), lookup)
                  ? served(lookup, stored, lookup.why(), 0, true)
                  : Optional.<Answer>empty();
          case Outcome.NotShared _ -> Optional.<Answer>empty();
          case Outcome.Failed(OriginFailure failure) -> Optional.of(failed(lookup, failure));
          case Outcome.Erred(int status) -> erred(lookup, status);
        };
    return shared.orElseGet(() -> alone(lookup));
  }

  /** Whether what another asked for answers this request, too. */
  private boolean fits(ResponseHead head, Lookup lookup) {
    return Variants.matches(head.selecting(), lookup.request().headers())
        && !(Reuse.of(lookup.head().control(), head, freshness(head)) instanceof Reuse.Validate);
  }

  private Answer ask(Flight flight, Lookup lookup, boolean isShared) {
    var request = lookup.request();
    var stored = lookup.stored().filter(it -> Validation.isPossible(it.head()));
    var headers = request.headers();
    if (stored.isPresent()) {
      headers = Validation.conditional(headers, stored.get().head());
    } else if (isShared) {
      headers = Validation.whole(headers);
    }
    var requestedAt = clock.instant();
    OriginResponse response;
    try {
      response = request.origin().send(request.method(), request.target(), headers, null, -1);
      stalled.remove(request.origin().origin());
    } catch (OriginFailure failure) {
      if (Duration.between(requestedAt, clock.instant()).compareTo(SOON) > 0) {
        stalled.put(request.origin().origin(), clock.instant().plus(rules.stalled()));
      }
      flight.land(new Outcome.Failed(failure));
      return failed(lookup, failure);
    }
    var head = head(response, requestedAt, request.headers());
    if (head.status() == 304 && stored.isPresent()) {
      response.close();
      if (!Validation.confirms(head, stored.get().head())) {
        return ask(flight, lookup.withoutStored(), isShared);
      }
      return confirmed(flight, lookup, stored.get(), head);
    }
    if (Failure.isError(head.status())) {
      var stale = erred(lookup, head.status());
      if (stale.isPresent()) {
        response.close();
        flight.land(new Outcome.Erred(head.status()));
        return stale.get();
      }
    }
    if (!lookup.isGet()) {
      lookup.stored().ifPresent(it -> compare(it, head));
    }
    return receive(flight, lookup, head, response, isShared);
  }

  private Optional<Answer> erred(Lookup lookup, int status) {
    return isAllowed(lookup, Failure.ERROR_STATUS)
        ? stale(lookup, "stale: origin answered " + status, status)
        : Optional.empty();
  }

  private ResponseHead head(OriginResponse response, Instant requestedAt, Headers request) {
    var now = clock.instant();
    var headers = ConnectionFields.without(response.headers());
    if (!headers.has("Date")) {
      headers = headers.with("Date", HttpDate.format(now));
    }
    return ResponseHead.of(
        response.status(), headers, requestedAt, now, Variants.selecting(headers, request));
  }

  private Answer confirmed(Flight flight, Lookup lookup, Stored stored, ResponseHead head) {
    var newer = Validation.refreshed(stored.head(), head);
    var answer = Optional.<Answer>empty();
    if (Storability.of(ANYBODY, newer) == Storability.YES) {
      store.refresh(stored, newer);
      flight.land(new Outcome.Kept(stored));
      answer = served(lookup, stored, lookup.why(), 304, false);
    } else {
      answer =
          store
              .body(stored)
              .map(body ->
                  HttpCache.answer(
                      lookup,
                      newer,
                      freshness(newer),
                      body,
                      CacheStatus.forwarded(lookup.why(), 304)));
      store.remove(stored);
    }
    return answer.orElseGet(() -> ask(flight, lookup.withoutStored(), true));
  }

  /** What HEAD says of a stored response (4.3.5). */
  private void compare(Stored stored, ResponseHead ofHead) {
    if (ofHead.status() != 200) {
      return;
    }
    if (Validation.contradicts(ofHead, stored.head(), stored.bytes())) {
      store.remove(stored);
    } else if (ofHead.hasTag()) {
      store.refresh(stored, Validation.refreshed(stored.head(), ofHead));
    }
  }

  private Answer receive(
      Flight flight, Lookup lookup, ResponseHead head, OriginResponse response, boolean isShared) {
    var storability = Storability.of(lookup.head(), head);
    var key = lookup.request().key();
    if (storability == Storability.YES
        && response.length() <= rules.largest()
        && alone.getIfPresent(key) != Remembered.TOO_LARGE
        && !flight.isOutdated()) {
      var room = store.begin(response.length());
      if (room.isPresent()) {
        var kept = head.with(Storability.kept(head).without("Content-Length"));
        alone.invalidate(key);
        return keep(flight, lookup, kept, response, room.get());
      }
    }
    boolean isWhole = lookup.isGet() && head.status() != 304 && head.status() != 206;
    if (isWhole && head.status() < 500 && !lookup.head().control().has("no-store")) {
      // what is stored is not what the origin answers now
      lookup.stored().ifPresent(store::remove);
    }
    if (isWhole && isShared) {
      alone.asMap().putIfAbsent(key, Remembered.NOT_SHARED);
    }
    var status = CacheStatus.forwarded(lookup.why(), head.status());
    var passed = new PassedBody(response);
    return lookup.isGet()
        ? Answer.whole(head.status(), head.headers().without("Content-Length"), passed, status)
        : new Answer(head.status(), head.headers(), passed, 0, 0, -1, status);
  }

  private Answer keep(
      Flight flight, Lookup lookup, ResponseHead head, OriginResponse response, Incoming body) {
    flight.land(new Outcome.Coming(head, body));
    Optional<Answer> answer;
    try {
      answer = coming(lookup, head, body, false);
    } finally {
      Thread.ofVirtual()
          .name("http-cache-fetch")
          .start(() -> pump(flight, lookup, head, response, body));
    }
    return answer.orElseThrow(
        () -> new IllegalStateException("a file that was just made can't be read"));
  }

  /** Takes the body in, whether or not anybody still waits for it. */
  private void pump(
      Flight flight, Lookup lookup, ResponseHead head, OriginResponse response, Incoming body) {
    try (response) {
      var end = System.nanoTime() + rules.longest().toNanos();
      var piece = new byte[PIECE_BYTES];
      for (int n = response.body().read(piece); n >= 0; n = response.body().read(piece)) {
        if (body.written() + n > rules.largest() || System.nanoTime() > end) {
          alone.put(flight.key(), Remembered.TOO_LARGE);
          throw new IOException("it is too large to be kept, or takes too long");
        }
        body.append(piece, n);
      }
      if (flight.isOutdated()) {
        store.discard(body);
        return;
      }
      var stored = store.publish(body, flight.key(), head, lookup.request().headers());
      if (flight.isOutdated()) {
        store.remove(stored);
      }
      // what its readers have changed or purged next is not taken for something about it
      flights.leave(flight);
      store.keep(body, stored);
    } catch (IOException | RuntimeException e) {
      LOG.debug("a body did not come whole", e);
      store.abort(body, e);
    } finally {
      flights.leave(flight);
    }
  }

  private Optional<Answer> coming(
      Lookup lookup, ResponseHead head, Incoming body, boolean isCollapsed) {
    try {
      var freshness = freshness(head);
      var status = CacheStatus.forwarded(lookup.why(), isCollapsed ? 0 : head.status());
      return Optional.of(
          HttpCache.answer(
              lookup, head, freshness, body.reader(), status.withStored(freshness, isCollapsed)));
    } catch (IOException e) {
      LOG.debug("a body is gone before it was read", e);
      return Optional.empty();
    }
  }

  private Optional<Answer> served(
      Lookup lookup, Stored stored, Forward why, int status, boolean isCollapsed) {
    var freshness = freshness(stored.head());
    var told = CacheStatus.forwarded(why, status).withStored(freshness, isCollapsed);
    return store
        .body(stored)
        .map(body -> HttpCache.answer(lookup, stored.head(), freshness, body, told));
  }

  private Answer failed(Lookup lookup, OriginFailure failure) {
    var kind =
        failure.kind() == OriginFailure.Kind.NOT_HTTP ? Failure.ERROR_STATUS : Failure.NO_ANSWER;
    var stale =
        isAllowed(lookup, kind)
            ? stale(lookup, "stale: origin unreachable", 0)
            : Optional.<Answer>empty();
    return stale.orElseThrow(() -> noAnswer(failure, lookup.why()));
  }

  static NoAnswer noAnswer(OriginFailure failure, Forward why) {
    var status = CacheStatus.forwarded(why, 0);
    return switch (failure.kind()) {
      case NOT_CONNECTED, NO_ANSWER ->
          new NoAnswer(
              ProblemCode.ORIGIN_UNREACHABLE,
              "the origin does not answer, and nothing here may answer for it",
              status.withDetail("origin unreachable"));
      case NOT_HTTP ->
          new NoAnswer(
              ProblemCode.ORIGIN_FAILED,
              "the origin's answer is not HTTP, or its head is too large",
              status.withDetail("origin failed"));
      case BUSY ->
          new NoAnswer(
              ProblemCode.BUSY,
              "all connections to the origin are taken",
              status.withDetail("origin busy"));
    };
  }

  private boolean isAllowed(Lookup lookup, Failure failure) {
    return lookup
        .stored()
        .filter(stored ->
            Reuse.isAllowedOn(
                failure,
                lookup.head().control(),
                stored.head(),
                freshness(stored.head()),
                rules.cutOff()))
        .isPresent();
  }

  /** Where the origin wasn't heard it is a hit, else an answer to a request that went on. */
  private Optional<Answer> stale(Lookup lookup, String detail, int status) {
    var stored = lookup.stored().orElseThrow();
    var freshness = freshness(stored.head());
    var told = CacheStatus.hit(freshness, detail);
    if (status != 0) {
      told = CacheStatus.forwarded(lookup.why(), status).withTtl(freshness).withDetail(detail);
    }
    var cacheStatus = told;
    return store
        .body(stored)
        .map(body -> HttpCache.answer(lookup, stored.head(), freshness, body, cacheStatus));
  }

  private Freshness freshness(ResponseHead head) {
    return Freshness.of(head, rules.guess(), clock.instant());
  }

  boolean isStalled(Origin origin) {
    var until = stalled.get(origin);
    return until != null && clock.instant().isBefore(until);
  }

  /** Fetches for the store alone. */
  void refreshBehind(Lookup lookup) {
    var request = lookup.request();
    var asGet =
        new ClientRequest(
            request.origin(),
            "GET",
            request.target(),
            Validation.whole(request.headers()),
            null,
            -1);
    var behind = new Lookup(asGet, asGet.head(), lookup.stored(), Forward.STALE);
    var flight = new Flight(request.key());
    if (flights.join(flight).isPresent()) {
      return;
    }
    Thread.ofVirtual()
        .name("http-cache-refresh")
        .start(() -> {
          try {
            lead(flight, behind).close();
          } catch (NoAnswer e) {
            LOG.debug("not refreshed", e);
          }
        });
  }

  void outdate(Predicate<String> isKey) {
    flights.outdate(isKey);
  }

  /** Forgets what a request has changed that was answered so (RFC 9111, 4.4). */
  void changed(String method, URI target, int status, Headers answer) {
    Invalidation.of(method, target, status, answer).forEach(uri -> invalidate(uri.toString()));
  }

  /** What is stored there, or about to be, is not true any more. */
  void invalidate(String key) {
    flights.outdate(key::equals);
    store.removeAll(key);
  }
}
