package com.softadastra.gateway.mesh.rsocket;

import static com.softadastra.gateway.mesh.rsocket.MeshProtocol.CREDIT;
import static com.softadastra.gateway.mesh.rsocket.MeshProtocol.MAIL_CREDIT;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.peering.Peering;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.exceptions.ApplicationErrorException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * Hands the one request of a connection to the sync engine or the edge, on a virtual thread. They
 * decide whether the node is welcome; what they refuse ends the request with an error.
 */
final class PeerRequests implements RSocket {
  private static final Logger LOG = LoggerFactory.getLogger(PeerRequests.class);

  /**
   * Once a channel is refused RSocket fails its inbound side too, which nobody may have subscribed
   * to; Reactor would log that as an error it had to drop, with a stack trace for each refusal.
   */
  private static final Context UNHEARD =
      Context.of(
          "reactor.onErrorDropped.local",
          (Consumer<Throwable>)
              failure -> LOG.debug("after the end of a channel: {}", failure.toString()));

  private final NodeId peer;
  private final Layers layers;
  private final MeshThreads threads;
  private final MeshMetrics metrics;
  private final Sinks.Empty<Void> done = Sinks.empty();
  private final AtomicBoolean asked = new AtomicBoolean();

  /** Whom requests are for. */
  record Layers(Supplier<Peering> peering, Supplier<Mailboxes> mailboxes) {}

  PeerRequests(NodeId peer, Layers layers, MeshThreads threads, MeshMetrics metrics) {
    this.peer = peer;
    this.layers = layers;
    this.threads = threads;
    this.metrics = metrics;
  }

  NodeId peer() {
    return peer;
  }

  /** Whether the request has arrived whole. */
  boolean asked() {
    return asked.get();
  }

  /** Completes once the request has been answered or given up. */
  Mono<Void> done() {
    return done.asMono();
  }

  @Override
  public Mono<Payload> requestResponse(Payload request) {
    boolean known = MeshProtocol.isFor(MeshProtocol.PAIR, request);
    byte[] data = MeshProtocol.data(request);
    if (!known || !asked.compareAndSet(false, true)) {
      return Mono.error(noSuchRoute());
    }
    return Mono.fromCallable(
            () -> layers.peering().get().acceptPairing(peer, metrics.received(data)))
        .subscribeOn(threads.blocking())
        .map(answer -> MeshProtocol.frame(metrics.sent(answer)))
        .onErrorMap(this::asToldToThePeer)
        .doFinally(_ -> done.tryEmitEmpty());
  }

  @Override
  public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
    return Flux.from(payloads)
        .switchOnFirst((first, all) -> {
          var opening = first.get();
          boolean mail = opening != null && MeshProtocol.isFor(MeshProtocol.MAIL, opening);
          boolean session = opening != null && MeshProtocol.isFor(MeshProtocol.SESSION, opening);
          if (!(mail || session) || !asked.compareAndSet(false, true)) {
            return Flux.<Payload>error(noSuchRoute());
          }
          return channel(
              all.skip(1),
              mail ? MAIL_CREDIT : CREDIT,
              frames ->
                  mail
                      ? layers.mailboxes().get().accept(peer, frames)
                      : layers.peering().get().accept(peer, frames));
        })
        .doFinally(_ -> done.tryEmitEmpty())
        .contextWrite(UNHEARD);
  }

  private Flux<Payload> channel(
      Flux<Payload> payloads, int credit, Function<Flux<byte[]>, Flux<byte[]>> accept) {
    // the queue between the threads is what bounds the frames that the peer may have on their way
    var frames =
        payloads
            .map(payload -> metrics.received(MeshProtocol.data(payload)))
            .onErrorMap(this::lost)
            .publishOn(threads.blocking(), credit);
    return Flux.defer(() -> accept.apply(frames))
        .subscribeOn(threads.blocking())
        .map(frame -> MeshProtocol.frame(metrics.sent(frame)))
        .onErrorMap(this::asToldToThePeer);
  }

  private PeerUnreachable lost(Throwable failure) {
    return new PeerUnreachable(peer + ": " + Reason.of(failure), failure);
  }

  private static ApplicationErrorException noSuchRoute() {
    return new ApplicationErrorException("a connection is for one request: pair, session or mail");
  }

  /** A refusal is told as it is; what else fails is for this node's log. */
  private Throwable asToldToThePeer(Throwable failure) {
    return switch (failure) {
      case Refused refused -> new ApplicationErrorException(String.valueOf(refused.getMessage()));
      case PeerUnreachable lost ->
          new ApplicationErrorException(String.valueOf(lost.getMessage()), lost);
      case LayerUnreachable _ ->
          new ApplicationErrorException("a layer of the node does not answer", failure);
      default -> {
        LOG.warn("the channel of peer {} failed", peer, failure);
        yield new ApplicationErrorException("the node failed", failure);
      }
    };
  }
}
