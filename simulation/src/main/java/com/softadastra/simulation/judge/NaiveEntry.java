package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Entry;

/**
 * An entry as the judge knows it, one object however many nodes have it.
 *
 * @param number a small number of its own, for sums over sets
 * @param allowed whether its author may write there
 */
record NaiveEntry(Hash hash, Entry entry, long number, boolean allowed) {
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return hash.hashCode();
  }
}
