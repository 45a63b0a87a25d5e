package com.softadastra.runtime;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.runtime.documents.DocumentsConfiguration;
import com.softadastra.runtime.feeds.FeedsConfiguration;
import com.softadastra.runtime.resolvers.ResolversConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** REST for applications; expects a bean of {@link Documents}, near or over a link. */
@Configuration(proxyBeanMethods = false)
@Import({
  HttpSurface.class,
  DocumentsConfiguration.class,
  FeedsConfiguration.class,
  ResolversConfiguration.class
})
public class RuntimeConfiguration {}
