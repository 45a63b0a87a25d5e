package com.softadastra.edge.web;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.origin.OriginClient;
import java.io.Closeable;
import java.io.IOException;
import java.util.Map;

/** The origins that the operator has named; nothing else is ever fetched from. */
public record NamedOrigins(Map<String, OriginClient> clients) implements Closeable {
  public NamedOrigins {
    clients = Map.copyOf(clients);
  }

  /**
   * @throws Refused {@code origin-unknown}
   */
  OriginClient named(String name) {
    var client = clients.get(name);
    if (client == null) {
      throw new Refused(ProblemCode.ORIGIN_UNKNOWN, "no origin of that name is configured");
    }
    return client;
  }

  /** Whether a key of the cache is about one of them. */
  public boolean have(String key) {
    return clients.values().stream().anyMatch(it -> key.startsWith(it.origin().url() + "/"));
  }

  @Override
  public void close() throws IOException {
    for (var client : clients.values()) {
      client.close();
    }
  }
}
