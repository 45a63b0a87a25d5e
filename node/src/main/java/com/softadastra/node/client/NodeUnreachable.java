package com.softadastra.node.client;

import java.net.ProtocolException;
import java.net.URI;

/** No whole answer came. A write may have been recorded or not: the same intent id tells. */
public final class NodeUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient URI node;
  private final boolean begun;

  NodeUnreachable(URI node, Throwable cause) {
    this(node, false, cause);
  }

  /**
   * @param begun whether the answer had begun
   */
  NodeUnreachable(URI node, boolean begun, Throwable cause) {
    super(begun ? "half an answer from " + node : "no answer from " + node, cause);
    this.node = node;
    this.begun = begun;
  }

  /** Whether the answer had begun, and broke off. */
  public boolean brokeOff() {
    return begun;
  }

  /** Whether an answer came that no node gives. */
  public boolean isAnotherServer() {
    return getCause() instanceof ProtocolException;
  }

  public URI node() {
    return node;
  }
}
