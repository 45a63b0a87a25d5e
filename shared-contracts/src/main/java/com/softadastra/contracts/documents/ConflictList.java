package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of conflicts of one state.
 *
 * @param conflicts in the order in which they last changed
 * @param next what to ask with for those that follow; null at the end
 */
public record ConflictList(
    List<ConflictView> conflicts, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long next) {
  public ConflictList {
    conflicts = List.copyOf(conflicts);
  }
}
