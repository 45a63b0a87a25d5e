package com.softadastra.sync.peer;

import com.softadastra.contracts.NodeId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.session.Session;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SignalType;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * A session on a live connection: carries frames between the transport's streams and the engine's
 * {@link Session}. Frames come in one at a time on a virtual thread; frames go out as the transport
 * asks for them, on another.
 */
final class Channel {
  private static final Logger LOG = LoggerFactory.getLogger(Channel.class);

  /** Frames asked of the transport ahead. */
  private static final int WINDOW = 32;

  /** Received batches that may wait for the disk. */
  private static final int STORING = 8;

  private final NodeId peer;
  private final Session session;
  private final boolean dialled;
  private final long openedNanos = System.nanoTime();
  private final Scheduler in;
  private final Scheduler out;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final Semaphore storing = new Semaphore(STORING);
  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
  private boolean signalled;
  private volatile boolean closing;

  Channel(NodeId peer, Session session, boolean dialled) {
    this.peer = peer;
    this.session = session;
    this.dialled = dialled;
    this.in =
        Schedulers.fromExecutor(task -> Thread.ofVirtual().name("session-in-" + peer).start(task));
    this.out =
        Schedulers.fromExecutor(task -> Thread.ofVirtual().name("session-out-" + peer).start(task));
  }

  NodeId peer() {
    return peer;
  }

  Session session() {
    return session;
  }

  boolean dialled() {
    return dialled;
  }

  long openedNanos() {
    return openedNanos;
  }

  /** What goes to the peer; ends when the session does. */
  Flux<byte[]> outgoing() {
    return Flux.generate(this::next).subscribeOn(out).doOnCancel(() -> close("the peer is gone"));
  }

  /** Takes in what comes from the peer. */
  void incoming(Flux<byte[]> frames, Runnable firstFrame) {
    frames
        .publishOn(in, 1)
        .subscribe(
            new BaseSubscriber<byte[]>() {
              private boolean any;

              @Override
              protected void hookOnSubscribe(Subscription subscription) {
                request(WINDOW);
              }

              @Override
              protected void hookOnNext(byte[] frame) {
                if (!any) {
                  any = true;
                  firstFrame.run();
                }
                if (closing) {
                  cancel();
                  return;
                }
                try {
                  receive(frame);
                  request(1);
                } catch (Malformed e) {
                  session.end(String.valueOf(e.getMessage()));
                  close(String.valueOf(e.getMessage()));
                  cancel();
                } catch (RuntimeException e) {
                  LOG.warn("the session with {} ends", peer, e);
                  session.end("internal");
                  close(String.valueOf(e.getMessage()));
                  cancel();
                }
              }

              @Override
              protected void hookOnError(Throwable cause) {
                close(String.valueOf(cause.getMessage()));
              }

              @Override
              protected void hookFinally(SignalType type) {
                close("the peer ended the session");
              }
            });
  }

  private void receive(byte[] frame) {
    storing.acquireUninterruptibly();
    CompletionStage<?> stored;
    try {
      stored = session.receive(frame);
    } catch (RuntimeException e) {
      storing.release();
      throw e;
    }
    var _ =
        stored.whenComplete((_, error) -> {
          storing.release();
          if (error != null) {
            LOG.warn("what {} sent could not be stored", peer, error);
            close(String.valueOf(error.getMessage()));
          }
          signal();
        });
    signal();
    if (session.ended()) {
      close("the peer ended the session");
    }
  }

  private void next(SynchronousSink<byte[]> sink) {
    while (true) {
      byte[] frame;
      try {
        frame = session.poll();
      } catch (RuntimeException e) {
        LOG.warn("the session with {} ends", peer, e);
        close(String.valueOf(e.getMessage()));
        sink.complete();
        return;
      }
      if (frame != null) {
        sink.next(frame);
        return;
      }
      if (closing || session.ended()) {
        sink.complete();
        return;
      }
      lock.lock();
      try {
        while (!signalled && !closing) {
          more.awaitUninterruptibly();
        }
        signalled = false;
      } finally {
        lock.unlock();
      }
    }
  }

  /** There may be something to send. */
  void signal() {
    lock.lock();
    try {
      signalled = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void close(String why) {
    failure.compareAndSet(null, why);
    closing = true;
    signal();
    closed.countDown();
  }

  boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Waits for the end, and tells why. */
  String awaitEnd() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      close("interrupted");
    }
    return String.valueOf(failure.get());
  }
}
