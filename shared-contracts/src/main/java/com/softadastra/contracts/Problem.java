package com.softadastra.contracts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Why a request was refused, as it crosses every border (RFC 9457 over HTTP, a reply record over a
 * link).
 *
 * @param detail one sentence for a person
 * @param errors what is wrong with which field; empty where the request as a whole is refused
 * @param facts further members by name, for example the current version
 */
public record Problem(
    ProblemCode code, String detail, List<FieldError> errors, Map<String, String> facts) {
  public record FieldError(String field, String message) {}

  public Problem {
    // across a link anything may be missing
    Objects.requireNonNull(code);
    Objects.requireNonNull(detail);
    errors = List.copyOf(errors);
    facts = Map.copyOf(facts);
  }

  public static Problem of(ProblemCode code, String detail) {
    return new Problem(code, detail, List.of(), Map.of());
  }

  public static Problem ofField(ProblemCode code, String field, String message) {
    return new Problem(
        code, field + ": " + message, List.of(new FieldError(field, message)), Map.of());
  }

  public Problem with(String name, String value) {
    var more = new HashMap<>(facts);
    more.put(name, value);
    return new Problem(code, detail, errors, more);
  }
}
