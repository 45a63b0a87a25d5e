package com.softadastra.contracts.link;

import io.rsocket.ConnectionSetupPayload;
import io.rsocket.Payload;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketServer;
import io.rsocket.exceptions.RejectedSetupException;
import io.rsocket.transport.netty.server.CloseableChannel;
import io.rsocket.transport.netty.server.TcpServerTransport;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.reactivestreams.Publisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Serves implementations of contract interfaces to other processes, each call on a virtual thread
 * of its own. A call goes on when its caller has given up; streams are cancelled then.
 *
 * <p>Any thread may use it.
 */
public final class LinkServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LinkServer.class);

  private record Served(ContractMethod method, Object implementation) {}

  private final LinkSecret secret;
  private final Map<String, Served> served = new ConcurrentHashMap<>();
  private final Set<RSocket> connections = ConcurrentHashMap.newKeySet();
  private final CloseableChannel channel;

  private LinkServer(LinkAddress address, LinkSecret secret) {
    this.secret = secret;
    this.channel =
        RSocketServer.create(this::admit)
            .fragment(LinkProtocol.FRAME_BYTES)
            .maxInboundPayloadSize(LinkProtocol.LARGEST_PAYLOAD_BYTES)
            .bindNow(TcpServerTransport.create(address.host(), address.port()));
  }

  /**
   * Listens from now on.
   *
   * @throws IllegalArgumentException where others than this machine could call without a secret
   * @throws RuntimeException where the address is not to be had
   */
  public static LinkServer bind(LinkAddress address, LinkSecret secret) {
    if (secret.isNone() && !address.isLoopback()) {
      throw new IllegalArgumentException(
          "a link that listens on " + address + ", beyond loopback, needs a secret");
    }
    return new LinkServer(address, secret);
  }

  /** Where it listens, with the port that the system chose. */
  public LinkAddress address() {
    var bound = channel.address();
    return new LinkAddress(bound.getAddress().getHostAddress(), bound.getPort());
  }

  /**
   * Answers calls of this contract from now on.
   *
   * @throws IllegalArgumentException where a link can't carry it, or serves one of that name
   */
  public <T> LinkServer serve(Class<T> contract, T implementation) {
    ContractMethod.of(contract)
        .forEach((route, method) -> {
          if (served.putIfAbsent(route, new Served(method, implementation)) != null) {
            throw new IllegalArgumentException(route + " is served already");
          }
        });
    return this;
  }

  /** Stops listening and cuts every connection; the address is free when this returns. */
  @Override
  public void close() {
    channel.dispose();
    connections.forEach(RSocket::dispose);
    channel.onClose().block(LinkProtocol.CONNECT_TIMEOUT);
  }

  private Mono<RSocket> admit(ConnectionSetupPayload setup, RSocket connection) {
    var version = setup.getDataUtf8();
    if (!version.equals(LinkProtocol.VERSION)) {
      return Mono.error(
          new RejectedSetupException(
              "this layer speaks " + LinkProtocol.VERSION + ", not " + version));
    }
    if (!secret.admits(LinkProtocol.metadata(setup))) {
      return Mono.error(new RejectedSetupException("the link secret is not the one of this layer"));
    }
    connections.add(connection);
    connection
        .onClose()
        .onErrorComplete()
        .doFinally(_ -> connections.remove(connection))
        .subscribe();
    if (channel.isDisposed()) {
      connection.dispose();
    }
    return Mono.just(new Calls());
  }

  private final class Calls implements RSocket {
    @Override
    public Mono<Payload> requestResponse(Payload request) {
      return answer(request, Flux.empty()).singleOrEmpty();
    }

    @Override
    public Flux<Payload> requestStream(Payload request) {
      return answer(request, Flux.empty());
    }

    @Override
    public Flux<Payload> requestChannel(Publisher<Payload> payloads) {
      return Flux.from(payloads)
          .switchOnFirst((first, all) -> {
            var request = first.get();
            return request == null ? all : answer(request, all.skip(1));
          });
    }

    private Flux<Payload> answer(Payload request, Flux<Payload> elements) {
      var route = LinkProtocol.text(LinkProtocol.metadata(request));
      return Flux.defer(() -> call(route, request, elements))
          .onErrorMap(failure -> told(route, failure))
          .map(LinkProtocol::payload)
          .cancelOn(LinkProtocol.CALLS)
          .subscribeOn(LinkProtocol.CALLS, true);
    }

    private Flux<byte[]> call(String route, Payload request, Flux<Payload> elements) {
      var target = served.get(route);
      if (target == null) {
        return Flux.error(new IllegalArgumentException(route + " is not served here"));
      }
      var arriving =
          elements
              .publishOn(LinkProtocol.CALLS, LinkProtocol.WINDOW)
              .map(LinkProtocol::data)
              .onErrorMap(failure -> WireFailure.fromWire("the caller of " + route, failure));
      try {
        return target.method.call(target.implementation, LinkProtocol.data(request), arriving);
      } catch (Throwable failure) {
        return Flux.error(failure);
      }
    }

    private Throwable told(String route, Throwable failure) {
      if (!WireFailure.isExpected(failure)) {
        LOG.warn("{} failed", route, failure);
      }
      return WireFailure.toWire(failure);
    }
  }
}
