package com.softadastra.runtime.feeds;

import java.time.Duration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** The live feeds. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(FeedProperties.class)
public class FeedsConfiguration {
  private static final Duration COMMENT_EVERY = Duration.ofSeconds(15);

  @Bean
  Feeds feeds(JsonMapper json, FeedProperties feeds) {
    return new Feeds(json, feeds.most(), COMMENT_EVERY);
  }
}
