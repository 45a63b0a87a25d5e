package com.softadastra.contracts;

/**
 * A layer in another process did not answer, or the link to it broke on the way; what it did is not
 * known.
 */
public final class LayerUnreachable extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LayerUnreachable(String layer, Throwable cause) {
    super("layer unreachable: " + layer, cause);
  }
}
