package com.softadastra.runtime.feeds;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/**
 * Hands items from the thread that publishes them to the one that writes them. What is asked for
 * ahead is bounded, and with it the queue. The publisher's thread puts, one other takes, any may
 * end it.
 */
final class FeedQueue<T> extends BaseSubscriber<T> implements AutoCloseable {
  private static final int AHEAD = 64;

  private final BlockingQueue<Item<T>> items = new LinkedBlockingQueue<>();

  /** What a poll gives. */
  sealed interface Item<T> {}

  record Next<T>(T item) implements Item<T> {}

  /** Nothing came in time. */
  record Quiet<T>() implements Item<T> {}

  /** Nothing more will come. */
  record End<T>() implements Item<T> {}

  /**
   * Waits for the next item.
   *
   * @param nanos at most so long; not at all where it is not positive
   */
  Item<T> poll(long nanos) throws InterruptedException {
    var item = items.poll(nanos, TimeUnit.NANOSECONDS);
    if (item == null) {
      return new Quiet<>();
    }
    if (item instanceof Next) {
      request(1);
    }
    return item;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  void end() {
    items.add(new End<>());
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    subscription.request(AHEAD);
  }

  @Override
  protected void hookOnNext(T item) {
    items.add(new Next<>(item));
  }

  @Override
  protected void hookOnComplete() {
    end();
  }

  /** The caller is told nothing of the reason: it comes back with its last position. */
  @Override
  protected void hookOnError(Throwable thrown) {
    end();
  }

  @Override
  public void close() {
    cancel();
  }
}
