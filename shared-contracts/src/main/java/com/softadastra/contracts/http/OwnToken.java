package com.softadastra.contracts.http;

import com.softadastra.contracts.web.WebRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** The token of this service. It opens the service, and is nobody else's business. */
public final class OwnToken {
  private final byte @Nullable [] token;

  OwnToken(AccessProperties access) {
    token = access.demandedToken().map(text -> text.getBytes(StandardCharsets.UTF_8)).orElse(null);
  }

  /** Whether callers have to show one. */
  boolean isDemanded() {
    return token != null;
  }

  /**
   * @param authorization the value of that field
   */
  boolean isShownBy(String authorization) {
    if (token == null || !authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return false;
    }
    // A header's characters stand for one byte each.
    byte[] shown = authorization.substring(7).strip().getBytes(StandardCharsets.ISO_8859_1);
    return MessageDigest.isEqual(shown, token);
  }

  /** The request as it may go on. */
  public WebRequest leftOutOf(WebRequest request) {
    return request.without(
        field -> field.name().equalsIgnoreCase("Authorization") && isShownBy(field.value()));
  }
}
