package com.softadastra.edge.blob;

import com.softadastra.contracts.blob.BlobPeers.BlobPeer;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.cbor.CborReader.Malformed;
import java.io.Closeable;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** What a peer answers, one frame at a time: the next is asked for when it is waited for. */
final class BlobLine extends BaseSubscriber<byte[]> implements Closeable {
  /** What came: bytes, or why nothing more does. At most one more than was asked for. */
  private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();

  private final BlobPeer peer;
  private final BlockingQueue<BlobLine> answered;
  private boolean first = true;
  private long total;

  /**
   * @param answered where it puts itself when the first has come, or nothing does
   */
  BlobLine(BlobPeer peer, BlockingQueue<BlobLine> answered) {
    this.peer = peer;
    this.answered = answered;
  }

  BlobPeer peer() {
    return peer;
  }

  /** The peer has a blob of so many bytes, it says. */
  void found(long bytes) {
    total = bytes;
  }

  long total() {
    return total;
  }

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    subscription.request(1);
  }

  @Override
  protected void hookOnNext(byte[] frame) {
    arrive(frame);
  }

  @Override
  protected void hookOnComplete() {
    arrive(new PeerUnreachable("the peer ended early", null));
  }

  @Override
  protected void hookOnError(Throwable failure) {
    arrive(failure);
  }

  private void arrive(Object what) {
    arrived.add(what);
    if (first) {
      first = false;
      answered.add(this);
    }
  }

  /** The answer to the question, once it is known to have come. */
  BlobFrame answer() throws InterruptedException {
    return taken(Duration.ZERO);
  }

  /**
   * Asks for the next one and waits for it.
   *
   * @throws PeerUnreachable where none comes
   * @throws Malformed where it is none
   */
  BlobFrame next(Duration longest) throws InterruptedException {
    request(1);
    return taken(longest);
  }

  private BlobFrame taken(Duration longest) throws InterruptedException {
    return switch (arrived.poll(longest.toMillis(), TimeUnit.MILLISECONDS)) {
      case byte[] frame -> BlobFrame.decode(frame);
      case Throwable failure -> throw new PeerUnreachable(failure.toString(), failure);
      case null, default -> throw new PeerUnreachable("silent for " + longest, null);
    };
  }

  @Override
  public void close() {
    cancel();
  }
}
