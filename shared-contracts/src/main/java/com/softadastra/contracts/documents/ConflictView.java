package com.softadastra.contracts.documents;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
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
 * @param resolver of an open conflict that a function of the application's own decides, else null
 * @param resolution the write that ended it; null where it is open, or the policy decided
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
    List<String> fields,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Resolver resolver,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Ending resolution) {
  /** One that the policy has decided, or that nobody has yet. */
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
      Instant detectedAt,
      List<String> fields) {
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
        fields,
        null,
        null);
  }

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

  /** The same with what the function's caller says of it. */
  public ConflictView with(Resolver other) {
    return new ConflictView(
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
        fields,
        other,
        resolution);
  }

  /** When a node lets the function decide. */
  public enum Turn {
    /** At once. */
    @JsonProperty("first")
    FIRST,
    /** After a while, if nobody has. */
    @JsonProperty("next")
    NEXT,
    /** After a long while, if nobody has. */
    @JsonProperty("last")
    LAST,
    /** Never: others do. */
    @JsonProperty("others")
    OTHERS
  }

  /**
   * The function that decides.
   *
   * @param version of the document, on which it decides
   * @param turn of this node
   * @param problem why this node's function has not decided, in a sentence; null where nothing is
   *     wrong
   */
  public record Resolver(
      String name,
      String version,
      Turn turn,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String problem) {}

  /**
   * How a conflict ended.
   *
   * @param function that decided; null where somebody did
   */
  public record Ending(
      String version,
      NodeId node,
      @Nullable String actor,
      Instant clock,
      @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String function) {}

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
