package com.softadastra.runtime.link;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.Documents;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up where the sync engine answers; without it the runtime takes no writes. */
final class SyncHealth implements HealthIndicator {
  private final Documents documents;

  SyncHealth(Documents documents) {
    this.documents = documents;
  }

  @Override
  public Health health() {
    try {
      documents.spaces();
      return Health.up().build();
    } catch (LayerUnreachable | Refused _) {
      return Health.down().build();
    }
  }
}
