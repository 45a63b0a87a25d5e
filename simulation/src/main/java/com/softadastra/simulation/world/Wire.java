package com.softadastra.simulation.world;

import com.softadastra.contracts.peering.PeerUnreachable;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/**
 * One direction of a connection: takes frames from a sender as its receiver has room, and delivers
 * them whole, in order, at most once; until it breaks.
 */
final class Wire extends BaseSubscriber<byte[]> {
  private static final int ROOM = 32;

  /** A receiver asks for no more frames at once. */
  private static final int WINDOW = 32;

  private final Network network;
  private final Connection connection;
  private final Station from;
  private final Station to;
  private final Life sender;
  private final Life receiver;
  private final ArrayDeque<Arrived> arrived = new ArrayDeque<>();
  private @Nullable Subscriber<? super byte[]> subscriber;
  private long demand;
  private long lastArrival;
  private boolean greeted;

  /** Frames that the sender has sent and the receiver has not had. */
  private int underWay;

  private boolean taken;
  private boolean complete;
  private boolean over;

  /**
   * A frame at the receiver's end.
   *
   * @param sent whether the sender has sent it on this wire
   */
  private record Arrived(byte[] frame, boolean sent) {}

  Wire(
      Network network,
      Connection connection,
      Station from,
      Station to,
      Life sender,
      Life receiver) {
    this.network = network;
    this.connection = connection;
    this.from = from;
    this.to = to;
    this.sender = sender;
    this.receiver = receiver;
  }

  // ---- the sender's end

  @Override
  protected void hookOnSubscribe(Subscription subscription) {
    subscription.request(ROOM);
  }

  @Override
  protected void hookOnNext(byte[] said) {
    // the product's code runs on to the end of a step within which its process has ended
    if (!over && sender.alive()) {
      byte[] frame = greeted || connection.isMail() ? said : connection.asSpoken(said);
      greeted = true;
      network.sent(from, to, connection, frame);
      if (++underWay > ROOM) {
        network.overrun(from, "sends " + to + " more than it has room for");
      }
      network.agenda().at(arrival(frame.length), () -> arrive(frame));
    }
  }

  @Override
  protected void hookOnComplete() {
    if (sender.alive()) {
      network.agenda().at(arrival(0), () -> last());
    }
  }

  @Override
  protected void hookOnError(Throwable cause) {
    // a refusal of the connection as a whole
    connection.breaks(
        cause instanceof RuntimeException e ? String.valueOf(e.getMessage()) : "failed");
  }

  private long arrival(int bytes) {
    lastArrival =
        Math.max(lastArrival + 1, network.agenda().now() + network.transit(from, to, bytes));
    return lastArrival;
  }

  // ---- between

  private void arrive(byte[] frame) {
    if (over) {
      return;
    }
    if (network.blocked(from, to)) {
      network.hold(from, to, () -> arrive(frame));
      return;
    }
    arrived.add(new Arrived(network.touched(connection, from, to, frame), true));
    deliver();
  }

  /** A frame of an earlier connection, or of nobody, gets among this one's. */
  void inject(byte[] frame) {
    if (!over) {
      arrived.add(new Arrived(frame, false));
      deliver();
    }
  }

  private void last() {
    if (network.blocked(from, to)) {
      network.hold(from, to, this::last);
      return;
    }
    complete = true;
    deliver();
  }

  // ---- the receiver's end

  Flux<byte[]> frames() {
    return Flux.from(to -> {
      subscriber = to;
      to.onSubscribe(
          new Subscription() {
            @Override
            public void request(long frames) {
              demand = demand + frames < 0 ? Long.MAX_VALUE : demand + frames;
              if (demand > WINDOW) {
                network.overrun(Wire.this.to, "has room for " + demand + " frames at once");
              }
              deliver();
            }

            @Override
            public void cancel() {
              over = true;
              connection.breaks("the peer is gone");
            }
          });
    });
  }

  private void deliver() {
    var to = subscriber;
    if (to == null || over || !receiver.alive()) {
      return;
    }
    while (demand > 0 && !arrived.isEmpty() && !over) {
      demand--;
      var next = arrived.remove();
      network.received(this.from, this.to, connection, next.frame());
      to.onNext(next.frame());
      if (next.sent()) {
        underWay--;
        request(1);
      }
    }
    if (complete && arrived.isEmpty() && !over) {
      over = true;
      to.onComplete();
      connection.half();
    }
  }

  /** The connection broke; each end notices for itself. */
  void fails(String why) {
    if (over) {
      return;
    }
    over = true;
    if (receiver.alive() && subscriber != null) {
      subscriber.onError(new PeerUnreachable(why, null));
    }
  }

  /** Nothing more is taken from the sender. */
  void drop() {
    if (!taken) {
      taken = true;
      cancel();
    }
  }

  boolean isOver() {
    return over;
  }
}
