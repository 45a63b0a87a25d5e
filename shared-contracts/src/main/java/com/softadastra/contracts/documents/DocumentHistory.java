package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.NodeId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the versions of a document that are known.
 *
 * @param next what to ask with for those before them; null at the end
 */
public record DocumentHistory(
    List<Version> versions, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long next) {
  /**
   * One version.
   *
   * @param generation its depth: 1 for a version without parents
   * @param clock the author's clock as it stood
   * @param effective false where the operation has no effect, for example a second entry with one
   *     intent id
   */
  public record Version(
      String version,
      List<String> parents,
      int generation,
      Instant clock,
      NodeId node,
      @Nullable String actor,
      String intent,
      OperationKind operation,
      boolean deleted,
      boolean current,
      boolean effective) {}
}
