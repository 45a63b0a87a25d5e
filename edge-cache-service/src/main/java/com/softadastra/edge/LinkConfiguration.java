package com.softadastra.edge;

import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.link.LinkServer;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.edge.read.ReadsByLink;
import com.softadastra.edge.read.Resources;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The other layers in processes of their own, and what surrounds this one. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LinkProperties.class)
class LinkConfiguration {
  @Bean(destroyMethod = "close")
  LinkClient linkToSync(LinkProperties link) {
    return link.toSync();
  }

  @Bean(destroyMethod = "close")
  LinkClient linkToGateway(LinkProperties link) {
    return link.toGateway();
  }

  @Bean
  BlobPeers blobPeers(LinkClient linkToSync) {
    return linkToSync.proxy(BlobPeers.class);
  }

  @Bean
  BlobLinks blobLinks(LinkClient linkToGateway) {
    return linkToGateway.proxy(BlobLinks.class);
  }

  @Bean
  MailLinks mailLinks(LinkClient linkToGateway) {
    return linkToGateway.proxy(MailLinks.class);
  }

  @Bean
  RelayDuties relayDuties(LinkClient linkToSync) {
    return linkToSync.proxy(RelayDuties.class);
  }

  @Bean
  WebReads webReads(List<Resources> resources) {
    return new ReadsByLink(resources);
  }

  @Bean(destroyMethod = "close")
  LinkServer linkForOthers(
      LinkProperties link, Mailboxes mailboxes, Blobs blobs, WebReads webReads) {
    return link.server()
        .serve(Mailboxes.class, mailboxes)
        .serve(Blobs.class, blobs)
        .serve(WebReads.class, webReads);
  }

  @Bean
  InstantSource instantSource() {
    return Clock.systemUTC();
  }

  @Bean(destroyMethod = "close")
  ThreadSchedule schedule() {
    return new ThreadSchedule();
  }

  @Bean
  Surroundings surroundings(Schedule schedule, InstantSource clock) {
    return new Surroundings(schedule, clock, new SecureRandom());
  }
}
