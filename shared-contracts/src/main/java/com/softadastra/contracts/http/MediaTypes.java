package com.softadastra.contracts.http;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.springframework.http.MediaType;

/** Which kinds of body are taken. */
public final class MediaTypes {
  private MediaTypes() {}

  /**
   * Any JSON but a patch. A body without a type is taken for JSON, which it is or is refused as
   * malformed.
   *
   * @throws Refused {@code unsupported-media-type}
   */
  public static void requireJson(HttpServletRequest request) {
    if (request.getContentType() == null && isIdentity(request)) {
      return;
    }
    boolean json =
        of(request)
            .filter(type -> type.equals("application/json") || type.endsWith("+json"))
            .filter(type -> !type.endsWith("patch+json"))
            .isPresent();
    if (!json) {
      throw new Refused(
          ProblemCode.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8");
    }
  }

  /** Type and subtype in lower case, of what is plain UTF-8. */
  public static Optional<String> of(HttpServletRequest request) {
    String header = request.getContentType();
    if (header == null || !isIdentity(request)) {
      return Optional.empty();
    }
    try {
      var type = MediaType.parseMediaType(header);
      var charset = type.getCharset();
      return charset == null || charset.equals(StandardCharsets.UTF_8)
          ? Optional.of(type.getType() + "/" + type.getSubtype())
          : Optional.empty();
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static boolean isIdentity(HttpServletRequest request) {
    String coding = request.getHeader("Content-Encoding");
    return coding == null || coding.equalsIgnoreCase("identity");
  }
}
