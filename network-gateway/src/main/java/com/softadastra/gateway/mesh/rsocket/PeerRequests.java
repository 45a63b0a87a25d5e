package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.peering.Peering;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.exceptions.ApplicationErrorException;
import java.util.List;
import java.util.Optional;
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

  private static final List<String> CHANNELS =
      List.of(MeshProtocol.SESSION, MeshProtocol.MAIL, MeshProtocol.BLOB);

  private final NodeId peer;
  private final Layers layers;
  private final MeshThreads threads;
  private final MeshMetrics metrics;
  private final Sinks.Empty<Void> done = Sinks.empty();
  private final AtomicBoolean asked = new AtomicBoolean();

  /** Whom requests are for. */
  record Layers(Supplier<Peering> peering, Supplier<Mailboxes> mailboxes, Supplier<Blobs> blobs) {}

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
          var route = opening == null ? Optional.<String>empty() : channelRoute(opening);
          if (route.isEmpty() || !asked.compareAndSet(false, true)) {
            return Flux.<Payload>error(noSuchRoute());
          }
          return channel(
              all.skip(1), MeshProtocol.credit(route.get()), frames -> accept(route.get(), frames));
        })
        .doFinally(_ -> done.tryEmitEmpty())
        .contextWrite(UNHEARD);
  }

  private static Optional<String> channelRoute(Payload opening) {
    return CHANNELS.stream().filter(route -> MeshProtocol.isFor(route, opening)).findFirst();
  }

  private Flux<byte[]> accept(String route, Flux<byte[]> frames) {
    return switch (route) {
      case MeshProtocol.MAIL -> layers.mailboxes().get().accept(peer, frames);
      case MeshProtocol.BLOB -> layers.blobs().get().serve(peer, frames);
      default -> layers.peering().get().accept(peer, frames);
    };
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
    return new ApplicationErrorException(
        "a connection is for one request: pair, session, mail or blob");
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
