package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** A refusal as an HTTP answer (RFC 9457), whatever the caller accepts. */
public final class ProblemAnswer {
  private static final String MEDIA_TYPE = "application/problem+json";

  private ProblemAnswer() {}

  /** Does nothing where the answer has begun already. */
  public static void send(HttpServletResponse response, Problem problem) throws IOException {
    send(response, problem, problem.code().status());
  }

  /** The same with another status than the code's own. */
  static void send(HttpServletResponse response, Problem problem, int status) throws IOException {
    if (response.isCommitted()) {
      return;
    }
    byte[] content = content(problem, status);
    response.resetBuffer();
    response.setStatus(status);
    fields(status).forEach(field -> response.setHeader(field.name(), field.value()));
    response.setContentLength(content.length);
    response.getOutputStream().write(content);
  }

  /**
   * The head of the same answer, for who has no servlet's response.
   *
   * @param more fields of the caller's
   * @param length of the content
   */
  public static ResponsePart.Head head(Problem problem, List<FieldLine> more, int length) {
    int status = problem.code().status();
    var fields = new ArrayList<>(fields(status));
    fields.addAll(more);
    return new ResponsePart.Head(status, fields, length);
  }

  /** Its content. */
  public static byte[] content(Problem problem) {
    return content(problem, problem.code().status());
  }

  private static byte[] content(Problem problem, int status) {
    return json(problem, status).canonical().getBytes(StandardCharsets.UTF_8);
  }

  private static List<FieldLine> fields(int status) {
    var fields = new ArrayList<FieldLine>();
    fields.add(new FieldLine("Content-Type", MEDIA_TYPE));
    fields.add(new FieldLine("Cache-Control", "no-store"));
    if (status == 503) {
      fields.add(new FieldLine("Retry-After", "1"));
    }
    return fields;
  }

  private static Json.Obj json(Problem problem, int status) {
    var members = new TreeMap<String, Json>();
    problem.facts().forEach((name, value) -> members.put(name, new Json.Str(value)));
    members.put("type", new Json.Str("urn:softadastra:problem:" + problem.code().slug()));
    members.put("title", new Json.Str(problem.code().title()));
    members.put("status", new Json.Num(Integer.toString(status)));
    members.put("detail", new Json.Str(problem.detail()));
    members.put("code", new Json.Str(problem.code().slug()));
    members.put("retryable", new Json.Bool(problem.code().retryable()));
    if (!problem.errors().isEmpty()) {
      members.put(
          "errors",
          new Json.Arr(problem.errors().stream().<Json>map(ProblemAnswer::fieldError).toList()));
    }
    return new Json.Obj(members);
  }

  private static Json.Obj fieldError(Problem.FieldError error) {
    var members = new TreeMap<String, Json>();
    members.put("field", new Json.Str(error.field()));
    members.put("message", new Json.Str(error.message()));
    return new Json.Obj(members);
  }
}
