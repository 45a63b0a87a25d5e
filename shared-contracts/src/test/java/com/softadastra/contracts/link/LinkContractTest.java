package com.softadastra.contracts.link;

import com.softadastra.contracts.suite.ContractSuite;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;

/** The suite over a link through real sockets. */
class LinkContractTest extends ContractSuite {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  @Override
  protected <T> T reach(Class<T> contract, T implementation) {
    var server =
        LinkServer.bind(LinkAddress.loopback(0), LinkSecret.none()).serve(contract, implementation);
    var client = LinkClient.to(server.address(), LinkSecret.none());
    open.push(server);
    open.push(client);
    return client.proxy(contract);
  }

  @AfterEach
  void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
