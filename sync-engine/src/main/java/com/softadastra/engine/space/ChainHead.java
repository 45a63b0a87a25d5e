package com.softadastra.engine.space;

import com.softadastra.contracts.Hash;

/**
 * The end of a replica's chain of entries in a space, as far as it is known.
 *
 * @param sequence of the last entry, 0 where there is none
 * @param position where this node's log has it
 */
public record ChainHead(long sequence, Hash hash, long position) {
  public static final ChainHead NONE = new ChainHead(0, Hash.ZERO, 0);
}
