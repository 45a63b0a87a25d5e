package com.softadastra.system;

import com.softadastra.node.client.NodeClient;
import java.net.URI;

/** The services of a site, as they are published on this machine. */
record ContainerSite(
    String name, NodeClient client, NodeClient sync, NodeClient gateway, NodeClient edge)
    implements Layers {
  /** The site whose services and published ports have these prefixes. */
  static ContainerSite of(ComposeProject project, String name, String published) {
    return new ContainerSite(
        name,
        at(project.port(published + "_RUNTIME_PORT")),
        at(project.port(published + "_SYNC_PORT")),
        at(project.port(published + "_GATEWAY_PORT")),
        at(project.port(published + "_EDGE_PORT")));
  }

  /** A container that has all layers. */
  static ContainerSite ofOne(ComposeProject project, String name, String published) {
    var client = at(project.port(published));
    return new ContainerSite(name, client, client, client, client);
  }

  private static NodeClient at(int port) {
    return new NodeClient(URI.create("http://127.0.0.1:" + port), null);
  }
}
