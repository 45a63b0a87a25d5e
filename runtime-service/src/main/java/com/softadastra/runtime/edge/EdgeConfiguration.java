package com.softadastra.runtime.edge;

import com.softadastra.contracts.http.OwnToken;
import com.softadastra.contracts.http.RoomForHeads;
import com.softadastra.contracts.link.LinkClient;
import com.softadastra.contracts.link.LinkProperties;
import com.softadastra.contracts.web.WebReads;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The edge's reads over a link, where the site has an edge: what merely listens where one would be
 * must not learn by what the layers know each other. In one process the edge answers them itself.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnProperty("softadastra.link.edge")
@EnableConfigurationProperties(LinkProperties.class)
@Import(RoomForHeads.class)
public class EdgeConfiguration {
  @Bean(destroyMethod = "close")
  LinkClient edgeLink(LinkProperties link) {
    return link.toEdge();
  }

  @Bean
  ServletRegistrationBean<EdgeServlet> edgeServlet(LinkClient edgeLink, OwnToken token) {
    var servlet = new EdgeServlet(edgeLink.proxy(WebReads.class), token);
    return new ServletRegistrationBean<>(servlet, "/cache/*", "/api/v1/blobs/*");
  }
}
