package com.softadastra.gateway.identity;

import com.softadastra.contracts.NodeId;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * TLS as the mesh speaks it: version 1.3 only, certificates demanded of both sides, the JDK's
 * provider, because it knows Ed25519 certificates.
 */
public final class TransportTls {
  private static final String VERSION = "TLSv1.3";

  private TransportTls() {}

  /** For the listening side: any node is let through, by name. */
  public static SslContext accepting(Supplier<Optional<TransportIdentity>> identity) {
    try {
      return SslContextBuilder.forServer(new TransportKeys(identity))
          .trustManager(new TransportTrust(Optional.empty()))
          .clientAuth(ClientAuth.REQUIRE)
          .sslProvider(SslProvider.JDK)
          .protocols(VERSION)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("this Java platform has no TLS 1.3", e);
    }
  }

  /**
   * For one call to one node. Each call takes its own, so that no session is resumed which another
   * node proved.
   */
  public static SslContext calling(NodeId peer, TransportIdentity identity) {
    try {
      return SslContextBuilder.forClient()
          .keyManager(new TransportKeys(() -> Optional.of(identity)))
          .trustManager(new TransportTrust(Optional.of(peer)))
          .endpointIdentificationAlgorithm(null)
          .sslProvider(SslProvider.JDK)
          .protocols(VERSION)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("this Java platform has no TLS 1.3", e);
    }
  }
}
