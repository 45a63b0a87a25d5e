package com.softadastra.edge.cache;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.edge.policy.ByteRange;
import com.softadastra.edge.policy.CacheStatus;
import com.softadastra.edge.policy.CacheStatus.Forward;
import com.softadastra.edge.policy.Conditions;
import com.softadastra.edge.policy.Freshness;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.edge.policy.Reuse;
import com.softadastra.edge.policy.Variants;
import com.softadastra.edge.store.Body;
import com.softadastra.edge.store.ResponseStore;
import com.softadastra.edge.store.Stored;
import java.net.URI;
import java.time.InstantSource;
import java.util.Optional;

/** Answers requests from the store where the rules allow it, and has them fetched where not. */
public final class HttpCache {
  private final ResponseStore store;
  private final Fetching fetching;
  private final Passing passing;
  private final CacheRules rules;
  private final InstantSource clock;

  public HttpCache(
      ResponseStore store, CacheRules rules, InstantSource clock, ForwardStore forwards) {
    this.store = store;
    this.rules = rules;
    this.clock = clock;
    fetching = new Fetching(store, rules, clock);
    passing = new Passing(fetching, forwards);
  }

  /**
   * @throws NoAnswer where neither the store nor the origin has one
   */
  public Answer answer(ClientRequest request) {
    boolean isRead = request.method().equals("GET") || request.method().equals("HEAD");
    if (!isRead) {
      return passing.pass(request);
    }
    if (Conditions.areForTheOrigin(request.headers())) {
      return fetching.alone(Lookup.passedBy(request));
    }
    var lookup = lookUp(request);
    var stored = lookup.stored();
    if (stored.isEmpty()) {
      return missing(lookup);
    }
    var freshness = freshness(stored.get().head());
    var hit =
        switch (Reuse.of(lookup.head().control(), stored.get().head(), freshness)) {
          case Reuse.Serve(boolean behind) -> {
            if (behind) {
              fetching.refreshBehind(lookup);
            }
            String detail = behind ? "stale while revalidating" : "";
            yield served(lookup, stored.get(), CacheStatus.hit(freshness, detail));
          }
          case Reuse.Validate(boolean _) when isStalled(lookup, freshness) -> {
            fetching.refreshBehind(lookup);
            yield served(
                lookup, stored.get(), CacheStatus.hit(freshness, "stale: origin unreachable"));
          }
          case Reuse.Validate _ -> Optional.<Answer>empty();
        };
    return hit.orElseGet(() -> missing(lookup));
  }

  private Lookup lookUp(ClientRequest request) {
    var head = request.head();
    var variants = store.variants(request.key());
    var stored = Variants.select(variants, request.headers(), Stored::head);
    Forward why;
    if (stored.isPresent()) {
      boolean fresh = freshness(stored.get().head()).isFresh();
      why = fresh ? Forward.REQUEST : Forward.STALE;
      store.touch(stored.get());
    } else {
      why = variants.isEmpty() ? Forward.URI_MISS : Forward.VARY_MISS;
    }
    return new Lookup(request, head, stored, why);
  }

  private Freshness freshness(ResponseHead head) {
    return Freshness.of(head, rules.guess(), clock.instant());
  }

  private boolean isStalled(Lookup lookup, Freshness freshness) {
    return fetching.isStalled(lookup.request().origin().origin())
        && Reuse.isAllowedOn(
            Reuse.Failure.NO_ANSWER,
            lookup.head().control(),
            lookup.stored().orElseThrow().head(),
            freshness,
            rules.cutOff());
  }

  private Answer missing(Lookup lookup) {
    if (lookup.head().control().has("only-if-cached")) {
      throw new NoAnswer(
          ProblemCode.NOT_CACHED,
          "the request asks for what is here alone, and nothing here may answer it",
          CacheStatus.refused("only-if-cached"));
    }
    return fetching.fetch(lookup);
  }

  private Optional<Answer> served(Lookup lookup, Stored stored, CacheStatus status) {
    return store
        .body(stored)
        .map(body -> answer(lookup, stored.head(), freshness(stored.head()), body, status));
  }

  /** The response, or what of it the request asks for. */
  static Answer answer(
      Lookup lookup, ResponseHead head, Freshness freshness, Body body, CacheStatus status) {
    var asked = lookup.request().headers();
    boolean isAged = !status.isFirstHand() || head.headers().has("Age");
    var headers = isAged ? aged(head.headers(), freshness) : head.headers();
    if (Conditions.isNotModified(asked, head)) {
      body.close();
      return Answer.empty(304, Conditions.ofNotModified(headers), status);
    }
    long length = body.length();
    var range =
        length < 0 || !lookup.request().method().equals("GET")
            ? Optional.<ByteRange>empty()
            : ByteRange.of(asked, head, length);
    if (range.isEmpty()) {
      return Answer.whole(head.status(), headers, body, status);
    }
    var part = range.get();
    var described = headers.without("Content-Length").with("Content-Range", part.of(length));
    if (!part.isSatisfiable()) {
      body.close();
      return Answer.empty(416, described.without("Content-Type"), status);
    }
    return new Answer(
        206, described, body, part.from(), part.to(), part.to() - part.from(), status);
  }

  private static Headers aged(Headers headers, Freshness freshness) {
    return headers.without("Age").with("Age", Long.toString(freshness.age()));
  }

  /** Forgets what a request has changed that was answered so, whoever sent it. */
  public void changed(String method, URI target, int status, Headers answer) {
    fetching.changed(method, target, status, answer);
  }

  /**
   * Removes what an operator wants gone. Fetches under way for the same origin are not stored.
   *
   * @return how many responses
   */
  public int purge(Purge purge) {
    fetching.outdate(purge::isOfOrigin);
    return store.removeAll(stored -> purge.names(stored.key(), stored.head().headers()));
  }
}
