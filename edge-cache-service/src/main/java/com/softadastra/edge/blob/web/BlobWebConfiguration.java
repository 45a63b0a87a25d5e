package com.softadastra.edge.blob.web;

import com.softadastra.edge.blob.BlobService;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Endpoints and metrics of the blobs. */
@Configuration(proxyBeanMethods = false)
@Import(BlobController.class)
public class BlobWebConfiguration {
  @Bean
  Transfers blobTransfers() {
    return new Transfers();
  }

  @Bean
  BlobResources blobResources(BlobService blobs, Transfers transfers) {
    return new BlobResources(blobs, transfers);
  }

  @Bean
  MeterBinder blobMetrics(BlobService blobs) {
    var store = blobs.store();
    return registry -> {
      Gauge.builder("softadastra.blob.blobs", store, it -> it.totals().blobs())
          .description("Blobs that are here, whole")
          .register(registry);
      Gauge.builder("softadastra.blob.size", store, it -> it.totals().bytes())
          .baseUnit("bytes")
          .description("What blobs count for in their budget, those that are coming in included")
          .register(registry);
      Gauge.builder("softadastra.blob.pinned", store, it -> it.totals().pinned())
          .description("Blobs that are never evicted")
          .register(registry);
      Gauge.builder("softadastra.blob.partial", store, it -> it.totals().partial())
          .description("Blobs of which a part is here")
          .register(registry);
      FunctionCounter.builder("softadastra.blob.evicted", store, it -> it.totals().evicted())
          .description("Blobs that had to go for others")
          .register(registry);
      FunctionCounter.builder("softadastra.blob.damaged", store, it -> it.totals().damaged())
          .description("Blobs that could not be read and were put aside")
          .register(registry);
    };
  }
}
