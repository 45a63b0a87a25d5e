package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.peering.PeerCertificates;
import com.softadastra.gateway.identity.Certification;
import com.softadastra.gateway.identity.TransportIdentity;
import com.softadastra.gateway.identity.TransportTls;
import com.softadastra.gateway.mesh.ConnectionCount;
import com.softadastra.gateway.mesh.MeshLimits;
import com.softadastra.gateway.mesh.MeshProperties;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.ssl.SslHandler;
import io.rsocket.ConnectionSetupPayload;
import io.rsocket.RSocket;
import io.rsocket.SocketAcceptor;
import io.rsocket.core.RSocketServer;
import io.rsocket.exceptions.RejectedSetupException;
import io.rsocket.transport.netty.RSocketLengthCodec;
import io.rsocket.transport.netty.TcpDuplexConnection;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.DisposableServer;
import reactor.netty.tcp.TcpServer;

/**
 * Where peers call. The port is taken at start, so that one in use is found at once; who calls
 * before the transport's key is certified is hung up on. Each connection belongs to the node that
 * TLS has proved and serves its one request.
 */
final class MeshServer implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(MeshServer.class);
  private static final Duration LONGEST_STOP = Duration.ofSeconds(3);

  private final MeshProperties properties;
  private final MeshLimits limits;
  private final Supplier<Optional<TransportIdentity>> identity;
  private final PeerRequests.Layers layers;
  private final MeshThreads threads;
  private final MeshMetrics metrics;
  private final ConnectionCount count;
  private final Set<Channel> standing = ConcurrentHashMap.newKeySet();
  private volatile @Nullable DisposableServer server;

  MeshServer(
      MeshProperties properties,
      MeshLimits limits,
      Supplier<Optional<TransportIdentity>> identity,
      PeerRequests.Layers layers,
      MeshThreads threads,
      MeshMetrics metrics) {
    this.properties = properties;
    this.limits = limits;
    this.identity = identity;
    this.layers = layers;
    this.threads = threads;
    this.metrics = metrics;
    this.count = new ConnectionCount(limits.connections(), limits.connectionsPerNode());
  }

  /** What it listens on; empty while it doesn't. */
  Optional<InetSocketAddress> address() {
    return Optional.ofNullable(server).map(bound -> (InetSocketAddress) bound.address());
  }

  /**
   * @throws MeshNotBound where the address can't be had
   */
  @Override
  public void start() {
    var tls = TransportTls.accepting(identity);
    try {
      server =
          TcpServer.create()
              .runOn(threads.loops())
              .host(properties.bind())
              .port(properties.port())
              .option(ChannelOption.SO_REUSEADDR, true)
              .doOnChannelInit((_, channel, _) -> admit(channel))
              .secure(spec -> spec.sslContext(tls).handshakeTimeout(limits.handshake()))
              .doOnConnection(this::serve)
              .bindNow();
    } catch (RuntimeException e) {
      throw new MeshNotBound(properties.bind(), properties.port(), e);
    }
    LOG.info("peers can call {}", address().orElseThrow());
  }

  /** Before TLS: nothing is known of the caller but that it takes a place. */
  private void admit(Channel channel) {
    if (identity.get().isEmpty() || !count.enter()) {
      channel.close();
      return;
    }
    standing.add(channel);
    metrics.accepted().incrementAndGet();
    channel
        .closeFuture()
        .addListener(_ -> {
          standing.remove(channel);
          metrics.accepted().decrementAndGet();
          count.leave();
        });
  }

  /** After TLS: the caller is a node, which may have its share of places. */
  private void serve(Connection connection) {
    NodeId peer;
    try {
      peer = peerOf(connection);
    } catch (CertificateException | SSLPeerUnverifiedException e) {
      LOG.warn("a connection without a node: {}", e.toString());
      connection.dispose();
      return;
    }
    boolean welcome = count.enter(peer);
    if (welcome) {
      connection.onDispose(() -> count.leave(peer));
    }
    var requests = new PeerRequests(peer, layers, threads, metrics);
    requests.done().doOnSuccess(_ -> closeUnless(() -> false, connection)).subscribe();
    connection.addHandlerLast(new RSocketLengthCodec(MeshProtocol.MAX_FRAME));
    RSocketServer.create(acceptor(requests, connection, welcome))
        .maxTimeToFirstFrame(limits.request())
        .maxInboundPayloadSize(MeshProtocol.MAX_PAYLOAD)
        .fragment(MeshProtocol.FRAGMENT)
        .asConnectionAcceptor(MeshProtocol.MAX_FRAME)
        .apply(
            new SingleStream(new TcpDuplexConnection("mesh-server", connection), requests::asked))
        .then(Mono.<Void>never())
        .subscribe(connection.disposeSubscriber());
  }

  private static NodeId peerOf(Connection connection)
      throws CertificateException, SSLPeerUnverifiedException {
    var tls = connection.channel().pipeline().get(SslHandler.class);
    return PeerCertificates.nodeOf(tls.engine().getSession().getPeerCertificates());
  }

  private SocketAcceptor acceptor(PeerRequests requests, Connection connection, boolean welcome) {
    return (setup, _) -> {
      var objection = welcome ? objection(setup) : Optional.of("too many connections of this node");
      if (objection.isPresent()) {
        LOG.info("refused {} at {}: {}", requests.peer(), connection.address(), objection.get());
        return Mono.error(new RejectedSetupException(objection.get()));
      }
      closeUnless(requests::asked, connection);
      return Mono.<RSocket>just(requests);
    };
  }

  private Optional<String> objection(ConnectionSetupPayload setup) {
    String protocol = setup.getDataUtf8();
    if (!protocol.equals(MeshProtocol.NAME)) {
      return Optional.of("this node speaks " + MeshProtocol.NAME);
    }
    // RSocket lets the caller say when it is to be taken for dead
    if (setup.keepAliveMaxLifetime() > limits.silence().toMillis()
        || setup.keepAliveInterval() > limits.keepAlive().toMillis()) {
      return Optional.of(
          "a sign of life is due every "
              + limits.keepAlive().toMillis()
              + " ms, and silence ends after "
              + limits.silence().toMillis()
              + " ms");
    }
    return Optional.empty();
  }

  /**
   * The caller closes what it has opened, once it is through. One that doesn't, or asks for
   * nothing, is helped.
   */
  private void closeUnless(BooleanSupplier inUse, Connection connection) {
    Mono.delay(limits.request())
        .takeUntilOther(connection.onDispose())
        .subscribe(_ -> {
          if (!inUse.getAsBoolean()) {
            connection.dispose();
          }
        });
  }

  @Override
  public void stop() {
    var bound = server;
    server = null;
    if (bound != null) {
      bound.disposeNow(LONGEST_STOP);
      standing.forEach(Channel::close);
    }
  }

  @Override
  public boolean isRunning() {
    return server != null;
  }

  @Override
  public int getPhase() {
    return Certification.PHASE + 1;
  }
}
