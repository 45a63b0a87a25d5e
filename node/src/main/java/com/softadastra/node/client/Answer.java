package com.softadastra.node.client;

import tools.jackson.databind.JsonNode;

/**
 * What a node answered.
 *
 * @param body the JSON of the answer, a missing node where there was none
 */
public record Answer(int status, JsonNode body) {
  public boolean isSuccess() {
    return status >= 200 && status < 300;
  }

  /** Whether the same request can succeed later without being changed. */
  public boolean isRetryable() {
    return !isSuccess() && (body.path("retryable").asBoolean(false) || status == 503);
  }

  /** Why the request was refused, in a sentence. */
  public String problem() {
    String detail = body.path("detail").asString("");
    String title = body.path("title").asString("");
    String code = body.path("code").asString("");
    String said = detail.isEmpty() ? title : detail;
    return (said.isEmpty() ? "it gave no reason" : said)
        + (code.isEmpty() ? " (" + status + ")" : " (" + status + " " + code + ")");
  }

  /**
   * @throws RequestRefused unless the request succeeded
   */
  public JsonNode orThrow() {
    if (!isSuccess()) {
      throw new RequestRefused(this);
    }
    return body;
  }
}
