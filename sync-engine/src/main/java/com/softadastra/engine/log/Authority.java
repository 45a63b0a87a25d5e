package com.softadastra.engine.log;

import com.softadastra.contracts.Hash;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * By what right an author writes: the membership epoch that it knew, and its own grant.
 *
 * @param term raised when a new steward takes over
 * @param number of the steward's records in that term, from 1
 * @param grant the record that made the author a member; null for the space's creator
 * @param labels those that the grant gives the author, sorted, each once; an entry that names
 *     others is void
 */
public record Authority(long term, long number, @Nullable Hash grant, List<String> labels) {
  public Authority {
    labels = List.copyOf(labels);
  }

  /** Of an author without labels. */
  public Authority(long term, long number, @Nullable Hash grant) {
    this(term, number, grant, List.of());
  }
}
