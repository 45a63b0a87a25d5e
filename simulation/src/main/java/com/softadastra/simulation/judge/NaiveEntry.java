package com.softadastra.simulation.judge;

import com.softadastra.contracts.Hash;
import com.softadastra.engine.log.Entry;
import java.util.List;

/**
 * An entry as the judge knows it, one object however many nodes have it.
 *
 * @param number a small number of its own, for sums over sets
 * @param allowed whether its author may write there, with the labels that it names
 * @param definitions what its operations were made under, in their order
 */
record NaiveEntry(
    Hash hash, Entry entry, long number, boolean allowed, List<NaiveDefinition> definitions) {
  @Override
  public boolean equals(Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return hash.hashCode();
  }
}
