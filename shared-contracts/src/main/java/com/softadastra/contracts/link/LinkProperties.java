package com.softadastra.contracts.link;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the layers of a site call each other, where each is a process of its own.
 *
 * @param bind the local address on which this layer is called
 * @param port the TCP port for it; 0 takes a free one
 * @param sync where the sync engine is called, as {@code host:port}
 * @param gateway where the gateway is called, as {@code host:port}
 * @param edge where the edge is called, as {@code host:port}; without it the site has none
 * @param secretFile what the layers know each other by; without one only loopback may be bound
 */
@ConfigurationProperties("softadastra.link")
public record LinkProperties(
    @DefaultValue("127.0.0.1") String bind,
    @DefaultValue("0") int port,
    @DefaultValue("127.0.0.1:7601") String sync,
    @DefaultValue("127.0.0.1:7602") String gateway,
    @Nullable String edge,
    @Nullable Path secretFile) {
  /** Calls the sync engine, when it is first used. */
  public LinkClient toSync() {
    return to(sync);
  }

  /** Calls the gateway, when it is first used. */
  public LinkClient toGateway() {
    return to(gateway);
  }

  /**
   * Calls the edge, when it is first used.
   *
   * @throws NullPointerException where the site has none
   */
  public LinkClient toEdge() {
    return to(requireNonNull(edge));
  }

  private LinkClient to(String address) {
    return LinkClient.to(LinkAddress.parse(address), secret());
  }

  /** Where this layer is called, which serves nothing yet. */
  public LinkServer server() {
    return LinkServer.bind(new LinkAddress(bind, port), secret());
  }

  private LinkSecret secret() {
    return secretFile == null ? LinkSecret.none() : LinkSecret.inFile(secretFile);
  }
}
