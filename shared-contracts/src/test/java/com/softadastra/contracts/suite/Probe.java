package com.softadastra.contracts.suite;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** A subscriber that asks for elements only when a test takes them, one at a time. */
public final class Probe<T> extends BaseSubscriber<T> {
  private final LinkedBlockingQueue<T> arrived = new LinkedBlockingQueue<>();
  private final CountDownLatch subscribed = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean dropping;
  private volatile @Nullable Throwable failure;

  public static <T> Probe<T> on(Flux<T> flux) {
    var probe = new Probe<T>();
    flux.subscribe(probe);
    return probe;
  }

  /** Asks for one element and waits for it. */
  public T take() {
    Awaiting.until(subscribed, "the subscription");
    request(1);
    try {
      var element = arrived.poll(Awaiting.DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      if (element == null) {
        throw new AssertionError("no element came", failure);
      }
      return element;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Drops what is still to come and waits for the end; null where the stream completed. */
  public @Nullable Throwable awaitEnd() {
    Awaiting.until(subscribed, "the subscription");
    dropping = true;
    requestUnbounded();
    Awaiting.until(ended, "the end of the stream");
    return failure;
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    subscribed.countDown();
  }

  @Override
  protected void hookOnNext(T element) {
    if (!dropping) {
      arrived.add(element);
    }
  }

  @Override
  protected void hookOnComplete() {
    ended.countDown();
  }

  @Override
  protected void hookOnError(Throwable throwable) {
    failure = throwable;
    ended.countDown();
  }
}
