package com.softadastra.contracts.suite;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/** An endless stream that tells what was asked of it. */
public final class Source<T> {
  private final AtomicLong produced = new AtomicLong();
  private final CountDownLatch cancelled = new CountDownLatch(1);
  private final LongFunction<T> element;
  private volatile @Nullable Thread producer;

  /**
   * @param element the n-th element, from 0
   */
  public Source(LongFunction<T> element) {
    this.element = element;
  }

  public Flux<T> flux() {
    return Flux.generate(
            (SynchronousSink<T> sink) -> {
              producer = Thread.currentThread();
              sink.next(element.apply(produced.getAndIncrement()));
            })
        .doOnCancel(cancelled::countDown);
  }

  /** How many elements were asked for and made. */
  public long produced() {
    return produced.get();
  }

  /** The thread that made the last element. */
  public @Nullable Thread producer() {
    return producer;
  }

  public void awaitCancelled() {
    Awaiting.until(cancelled, "the source to be cancelled");
  }
}
