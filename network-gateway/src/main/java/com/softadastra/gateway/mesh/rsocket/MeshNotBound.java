package com.softadastra.gateway.mesh.rsocket;

/** The address for peers can't be had; the node doesn't start. */
final class MeshNotBound extends RuntimeException {
  private static final long serialVersionUID = 1;

  MeshNotBound(String host, int port, Throwable cause) {
    super(
        "can't listen for peers on "
            + host
            + ":"
            + port
            + ": it is in use or not this machine's (softadastra.mesh.bind, softadastra.mesh.port)",
        cause);
  }
}
