package com.softadastra.sync.outbox;

import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.Storage;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;

/** Dead letters are entities to whoever reads them. */
@Configuration(proxyBeanMethods = false)
@EntityScan(basePackageClasses = DeadLetterEntity.class)
@EnableJpaRepositories(basePackageClasses = DeadLetterRepository.class)
public class OutboxConfiguration {
  @Bean
  DeadLetters deadLetters(Storage storage, SpaceNames names, DeadLetterRepository repository) {
    return new DeadLetters(storage, names, repository);
  }
}
