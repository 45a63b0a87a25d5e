package com.softadastra.runtime.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.json.Json;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The two notations of a patch. */
final class Patches {
  private static final String MERGE = "application/merge-patch+json";
  private static final String FIELDS = "application/vnd.softadastra.patch+json";

  private Patches() {}

  /**
   * The notation that the request's media type names.
   *
   * @throws Refused {@code unsupported-media-type}, for plain JSON too, which could be either
   */
  static Notation notation(HttpServletRequest request, HttpServletResponse response) {
    return switch (MediaTypes.of(request).orElse("")) {
      case MERGE -> Notation.MERGE;
      case FIELDS -> Notation.FIELDS;
      default -> {
        response.setHeader("Accept-Patch", MERGE + ", " + FIELDS);
        throw new Refused(
            ProblemCode.UNSUPPORTED_MEDIA_TYPE, "a patch must be " + MERGE + " or " + FIELDS);
      }
    };
  }

  /**
   * The notation of a patch that doesn't name it: by fields where it has a member and each is one
   * of {@code set}, {@code unset}, {@code increment}, {@code add} and {@code remove} with a value
   * of the type that it needs, else a merge patch.
   */
  static Notation notation(Json.Obj patch) {
    return !patch.members().isEmpty() && errors("", patch).isEmpty()
        ? Notation.FIELDS
        : Notation.MERGE;
  }

  /**
   * Refuses a patch by fields that is not one.
   *
   * @param path where it is in the request; empty for the body as a whole
   */
  static void requireFields(String path, Json.Obj patch) {
    var errors = errors(path.isEmpty() ? "" : path + ".", patch);
    if (!errors.isEmpty()) {
      throw new Refused(
          new Problem(
              ProblemCode.INVALID_REQUEST,
              "the patch is not of the documented form",
              errors.stream().limit(100).toList(),
              Map.of()));
    }
  }

  private static List<Problem.FieldError> errors(String prefix, Json.Obj patch) {
    var errors = new ArrayList<Problem.FieldError>();
    patch
        .members()
        .forEach((name, value) -> {
          String error =
              switch (name) {
                case "set" -> value instanceof Json.Obj ? "" : "must be an object";
                case "unset" -> isStrings(value) ? "" : "must be an array of strings";
                case "increment" ->
                    isObjectOf(value, Json.Num.class) ? "" : "must be an object of numbers";
                case "add", "remove" ->
                    isObjectOf(value, Json.Arr.class) ? "" : "must be an object of arrays";
                default -> "is not a known field";
              };
          if (!error.isEmpty()) {
            errors.add(new Problem.FieldError(prefix + name, error));
          }
        });
    return errors;
  }

  private static boolean isStrings(Json value) {
    return value instanceof Json.Arr(var items)
        && items.stream().allMatch(Json.Str.class::isInstance);
  }

  private static boolean isObjectOf(Json value, Class<? extends Json> type) {
    return value instanceof Json.Obj(var members)
        && members.values().stream().allMatch(type::isInstance);
  }
}
