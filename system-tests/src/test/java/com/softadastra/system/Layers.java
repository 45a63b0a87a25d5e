package com.softadastra.system;

import com.softadastra.node.client.NodeClient;

/** Where a node's layers are asked; the same place for all where they share a process. */
interface Layers {
  String name();

  /** Asks the runtime. */
  NodeClient client();

  /** Asks the gateway. */
  NodeClient gateway();

  /** Asks the sync engine. */
  NodeClient sync();

  /** Asks the edge. */
  NodeClient edge();
}
