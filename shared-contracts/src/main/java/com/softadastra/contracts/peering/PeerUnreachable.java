package com.softadastra.contracts.peering;

import org.jspecify.annotations.Nullable;

/** No address answered as the node that was called, or the connection ended. */
public final class PeerUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String detail;

  public PeerUnreachable(String detail, @Nullable Throwable cause) {
    super("peer unreachable: " + detail, cause);
    this.detail = detail;
  }

  public String detail() {
    return detail;
  }
}
