package com.softadastra.edge;

import com.softadastra.edge.blob.BlobService;
import com.softadastra.edge.blob.BlobSource;
import com.softadastra.edge.blob.BlobStore;
import com.softadastra.edge.blob.web.BlobWebConfiguration;
import java.nio.file.Path;
import java.time.InstantSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The edge's blobs as a layer. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
@Import(BlobWebConfiguration.class)
public class BlobConfiguration {
  @Bean
  BlobStore blobStore(
      EdgeProperties edge,
      ObjectProvider<InstantSource> clock,
      @Value("${softadastra.data:.softadastra/edge}") Path data) {
    return BlobStore.open(
        data.resolve("blobs"), edge.blobs().limits(), clock.getIfAvailable(InstantSource::system));
  }

  @Bean
  BlobService blobs(BlobStore store) {
    return new BlobService(store, BlobSource.NONE);
  }
}
