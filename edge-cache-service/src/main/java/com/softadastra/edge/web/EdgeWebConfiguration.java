package com.softadastra.edge.web;

import com.softadastra.edge.cache.HttpCache;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The edge's part of the HTTP interface. */
@Configuration(proxyBeanMethods = false)
@Import(CacheController.class)
public class EdgeWebConfiguration {
  /** Origins' heads, and what is added to them. */
  public static final int MOST_HEAD_BYTES = 16 << 10;

  private static final int ADDED_HEAD_BYTES = 2 << 10;

  @Bean
  ServletRegistrationBean<CacheServlet> cacheServlet(HttpCache httpCache, RequestReader reader) {
    var servlet =
        new ServletRegistrationBean<>(
            new CacheServlet(httpCache, reader), RequestReader.PATH + "*");
    servlet.setName("cache");
    return servlet;
  }

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> roomForHeads() {
    return factory ->
        factory.addConnectorCustomizers(connector ->
            connector.setProperty(
                "maxHttpResponseHeaderSize", Integer.toString(MOST_HEAD_BYTES + ADDED_HEAD_BYTES)));
  }
}
