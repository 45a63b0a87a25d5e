package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sequence and who holds its numbers.
 *
 * @param keeper who holds the rest, from {@code next} on, which was never allotted; only that
 *     replica allots from it
 * @param ranges allotted and not used yet; those of a stranded holder are lost
 * @param used in order
 * @param unused given to documents by writes that have no effect, and not given again
 */
public record SequenceView(
    String sequence,
    String prefix,
    int width,
    Holder keeper,
    long next,
    List<Range> ranges,
    List<Numbers> used,
    @JsonProperty("void") List<Numbers> unused) {
  public SequenceView {
    ranges = List.copyOf(ranges);
    used = List.copyOf(used);
    unused = List.copyOf(unused);
  }

  /** Numbers without a gap. */
  public record Numbers(long first, long last) {}

  /** Numbers that a replica holds. */
  public record Range(Holder holder, long first, long last) {}

  /** A sequence as it is after {@link Documents#declareSequence}. */
  public record Declared(SequenceView sequence, boolean created) {}

  /**
   * Asks for numbers.
   *
   * @param to the node that is to have them; null for this one
   */
  public record Allotment(
      com.softadastra.contracts.@Nullable NodeId to,
      long count,
      @Nullable String intent,
      @Nullable String actor) {}
}
