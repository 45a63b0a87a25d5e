package com.softadastra.engine.space;

import com.softadastra.contracts.Replica;

/** Where a received entry belongs among what is known of its author. */
sealed interface Place {
  /** It is there. */
  record Known() implements Place {}

  /** It follows on the end of a chain. */
  record End(Replica chain) implements Place {}

  /**
   * It follows on an entry on which another one follows already.
   *
   * @param after the sequence of that entry, 0 where both are first entries
   */
  record Fork(Replica chain, long after) implements Place {}

  /** What it follows on isn't known, or may not be followed. */
  record Nowhere(String reason) implements Place {}
}
