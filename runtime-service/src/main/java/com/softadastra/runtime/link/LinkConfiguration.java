package com.softadastra.runtime.link;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The engine's contract over a link, and whether it answers. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(LinkProperties.class)
public class LinkConfiguration {
  @Bean
  LinkClient syncLink(LinkProperties link) {
    return link.toSync();
  }

  @Bean
  Documents documents(LinkClient syncLink) {
    return syncLink.proxy(Documents.class);
  }

  @Bean("sync")
  SyncHealth syncHealth(Documents documents) {
    return new SyncHealth(documents);
  }
}
