package com.softadastra.contracts.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.json.JsonText;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Concurrent writes of one document.
 *
 * @param winner the version that is served meanwhile, or that counts
 * @param ancestor the newest version that all sides come from; null where there is none
 * @param detectedAt when this node noticed
 * @param fields pointers to what is in dispute, where the policy decided field by field
 */
public record ConflictView(
    String id,
    String collection,
    String document,
    ConflictState state,
    String policy,
    String reason,
    String winner,
    @Nullable Ancestor ancestor,
    List<Side> sides,
    Instant detectedAt,
    List<String> fields) {
  /** A conflict over whole documents. */
  public ConflictView(
      String id,
      String collection,
      String document,
      ConflictState state,
      String policy,
      String reason,
      String winner,
      @Nullable Ancestor ancestor,
      List<Side> sides,
      Instant detectedAt) {
    this(
        id,
        collection,
        document,
        state,
        policy,
        reason,
        winner,
        ancestor,
        sides,
        detectedAt,
        List.of());
  }

  public record Ancestor(String version, @Nullable JsonText body) {}

  /**
   * One of the concurrent writes; a deletion has no body.
   *
   * @param intent that made it
   * @param others the other documents that the intent wrote
   */
  public record Side(
      String version,
      @Nullable JsonText body,
      NodeId node,
      @Nullable String actor,
      Instant clock,
      boolean deleted,
      String intent,
      List<OtherWrite> others) {}

  /** What else an intent wrote. */
  public record OtherWrite(String collection, String id, String version) {}
}
