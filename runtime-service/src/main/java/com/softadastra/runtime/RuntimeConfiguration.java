package com.softadastra.runtime;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.runtime.changes.ChangesConfiguration;
import com.softadastra.runtime.documents.DocumentsConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** REST for applications; expects a bean of {@link Documents}, near or over a link. */
@Configuration(proxyBeanMethods = false)
@Import({HttpSurface.class, DocumentsConfiguration.class, ChangesConfiguration.class})
public class RuntimeConfiguration {}
