package com.softadastra.runtime.changes;

import com.softadastra.contracts.documents.Documents;
import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** The controller and the feeds of this package. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FeedProperties.class)
public class ChangesConfiguration {
  private static final Duration COMMENT_EVERY = Duration.ofSeconds(15);

  @Bean
  ChangeFeeds changeFeeds(Documents documents, JsonMapper json, FeedProperties feeds) {
    return new ChangeFeeds(documents, json, feeds.most(), COMMENT_EVERY);
  }

  @Bean
  ChangesController changesController(Documents documents, ChangeFeeds feeds) {
    return new ChangesController(documents, feeds);
  }
}
