package com.softadastra.edge;

import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.cache.HttpCache;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.forward.Forwards;
import com.softadastra.edge.forward.web.ForwardWebConfiguration;
import com.softadastra.edge.web.NamedOrigins;
import java.nio.file.Path;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import tools.jackson.databind.json.JsonMapper;

/** Requests that are kept for origins that can't be reached. */
@Configuration(proxyBeanMethods = false)
@Import({EdgeDatabaseConfiguration.class, ForwardWebConfiguration.class})
class ForwardConfiguration {
  /** The cache asks this, and is told by it what delivered requests have changed. */
  @Bean(initMethod = "start", destroyMethod = "close")
  Forwards forwards(
      EdgeProperties edge,
      EdgeDatabase database,
      NamedOrigins origins,
      ObjectProvider<HttpCache> cache,
      JsonMapper json,
      Surroundings surroundings,
      @Value("${softadastra.data:.softadastra/edge}") Path data) {
    return new Forwards(
        database,
        edge.forward().limits(),
        data.toFile()::getUsableSpace,
        origins.clients(),
        (method, target, status, headers) ->
            cache.getObject().changed(method, target, status, headers),
        json::writeValueAsBytes,
        surroundings);
  }
}
