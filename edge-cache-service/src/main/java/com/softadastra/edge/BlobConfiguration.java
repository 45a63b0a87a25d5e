package com.softadastra.edge;

import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.edge.blob.BlobService;
import com.softadastra.edge.blob.BlobStore;
import com.softadastra.edge.blob.BlobsForPeers;
import com.softadastra.edge.blob.PeerFetching;
import com.softadastra.edge.blob.web.BlobWebConfiguration;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The edge's blobs as a layer. They give a {@link com.softadastra.contracts.blob.Blobs}, and ask
 * {@link BlobPeers} and {@link BlobLinks}, without which nothing is fetched.
 */
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
  BlobService blobService(
      BlobStore store, ObjectProvider<BlobPeers> peers, ObjectProvider<BlobLinks> links) {
    return new BlobService(
        store,
        new PeerFetching(store, latePeers(peers), lateLinks(links), PeerFetching.Patience.DEFAULT));
  }

  @Bean
  BlobsForPeers blobsForPeers(BlobStore store, ObjectProvider<BlobPeers> peers) {
    return new BlobsForPeers(store, latePeers(peers));
  }

  /** The other layers may come up later than this; without them there are no peers. */
  private static BlobPeers latePeers(ObjectProvider<BlobPeers> peers) {
    return () -> {
      var known = peers.getIfAvailable();
      return known == null ? List.of() : known.peers();
    };
  }

  private static BlobLinks lateLinks(ObjectProvider<BlobLinks> links) {
    return (peer, addresses, frames) -> links.getObject().fetch(peer, addresses, frames);
  }
}
