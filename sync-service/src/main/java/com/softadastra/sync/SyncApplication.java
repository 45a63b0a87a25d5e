package com.softadastra.sync;

import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.Peering;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The sync engine as a process of its own: called over one link, and calling the gateway over
 * another.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties(LinkProperties.class)
@Import({SyncConfiguration.class, HttpSurface.class})
public class SyncApplication {
  /** Below every other source of settings. */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          "spring.application.name", "sync-service",
          "server.port", "8081",
          "spring.jpa.open-in-view", "false",
          "spring.jpa.hibernate.ddl-auto", "none",
          "softadastra.link.port", "7601",
          "management.endpoints.web.exposure.include",
              "health,prometheus,wal,outbox,peers,conflicts",
          "management.endpoint.health.probes.enabled", "true");

  public static void main(String[] arguments) {
    var application = new SpringApplication(SyncApplication.class);
    application.setDefaultProperties(DEFAULTS);
    application.run(arguments);
  }

  @Bean(destroyMethod = "close")
  LinkClient linkToGateway(LinkProperties link) {
    return link.toGateway();
  }

  @Bean
  PeerLinks peerLinks(LinkClient linkToGateway) {
    return linkToGateway.proxy(PeerLinks.class);
  }

  @Bean
  MailLinks mailLinks(LinkClient linkToGateway) {
    return linkToGateway.proxy(MailLinks.class);
  }

  @Bean(destroyMethod = "close")
  LinkServer linkForOthers(
      LinkProperties link,
      Documents documents,
      Peering peering,
      Bundles bundles,
      RelayDuties duties,
      BlobPeers blobPeers) {
    return link.server()
        .serve(Documents.class, documents)
        .serve(Peering.class, peering)
        .serve(Bundles.class, bundles)
        .serve(RelayDuties.class, duties)
        .serve(BlobPeers.class, blobPeers);
  }
}
