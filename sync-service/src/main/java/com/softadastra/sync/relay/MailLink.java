package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Serial;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.sync.storage.StorageException;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * Frames to a relay and from it. Everything happens in steps, one after the other; one that fails
 * ends the connection.
 *
 * <p>Any thread may tell it something.
 */
final class MailLink {
  private static final Logger LOG = LoggerFactory.getLogger(MailLink.class);

  /** Frames asked of the relay ahead, any of which may be as large as can be. */
  private static final int WINDOW = 4;

  private final NodeId relay;
  private final Serial steps;
  private final Sinks.Many<byte[]> out = Sinks.many().unicast().onBackpressureBuffer();
  private final CompletableFuture<End> end = new CompletableFuture<>();

  // of the steps alone
  private @Nullable Subscription incoming;

  private record End(String why, boolean onPurpose) {}

  MailLink(NodeId relay, Schedule schedule) {
    this.relay = relay;
    this.steps = new Serial(schedule);
  }

  /**
   * Calls the relay. Runs in a step.
   *
   * @param take is given each frame in a step, and {@link #ask}s for another in its place
   */
  void open(Function<Flux<byte[]>, Flux<byte[]>> call, Consumer<byte[]> take) {
    call.apply(out.asFlux()).subscribe(new Incoming(take));
  }

  private final class Incoming extends BaseSubscriber<byte[]> {
    private final Consumer<byte[]> take;

    Incoming(Consumer<byte[]> take) {
      this.take = take;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      step(() -> {
        incoming = subscription;
        if (isClosed()) {
          subscription.cancel();
        }
      });
      subscription.request(WINDOW);
    }

    @Override
    protected void hookOnNext(byte[] frame) {
      step(() -> {
        if (!isClosed()) {
          take.accept(frame);
        }
      });
    }

    @Override
    protected void hookOnComplete() {
      step(() -> close("the relay ended the connection", false));
    }

    @Override
    protected void hookOnError(Throwable cause) {
      step(() -> close(String.valueOf(cause.getMessage()), false));
    }
  }

  /** Runs something when it is its turn, never beside another step. */
  void step(Runnable step) {
    steps.execute(() -> {
      try {
        step.run();
      } catch (Malformed e) {
        close(relay + " sent what is no mail: " + e.getMessage(), true);
      } catch (StorageException e) {
        LOG.warn("the connection to relay {} ends: {}", relay, e.getMessage());
        close(String.valueOf(e.getMessage()), true);
      } catch (RuntimeException e) {
        LOG.warn("the connection to relay {} ends", relay, e);
        close(String.valueOf(e.getMessage()), true);
      }
    });
  }

  /** Runs in a step. */
  void send(MailFrame frame) {
    // the transport may have given up before it says so
    if (!isClosed() && out.tryEmitNext(frame.encode()) != Sinks.EmitResult.OK) {
      close("the connection to the relay is gone", false);
    }
  }

  /** Asks for one frame more. Runs in a step. */
  void ask() {
    if (incoming != null) {
      incoming.request(1);
    }
  }

  boolean isClosed() {
    return end.isDone();
  }

  /** Counts as closed from now on. */
  void close(String why, boolean onPurpose) {
    if (end.complete(new End(why, onPurpose))) {
      steps.execute(() -> {
        out.tryEmitComplete();
        if (incoming != null) {
          incoming.cancel();
        }
      });
    }
  }

  /** Tells when it is closed: why, and whether that was on purpose. */
  void onEnd(BiConsumer<String, Boolean> listener) {
    var _ = end.thenAccept(it -> listener.accept(it.why(), it.onPurpose()));
  }
}
