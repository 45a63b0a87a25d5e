package com.softadastra.gateway;

import static java.util.Objects.requireNonNull;

import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.mail.MailLinks;
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
  LinkSecret linkSecret(LinkProperties link) {
    return link.secret();
  }

  @Bean
  LinkClient linkToSync(LinkProperties link, LinkSecret secret) {
    return LinkClient.to(LinkAddress.parse(link.sync()), secret);
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
  LinkClient linkToEdge(LinkProperties link, LinkSecret secret) {
    return LinkClient.to(LinkAddress.parse(requireNonNull(link.edge())), secret);
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
  LinkServer linkForSync(
      LinkProperties link,
      LinkSecret secret,
      PeerLinks links,
      BlobLinks blobLinks,
      MailLinks mailLinks) {
    return LinkServer.bind(new LinkAddress(link.bind(), link.port()), secret)
        .serve(PeerLinks.class, links)
        .serve(BlobLinks.class, blobLinks)
        .serve(MailLinks.class, mailLinks);
  }
}
