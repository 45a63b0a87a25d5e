package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An effective operation that no known effective operation supersedes.
 *
 * @param generation its depth in the document's history, from 1
 * @param body null for a deletion
 * @param position where the log has the operation's entry
 * @param sawOthers a deletion whose author knew other heads
 * @param covers of a deletion: the present heads that come from versions its author had seen,
 *     sorted, so that equal states are equal whatever the order of arrival
 */
public record Head(
    Hash version,
    int generation,
    @Nullable JsonText body,
    long position,
    boolean sawOthers,
    List<Hash> covers) {
  /**
   * Policy {@code keep}: the winner is the greatest in this order. Clocks don't count: not deleted
   * first, then greater generation, then greater revision id, which orders as the version does.
   */
  public static final Comparator<Head> WINNER_LAST =
      Comparator.comparing((Head head) -> !head.deleted())
          .thenComparingInt(Head::generation)
          .thenComparing(Head::version);

  public Head {
    covers = covers.stream().sorted().toList();
  }

  public boolean deleted() {
    return body == null;
  }
}
