package com.softadastra.contracts.link;

import java.util.concurrent.atomic.AtomicLong;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * The transport's side of a stream of frames: how many it has room for. Any thread may ask for
 * more; one at a time gives.
 */
public final class Outgoing implements Subscription {
  private final Subscriber<? super byte[]> subscriber;
  private final Runnable asked;
  private final Runnable cancelled;
  private final AtomicLong room = new AtomicLong();

  /**
   * @param asked is called when there is more room
   * @param cancelled is called when nothing more is to be given
   */
  public Outgoing(Subscriber<? super byte[]> subscriber, Runnable asked, Runnable cancelled) {
    this.subscriber = subscriber;
    this.asked = asked;
    this.cancelled = cancelled;
  }

  @Override
  public void request(long frames) {
    room.accumulateAndGet(frames, (has, more) -> has + more < 0 ? Long.MAX_VALUE : has + more);
    asked.run();
  }

  @Override
  public void cancel() {
    cancelled.run();
  }

  public boolean hasRoom() {
    return room.get() > 0;
  }

  /** Gives a frame, where there is room for it. */
  public void next(byte[] frame) {
    room.decrementAndGet();
    subscriber.onNext(frame);
  }

  /** Gives nothing more. */
  public void complete() {
    subscriber.onComplete();
  }
}
