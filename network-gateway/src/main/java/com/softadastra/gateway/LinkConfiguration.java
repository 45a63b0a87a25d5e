package com.softadastra.gateway;

import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Peering;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The sync engine in another process: called over one link, and calling over another. */
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
  LinkServer linkForSync(LinkProperties link, LinkSecret secret, PeerLinks links) {
    return LinkServer.bind(new LinkAddress(link.bind(), link.port()), secret)
        .serve(PeerLinks.class, links);
  }
}
