package com.softadastra.contracts;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * Every refusal that can reach a caller, once: its slug on the wire, its HTTP status, what it
 * means, and whether the same request can succeed later without being changed.
 */
public enum ProblemCode {
  BASE_UNKNOWN(422, "The version that the write names as its base is not known here", false),
  BLOB_BUSY(409, "This blob is being written by another request", true),
  BLOB_MISMATCH(422, "The bytes are not those that the blob's name stands for", false),
  BLOB_OFFSET(409, "What is there of this blob ends elsewhere", false),
  BLOB_UNKNOWN(404, "This blob is neither here nor at a peer in reach", true),
  BUNDLE_INVALID(422, "The bundle is damaged, cut off or for another node", false),
  BUSY(503, "This node has taken on as much of this as it serves at once", true),
  CONFLICT_NOT_UNDOABLE(409, "What was decided here can't be taken back", false),
  CONFLICT_RESOLVED(409, "This conflict is no longer open", false),
  CONFLICT_UNKNOWN(404, "This space has no such conflict", false),
  DISK_FAILED(503, "The disk failed; this node is stopping", true),
  DOCUMENT_DELETED(410, "The document was deleted", false),
  DOCUMENT_TOO_LARGE(413, "The document or request is larger than the limit", false),
  DOCUMENT_UNKNOWN(404, "The document never existed here", false),
  FORWARD_MISMATCH(422, "This idempotency key came before, with another request", false),
  FORWARD_NOT_ENDED(409, "This kept request is in no state for that", true),
  FORWARD_NOT_KEPT(507, "The origin can't be reached, and the request can't be kept", true),
  FORWARD_UNKNOWN(404, "This node keeps no such request", false),
  FORWARDING_LOOP(508, "The request goes in a circle", false),
  HOST_NOT_ALLOWED(403, "Requests for this host or from this origin are not served", false),
  INTERNAL_ERROR(500, "This node made a mistake, which it has logged", true),
  INTENT_MISMATCH(422, "This intent id was used before, with other content", false),
  INTENT_UNKNOWN(404, "This space has no such intent", false),
  INVALID_REQUEST(400, "The request is not of the documented form", false),
  INVITATION_INVALID(422, "The invitation is damaged, expired, used up or for another node", false),
  LAYER_UNREACHABLE(503, "A layer of this site does not answer", true),
  MALFORMED_JSON(400, "The body is not one JSON object in UTF-8", false),
  METHOD_NOT_ALLOWED(405, "This resource does not take this method", false),
  NOT_ACCEPTABLE(406, "The answer can't be given in a media type that the request accepts", false),
  NOT_ALLOWED(403, "The caller's role does not allow this", false),
  NOT_CACHED(504, "The cache has nothing that may answer this by itself", true),
  NOT_FOUND(404, "There is nothing at this path", false),
  NOT_RECORDING(503, "This node takes no writes at the moment", true),
  NOT_SUPPORTED(422, "This setting is not honoured by this version", false),
  ORIGIN_FAILED(502, "The origin's answer can't be passed on", true),
  ORIGIN_UNKNOWN(404, "No origin of this name is configured", false),
  ORIGIN_UNREACHABLE(504, "The origin can't be reached at the moment", true),
  PATCH_NOT_APPLICABLE(422, "The patch does not fit the document", false),
  PEER_UNKNOWN(404, "This node is not paired with such a peer", false),
  PEER_UNREACHABLE(503, "The peer can't be reached at the moment", true),
  RANGE_EXHAUSTED(409, "This node holds no number of this sequence any more", false),
  SEQUENCE_UNKNOWN(404, "This space has no such sequence", false),
  SHARE_EXHAUSTED(409, "This node's share of the amount is smaller than that", false),
  SPACE_NAME_TAKEN(409, "Another space has this name here", false),
  SPACE_UNKNOWN(404, "This node has no such space", false),
  STORAGE_FULL(507, "The disk is nearly full; reading and delivering go on", true),
  UNAUTHENTICATED(401, "A bearer token is needed", false),
  UNREADABLE(503, "What this needs can't be read from this node's disk at the moment", true),
  UNSUPPORTED_MEDIA_TYPE(415, "This media type is not taken here", false),
  VERSION_MISMATCH(412, "The document is not at the version that the request names", false);

  private final int status;
  private final String title;
  private final boolean retryable;
  private final String slug = name().toLowerCase(Locale.ROOT).replace('_', '-');

  ProblemCode(int status, String title, boolean retryable) {
    this.status = status;
    this.title = title;
    this.retryable = retryable;
  }

  /**
   * @throws IllegalArgumentException for a slug that no code has
   */
  @JsonCreator
  public static ProblemCode of(String slug) {
    return valueOf(slug.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @JsonValue
  public String slug() {
    return slug;
  }

  public int status() {
    return status;
  }

  public String title() {
    return title;
  }

  public boolean retryable() {
    return retryable;
  }
}
