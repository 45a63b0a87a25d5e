package com.softadastra.contracts.http;

import com.softadastra.contracts.web.WebReads;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Imported where the answers of {@link WebReads} go to clients: room for their largest head. */
@Configuration(proxyBeanMethods = false)
public class RoomForHeads {
  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> largestHead() {
    return factory ->
        factory.addConnectorCustomizers(connector ->
            connector.setProperty(
                "maxHttpResponseHeaderSize", Integer.toString(WebReads.LARGEST_HEAD_BYTES)));
  }
}
