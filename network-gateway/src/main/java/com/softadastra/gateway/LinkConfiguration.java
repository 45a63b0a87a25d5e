package com.softadastra.gateway;

import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Peering;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The sync engine in another process: called over one link, and calling over another; and the edge,
 * where there is one.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LinkProperties.class)
class LinkConfiguration {
  @Bean
  LinkClient linkToSync(LinkProperties link) {
    return link.toSync();
  }

  @Bean
  Peering peering(LinkClient linkToSync) {
    return linkToSync.proxy(Peering.class);
  }

  @Bean
  Bundles bundles(LinkClient linkToSync) {
    return linkToSync.proxy(Bundles.class);
  }

  @Bean
  @ConditionalOnProperty("softadastra.link.edge")
  LinkClient linkToEdge(LinkProperties link) {
    return link.toEdge();
  }

  @Bean
  @ConditionalOnProperty("softadastra.link.edge")
  Mailboxes mailboxes(LinkClient linkToEdge) {
    return linkToEdge.proxy(Mailboxes.class);
  }

  @Bean
  @ConditionalOnProperty("softadastra.link.edge")
  Blobs blobs(LinkClient linkToEdge) {
    return linkToEdge.proxy(Blobs.class);
  }

  @Bean
  LinkServer linkForSync(LinkProperties link, PeerLinks links, BlobLinks blobLinks) {
    return link.server().serve(PeerLinks.class, links).serve(BlobLinks.class, blobLinks);
  }
}
