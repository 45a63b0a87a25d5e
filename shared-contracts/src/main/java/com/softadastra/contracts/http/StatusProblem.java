package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** The problem behind a status that the server or the framework chose. */
public final class StatusProblem {
  private StatusProblem() {}

  static Problem of(int status) {
    return switch (status) {
      case 401 -> Problem.of(ProblemCode.UNAUTHENTICATED, "a bearer token is needed");
      case 403 -> Problem.of(ProblemCode.NOT_ALLOWED, "this is not allowed");
      case 404 -> Problem.of(ProblemCode.NOT_FOUND, "there is nothing at this path");
      case 405 -> Problem.of(ProblemCode.METHOD_NOT_ALLOWED, "Allow lists what is taken here");
      case 406 -> Problem.of(ProblemCode.NOT_ACCEPTABLE, "Accept names nothing that is given here");
      case 413 ->
          Problem.of(ProblemCode.DOCUMENT_TOO_LARGE, "the request is larger than the limit");
      case 415 ->
          Problem.of(
              ProblemCode.UNSUPPORTED_MEDIA_TYPE, "Content-Type names nothing that is taken here");
      case 503 -> Problem.of(ProblemCode.BUSY, "this node can't take the request now");
      default ->
          Problem.of(ProblemCode.INVALID_REQUEST, "the request is not of the documented form");
    };
  }

  /** Logs what went wrong under a reference that the caller is shown. */
  public static Problem mistake(Logger log, @Nullable String method, @Nullable Throwable cause) {
    String reference = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    log.error("a {} request failed, reference {}", method, reference, cause);
    return Problem.of(ProblemCode.INTERNAL_ERROR, "the log has more under the reference")
        .with("reference", reference);
  }
}
