package com.softadastra.node;

import com.softadastra.contracts.http.HttpSurface;
import com.softadastra.gateway.GatewayConfiguration;
import com.softadastra.runtime.RuntimeConfiguration;
import com.softadastra.sync.SyncConfiguration;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** The layers of a node in one application context: they call each other's interfaces directly. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  SyncConfiguration.class,
  RuntimeConfiguration.class,
  GatewayConfiguration.class,
  HttpSurface.class
})
public class NodeApplication {}
