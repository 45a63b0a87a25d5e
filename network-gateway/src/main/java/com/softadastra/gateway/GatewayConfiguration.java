package com.softadastra.gateway;

import com.softadastra.gateway.mesh.rsocket.MeshConfiguration;
import com.softadastra.gateway.web.GatewayWebConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The gateway as a layer. It expects a {@link com.softadastra.contracts.peering.Peering} and a
 * {@link com.softadastra.contracts.peering.Bundles}, and gives a {@link
 * com.softadastra.contracts.peering.PeerLinks}; each may live in another process. What every HTTP
 * service does is imported by the process, not here.
 */
@Configuration(proxyBeanMethods = false)
@Import({MeshConfiguration.class, GatewayWebConfiguration.class})
public class GatewayConfiguration {}
