package com.softadastra.gateway.mesh;

import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where this node meets its peers.
 *
 * @param bind the local address to listen on; {@code 0.0.0.0} or {@code ::} for all
 * @param port the TCP port to listen on; 0 takes a free one
 * @param advertise where peers can reach this node, as {@code host} or {@code host:port}; empty to
 *     derive it from what it listens on
 */
@ConfigurationProperties("softadastra.mesh")
public record MeshProperties(
    @DefaultValue("127.0.0.1") String bind,
    @DefaultValue("7600") int port,
    @DefaultValue List<String> advertise) {
  public MeshProperties {
    if (bind.isBlank()) {
      throw new IllegalArgumentException("softadastra.mesh.bind must name a local address");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException(
          "softadastra.mesh.port must lie between 0 and 65535, not " + port);
    }
    advertise = List.copyOf(advertise);
    advertise.forEach(address -> PeerAddress.parse(address, port));
  }
}
