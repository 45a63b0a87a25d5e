package com.softadastra.sync.documents;

import com.softadastra.sync.storage.Storage;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Spaces and collections are entities. */
@Configuration(proxyBeanMethods = false)
@EntityScan(basePackageClasses = CollectionEntity.class)
@EnableJpaRepositories(basePackageClasses = CollectionRepository.class)
public class DocumentsConfiguration {
  @Bean
  SpaceDirectory spaceDirectory(
      SpaceRepository repository, PlatformTransactionManager transactions) {
    return new SpaceDirectory(repository, new TransactionTemplate(transactions));
  }

  @Bean
  CollectionDirectory collectionDirectory(Storage storage, CollectionRepository repository) {
    return new CollectionDirectory(storage, repository);
  }
}
