package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import java.util.Comparator;

/**
 * Which definition of its collection an operation was made under. Of two the greater generation
 * counts, then the greater hash.
 *
 * @param generation from 1
 */
public record DefinitionName(long generation, Hash hash) implements Comparable<DefinitionName> {
  private static final Comparator<DefinitionName> ORDER =
      Comparator.comparingLong(DefinitionName::generation).thenComparing(DefinitionName::hash);

  @Override
  public int compareTo(DefinitionName other) {
    return ORDER.compare(this, other);
  }
}
