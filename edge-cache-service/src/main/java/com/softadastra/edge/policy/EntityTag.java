package com.softadastra.edge.policy;

import java.util.Optional;

/**
 * A validator (RFC 9110, 8.8.3).
 *
 * @param opaque with its quotes
 */
record EntityTag(boolean weak, String opaque) {
  static Optional<EntityTag> parse(String text) {
    boolean weak = text.startsWith("W/");
    String opaque = weak ? text.substring(2) : text;
    boolean quoted =
        opaque.length() >= 2
            && opaque.startsWith("\"")
            && opaque.indexOf('"', 1) == opaque.length() - 1;
    return quoted ? Optional.of(new EntityTag(weak, opaque)) : Optional.empty();
  }

  boolean isStronglyEqual(EntityTag other) {
    return !weak && !other.weak && opaque.equals(other.opaque);
  }

  boolean isWeaklyEqual(EntityTag other) {
    return opaque.equals(other.opaque);
  }
}
