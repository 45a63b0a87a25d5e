package com.softadastra.runtime.documents;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.PatchBody.Notation;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.springframework.http.MediaType;

/** Which kinds of body are taken. */
final class MediaTypes {
  static final String MERGE_PATCH = "application/merge-patch+json";
  static final String FIELDS_PATCH = "application/vnd.softadastra.patch+json";

  private MediaTypes() {}

  /**
   * Any JSON but a patch. A body without a type is taken for JSON, which it is or is refused as
   * malformed.
   *
   * @throws Refused {@code unsupported-media-type}
   */
  static void requireJson(HttpServletRequest request) {
    if (request.getContentType() == null && isIdentity(request)) {
      return;
    }
    boolean json =
        type(request)
            .filter(type -> !type.equals(MERGE_PATCH) && !type.equals(FIELDS_PATCH))
            .filter(type -> type.equals("application/json") || type.endsWith("+json"))
            .isPresent();
    if (!json) {
      throw new Refused(
          ProblemCode.UNSUPPORTED_MEDIA_TYPE, "the body must be application/json in UTF-8");
    }
  }

  /**
   * The notation that the type names.
   *
   * @throws Refused {@code unsupported-media-type}, for plain JSON too, which could be either
   */
  static Notation requirePatch(HttpServletRequest request, HttpServletResponse response) {
    return switch (type(request).orElse("")) {
      case MERGE_PATCH -> Notation.MERGE;
      case FIELDS_PATCH -> Notation.FIELDS;
      default -> {
        response.setHeader("Accept-Patch", MERGE_PATCH + ", " + FIELDS_PATCH);
        throw new Refused(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE,
            "a patch must be " + MERGE_PATCH + " or " + FIELDS_PATCH);
      }
    };
  }

  /** Type and subtype in lower case, of what is plain UTF-8. */
  private static Optional<String> type(HttpServletRequest request) {
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
