package com.softadastra.contracts.link;

import io.netty.channel.ChannelOption;
import io.netty.resolver.AddressResolverGroup;
import io.rsocket.RSocket;
import io.rsocket.core.RSocketConnector;
import io.rsocket.transport.netty.client.TcpClientTransport;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpResources;
import reactor.netty.transport.NameResolverProvider;

/**
 * Calls the contracts that a {@link LinkServer} serves. One connection, made by the first call and
 * made anew by the first call after a cut; no call is ever sent twice.
 *
 * <p>Any thread may use it and its proxies, but for event loop threads, which must not block.
 */
public final class LinkClient implements AutoCloseable {
  /** How long an answer may take where the call names no patience of its own. */
  public static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

  /** How long it is believed where a name leads: a layer that is started anew may have moved. */
  private static final Duration NAMES_KNOWN = Duration.ofSeconds(5);

  private static final AddressResolverGroup<?> NAMES =
      NameResolverProvider.builder()
          .cacheMaxTimeToLive(NAMES_KNOWN)
          .build()
          .newNameResolverGroup(TcpResources.get(), LoopResources.DEFAULT_NATIVE);

  private final LinkAddress address;
  private final Duration callTimeout;
  private final AtomicReference<@Nullable RSocket> current = new AtomicReference<>();
  private final Mono<RSocket> connection;
  private volatile boolean closed;

  /**
   * @param silence how long the other side may be silent before it is taken for dead
   */
  LinkClient(LinkAddress address, LinkSecret secret, Duration callTimeout, Duration silence) {
    this.address = address;
    this.callTimeout = callTimeout;
    var transport =
        TcpClientTransport.create(
            TcpClient.newConnection()
                .resolver(NAMES)
                .host(address.host())
                .port(address.port())
                .option(
                    ChannelOption.CONNECT_TIMEOUT_MILLIS,
                    (int) LinkProtocol.CONNECT_TIMEOUT.toMillis()));
    this.connection =
        RSocketConnector.create()
            .setupPayload(
                Mono.fromSupplier(() ->
                    LinkProtocol.payload(LinkProtocol.utf8(LinkProtocol.VERSION), secret.bytes())))
            .dataMimeType(LinkProtocol.DATA_TYPE)
            .metadataMimeType(LinkProtocol.METADATA_TYPE)
            .keepAlive(silence.dividedBy(3), silence)
            .fragment(LinkProtocol.FRAME_BYTES)
            .maxInboundPayloadSize(LinkProtocol.LARGEST_PAYLOAD_BYTES)
            .connect(transport)
            .doOnNext(this::opened)
            .cacheInvalidateIf(RSocket::isDisposed);
  }

  public static LinkClient to(LinkAddress address, LinkSecret secret) {
    return to(address, secret, CALL_TIMEOUT);
  }

  /**
   * @param callTimeout how long an answer may take, beyond the call's own patience
   */
  public static LinkClient to(LinkAddress address, LinkSecret secret, Duration callTimeout) {
    return new LinkClient(address, secret, callTimeout, LinkProtocol.LONGEST_SILENCE);
  }

  /**
   * The contract as the other process implements it. Streams start anew with each subscription and
   * signal on virtual threads. A channel ends both ways when its answers end, when it is cancelled
   * or when what is sent fails.
   *
   * @throws IllegalArgumentException where a link can't carry it
   */
  public <T> T proxy(Class<T> contract) {
    var layer = contract.getSimpleName() + " at " + address;
    var calls = new RemoteCalls(contract, layer, Mono.defer(this::connection), callTimeout);
    return contract.cast(
        Proxy.newProxyInstance(contract.getClassLoader(), new Class<?>[] {contract}, calls));
  }

  /** Cuts the connection; calls in progress and later ones fail. */
  @Override
  public void close() {
    closed = true;
    var open = current.get();
    if (open != null) {
      open.dispose();
    }
  }

  private Mono<RSocket> connection() {
    return closed ? Mono.error(new IllegalStateException("this link is closed")) : connection;
  }

  private void opened(RSocket opened) {
    current.set(opened);
    if (closed) {
      opened.dispose();
    }
  }
}
