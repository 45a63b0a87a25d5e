package com.softadastra.edge;

import com.softadastra.contracts.http.OwnToken;
import com.softadastra.edge.cache.ForwardStore;
import com.softadastra.edge.cache.HttpCache;
import com.softadastra.edge.origin.OriginClient;
import com.softadastra.edge.store.ResponseStore;
import com.softadastra.edge.web.EdgeWebConfiguration;
import com.softadastra.edge.web.NamedOrigins;
import com.softadastra.edge.web.RequestReader;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The edge's cache as a layer; its mailboxes are {@link MailboxConfiguration}. What every HTTP
 * service does is imported by the process, not here.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(EdgeProperties.class)
@Import({EdgeWebConfiguration.class, ForwardConfiguration.class})
public class EdgeConfiguration {
  @Bean
  NamedOrigins namedOrigins(EdgeProperties edge) {
    var clients = new HashMap<String, OriginClient>();
    edge.origins()
        .forEach((name, origin) ->
            clients.put(
                name,
                new OriginClient(
                    origin.named(name), edge.limits(EdgeWebConfiguration.MOST_HEAD_BYTES))));
    return new NamedOrigins(clients);
  }

  @Bean
  ResponseStore responseStore(
      EdgeProperties edge,
      NamedOrigins origins,
      @Value("${softadastra.data:.softadastra/edge}") Path data) {
    return ResponseStore.open(
        data.resolve("http-cache"),
        edge.cache().disk().toBytes(),
        edge.cache().memory().toBytes(),
        origins::have);
  }

  @Bean
  HttpCache httpCache(
      EdgeProperties edge,
      ResponseStore store,
      ObjectProvider<InstantSource> clock,
      ObjectProvider<ForwardStore> forwards) {
    return new HttpCache(
        store,
        edge.rules(),
        clock.getIfAvailable(InstantSource::system),
        forwards.getIfAvailable(() -> ForwardStore.NONE));
  }

  @Bean
  RequestReader requestReader(EdgeProperties edge, NamedOrigins origins, OwnToken token) {
    String pseudonym =
        "softadastra-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    return new RequestReader(origins, token, pseudonym, edge.fetch().requestBody().toBytes());
  }
}
