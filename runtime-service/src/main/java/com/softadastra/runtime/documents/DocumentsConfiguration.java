package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.runtime.feeds.Feeds;
import com.softadastra.runtime.resolvers.ResolverLoop;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The controllers of this package. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(Limits.class)
public class DocumentsConfiguration {
  @Bean
  SpacesController spacesController(Documents documents, Limits limits) {
    return new SpacesController(documents, limits);
  }

  @Bean
  DocumentsController documentsController(Documents documents, Limits limits) {
    return new DocumentsController(documents, new Writes(documents), limits);
  }

  @Bean
  IntentsController intentsController(Documents documents, Limits limits) {
    return new IntentsController(documents, new Writes(documents), limits);
  }

  @Bean
  ChangesController changesController(Documents documents, Feeds feeds) {
    return new ChangesController(documents, feeds);
  }

  @Bean
  ConflictsController conflictsController(
      Documents documents, Limits limits, Feeds feeds, ResolverLoop resolvers) {
    return new ConflictsController(documents, new Writes(documents), limits, feeds, resolvers);
  }

  @Bean
  SharesController sharesController(Documents documents, Limits limits) {
    return new SharesController(documents, new Writes(documents), limits);
  }

  @Bean
  SequencesController sequencesController(Documents documents, Limits limits) {
    return new SequencesController(documents, new Writes(documents), limits);
  }
}
