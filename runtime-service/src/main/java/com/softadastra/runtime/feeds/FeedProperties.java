package com.softadastra.runtime.feeds;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Live feeds.
 *
 * @param most how many are served at once; each holds a connection
 */
@ConfigurationProperties("softadastra.feeds")
record FeedProperties(@DefaultValue("256") int most) {
  FeedProperties {
    if (most < 1) {
      throw new IllegalArgumentException("softadastra.feeds.most must be at least 1");
    }
  }
}
