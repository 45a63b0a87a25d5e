package com.softadastra.runtime.resolvers;

import com.softadastra.contracts.documents.Documents;
import java.util.HashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The functions that there are, and their caller. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(ResolverProperties.class)
public class ResolversConfiguration {
  private static final int MOST = 10_000;

  @Bean
  ResolverLoop resolverLoop(
      Documents documents, ObjectProvider<Resolver> beans, ResolverProperties settings) {
    var functions = new HashMap<String, Resolver>();
    for (var function : beans) {
      if (functions.put(function.name(), function) != null) {
        throw new IllegalStateException("There are two functions " + function.name() + ".");
      }
    }
    var resolving =
        new Resolving(
            documents, functions, settings, MOST, () -> ThreadLocalRandom.current().nextDouble());
    return new ResolverLoop(resolving, settings.every());
  }
}
