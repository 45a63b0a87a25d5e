package com.softadastra.node.client;

import java.net.ProtocolException;
import java.net.URI;

/** No whole answer came. A write may have been recorded or not: the same intent id tells. */
public final class NodeUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient URI node;

  NodeUnreachable(URI node, Throwable cause) {
    super("no answer from " + node, cause);
    this.node = node;
  }

  /** Whether an answer came that no node gives. */
  public boolean isAnotherServer() {
    return getCause() instanceof ProtocolException;
  }

  public URI node() {
    return node;
  }
}
