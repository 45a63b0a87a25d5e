package com.softadastra.edge.cache;

import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.edge.store.Incoming;
import com.softadastra.edge.store.Stored;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** A fetch on its way, on which requests for the same wait. */
final class Flight {
  /** What came of it. */
  sealed interface Outcome {
    /** The head is here, the body is coming. */
    record Coming(ResponseHead head, Incoming body) implements Outcome {}

    /** It is in the store. */
    record Kept(Stored stored) implements Outcome {}

    /** The answer is for who asked alone. */
    record NotShared() implements Outcome {}

    /** The origin answered with an error; who has something stale may be served that. */
    record Erred(int status) implements Outcome {}

    /** There is no answer. */
    record Failed(OriginFailure failure) implements Outcome {}
  }

  private final String key;
  private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
  private volatile boolean outdated;

  /**
   * @param key of what is fetched
   */
  Flight(String key) {
    this.key = key;
  }

  String key() {
    return key;
  }

  /** What it lands with first counts. */
  void land(Outcome what) {
    outcome.complete(what);
  }

  /** Whether it has landed with a body that may still be on its way. */
  boolean isComing() {
    return outcome.getNow(new Outcome.NotShared()) instanceof Outcome.Coming;
  }

  /** Waits as long as the one who fetches does, which is bounded. */
  Outcome await() throws InterruptedException {
    try {
      return outcome.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What it brings was changed or purged since it left: it is not to be stored. */
  void outdate() {
    outdated = true;
  }

  boolean isOutdated() {
    return outdated;
  }
}
