package com.softadastra.edge.web;

import com.softadastra.contracts.http.RoomForHeads;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.edge.cache.HttpCache;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The edge's part of the HTTP interface. */
@Configuration(proxyBeanMethods = false)
@Import({CacheController.class, RoomForHeads.class})
public class EdgeWebConfiguration {
  private static final int ADDED_HEAD_BYTES = 2 << 10;

  /** Of an origin's answer; something is added to it. */
  public static final int MOST_HEAD_BYTES = WebReads.LARGEST_HEAD_BYTES - ADDED_HEAD_BYTES;

  @Bean
  CacheResources cacheResources(HttpCache httpCache, RequestReader reader) {
    return new CacheResources(httpCache, reader);
  }

  @Bean
  ServletRegistrationBean<CacheServlet> cacheServlet(
      CacheResources resources, RequestReader reader) {
    var servlet =
        new ServletRegistrationBean<>(
            new CacheServlet(resources, reader), RequestReader.PATH + "*");
    servlet.setName("cache");
    return servlet;
  }
}
