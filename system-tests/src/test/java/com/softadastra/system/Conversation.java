package com.softadastra.system;

import com.softadastra.contracts.NodeId;
import com.softadastra.engine.session.Frame;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;

/** A channel that a peer opened to a node: frames are sent by hand and awaited by kind. */
final class Conversation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Sinks.Many<byte[]> outgoing = Sinks.many().unicast().onBackpressureBuffer();
  private final LinkedBlockingQueue<Frame> incoming = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> end = new CompletableFuture<>();
  private final Disposable connection;

  Conversation(StrangePeer self, NodeId node, String address) {
    connection =
        self.links()
            .connect(node, List.of(address), outgoing.asFlux())
            .subscribe(
                frame -> incoming.add(Frame.decode(frame)),
                failure -> end.complete(String.valueOf(failure.getMessage())),
                () -> end.complete("completed"));
  }

  void send(Frame frame) {
    send(frame.encode());
  }

  void send(byte[] frame) {
    outgoing.emitNext(frame, Sinks.EmitFailureHandler.FAIL_FAST);
  }

  /** The next frame of that kind that is as wanted; what comes before it is let go. */
  <F extends Frame> F await(Class<F> kind, Predicate<F> wanted) throws InterruptedException {
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      var frame = incoming.poll(until - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (frame == null) {
        throw new AssertionError(
            "no such " + kind.getSimpleName() + " within " + PATIENCE + "; end: " + end);
      }
      if (kind.isInstance(frame) && wanted.test(kind.cast(frame))) {
        return kind.cast(frame);
      }
    }
  }

  /** Why the connection ended; waits for it. */
  String awaitEnd() throws Exception {
    return end.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    connection.dispose();
  }
}
