package com.softadastra.gateway.mesh.rsocket;

import com.softadastra.gateway.identity.Certification;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/**
 * Up as soon as this node can be called and can call: the port is taken and the key is certified.
 * Whether any peer is in reach doesn't matter; being offline is not being unhealthy.
 */
final class MeshHealth implements HealthIndicator {
  private final MeshServer server;
  private final Certification certification;

  MeshHealth(MeshServer server, Certification certification) {
    this.server = server;
    this.certification = certification;
  }

  @Override
  public Health health() {
    var address = server.address();
    if (address.isEmpty()) {
      return Health.down().withDetail("reason", "not listening").build();
    }
    var identity = certification.identity();
    if (identity.isEmpty()) {
      return Health.down().withDetail("reason", "not certified by the sync engine yet").build();
    }
    return Health.up()
        .withDetail("node", identity.get().node().toString())
        .withDetail("address", address.get().toString())
        .build();
  }
}
