package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.gateway.identity.TransportIdentity;
import com.softadastra.gateway.identity.TransportTls;
import com.softadastra.gateway.mesh.MeshLimits;
import com.softadastra.gateway.mesh.PeerAddress;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslContext;
import io.rsocket.DuplexConnection;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.transport.ClientTransport;
import io.rsocket.transport.netty.RSocketLengthCodec;
import io.rsocket.transport.netty.TcpDuplexConnection;
import io.rsocket.util.DefaultPayload;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.tcp.TcpClient;

/**
 * Calls peers, one connection for each channel or pairing. Frames that arrive and frames that are
 * asked for are handed over on virtual threads, so the sync engine may wait in both.
 */
final class RSocketPeerLinks implements PeerLinks, BlobLinks, MailLinks {
  private static final int DEFAULT_PORT = 7600;

  private final Supplier<List<String>> reachableAt;
  private final Supplier<Optional<TransportIdentity>> identity;
  private final MeshLimits limits;
  private final MeshThreads threads;
  private final MeshMetrics metrics;

  RSocketPeerLinks(
      Supplier<List<String>> reachableAt,
      Supplier<Optional<TransportIdentity>> identity,
      MeshLimits limits,
      MeshThreads threads,
      MeshMetrics metrics) {
    this.reachableAt = reachableAt;
    this.identity = identity;
    this.limits = limits;
    this.threads = threads;
    this.metrics = metrics;
  }

  @Override
  public List<String> addresses() {
    return reachableAt.get();
  }

  @Override
  public Flux<byte[]> connect(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
    return open(MeshProtocol.SESSION, peer, addresses, frames);
  }

  @Override
  public Flux<byte[]> mail(NodeId relay, List<String> addresses, Flux<byte[]> frames) {
    return open(MeshProtocol.MAIL, relay, addresses, frames);
  }

  @Override
  public Flux<byte[]> fetch(NodeId peer, List<String> addresses, Flux<byte[]> frames) {
    return open(MeshProtocol.BLOB, peer, addresses, frames);
  }

  private Flux<byte[]> open(
      String route, NodeId peer, List<String> addresses, Flux<byte[]> frames) {
    return Flux.usingWhen(
        reach(peer, addresses),
        call -> channel(route, call, frames),
        Call::close,
        (call, _) -> call.close(),
        Call::close);
  }

  private Flux<byte[]> channel(String route, Call call, Flux<byte[]> frames) {
    var opening = MeshProtocol.request(route, new byte[0]);
    var outgoing =
        frames
            .subscribeOn(threads.blocking())
            .map(frame -> MeshProtocol.frame(metrics.sent(frame)));
    // the opening goes ahead: RSocket opens a channel with the first payload, which may be long due
    return call.socket()
        .requestChannel(Flux.concat(Mono.just(opening), outgoing))
        .map(payload -> metrics.received(MeshProtocol.data(payload)))
        .onErrorMap(call::lost)
        // bounds what the peer may send ahead; without it RSocket's channel was seen to stall
        .publishOn(threads.blocking(), MeshProtocol.credit(route));
  }

  @Override
  public byte[] pair(NodeId inviter, List<String> addresses, byte[] request) {
    var answer =
        Mono.usingWhen(
                reach(inviter, addresses),
                call -> asked(call, request),
                Call::close,
                (call, _) -> call.close(),
                Call::close)
            .timeout(limits.pair())
            .onErrorMap(
                failure -> !(failure instanceof PeerUnreachable),
                failure -> new PeerUnreachable(Reason.of(failure), failure))
            .block();
    if (answer == null) {
      throw new PeerUnreachable("no answer", null);
    }
    return answer;
  }

  private Mono<byte[]> asked(Call call, byte[] request) {
    return call.socket()
        .requestResponse(MeshProtocol.request(MeshProtocol.PAIR, metrics.sent(request)))
        .map(payload -> metrics.received(MeshProtocol.data(payload)))
        .onErrorMap(call::lost);
  }

  /** The first address that answers as that node. */
  private Mono<Call> reach(NodeId peer, List<String> addresses) {
    return Mono.defer(() ->
        identity
            .get()
            .map(own -> reach(peer, addresses, own, new ArrayList<>()))
            .orElseGet(() ->
                Mono.error(new PeerUnreachable("this gateway has no certificate yet", null))));
  }

  /**
   * One address after the other. Written as a chain of failures, because RSocket's connector closes
   * a connection whose subscriber cancels, as operators that take the first of many do.
   *
   * @param failures of the addresses that were tried, in order
   */
  private Mono<Call> reach(
      NodeId peer, List<String> addresses, TransportIdentity own, List<String> failures) {
    int next = failures.size();
    if (next == addresses.size()) {
      return Mono.error(new PeerUnreachable(told(failures), null));
    }
    var address = addresses.get(next);
    return dial(peer, address, own)
        .onErrorResume(failure -> {
          failures.add(address + ": " + Reason.of(failure));
          return reach(peer, addresses, own, failures);
        });
  }

  private static String told(List<String> failures) {
    return failures.isEmpty() ? "no address is known" : String.join("; ", failures);
  }

  private Mono<Call> dial(NodeId peer, String address, TransportIdentity own) {
    return Mono.fromSupplier(() -> PeerAddress.parse(address, DEFAULT_PORT))
        .flatMap(to ->
            RSocketConnector.create()
                .setupPayload(DefaultPayload.create(MeshProtocol.NAME))
                .dataMimeType(MeshProtocol.DATA_TYPE)
                .metadataMimeType(MeshProtocol.METADATA_TYPE)
                .keepAlive(limits.keepAlive(), limits.silence())
                .maxInboundPayloadSize(MeshProtocol.MAX_PAYLOAD)
                .fragment(MeshProtocol.FRAGMENT)
                .connect(new Transport(to, TransportTls.calling(peer, own))))
        .map(socket -> new Call(address, socket))
        .doOnNext(this::count);
  }

  private void count(Call call) {
    metrics.opened().incrementAndGet();
    call.socket()
        .onClose()
        .onErrorComplete()
        .doFinally(_ -> metrics.opened().decrementAndGet())
        .subscribe();
  }

  /** TCP and TLS to one address; the pin is in the TLS. */
  private final class Transport implements ClientTransport {
    private final PeerAddress to;
    private final SslContext tls;

    Transport(PeerAddress to, SslContext tls) {
      this.to = to;
      this.tls = tls;
    }

    @Override
    public Mono<DuplexConnection> connect() {
      return TcpClient.newConnection()
          .runOn(threads.loops())
          .resolver(threads.names())
          .host(to.host())
          .port(to.port())
          .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limits.connect().toMillis())
          .secure(spec -> spec.sslContext(tls).handshakeTimeout(limits.handshake()))
          .doOnConnected(connection ->
              connection.addHandlerLast(new RSocketLengthCodec(MeshProtocol.MAX_FRAME)))
          .connect()
          .map(connection ->
              new SingleStream(new TcpDuplexConnection("mesh-client", connection), () -> true));
    }

    @Override
    public int maxFrameLength() {
      return MeshProtocol.MAX_FRAME;
    }
  }

  /** A connection that stands, and the address that answered. */
  private record Call(String address, RSocket socket) {
    PeerUnreachable lost(Throwable failure) {
      return new PeerUnreachable(address + ": " + Reason.of(failure), failure);
    }

    Mono<Void> close() {
      return Mono.fromRunnable(socket::dispose);
    }
  }
}
