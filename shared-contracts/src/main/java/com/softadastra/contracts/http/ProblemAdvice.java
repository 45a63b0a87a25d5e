package com.softadastra.contracts.http;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.tomcat.util.http.InvalidParameterException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.TypeMismatchException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;

/** Every exception that leaves a controller, as a problem. */
@RestControllerAdvice
@Order(Ordered.HIGHEST_PRECEDENCE)
final class ProblemAdvice {
  private static final Logger LOG = LoggerFactory.getLogger(ProblemAdvice.class);

  @ExceptionHandler
  void answer(Exception exception, HttpServletRequest request, HttpServletResponse response)
      throws Exception {
    boolean heard =
        !(exception instanceof ClientAbortException
            || exception instanceof AsyncRequestNotUsableException);
    if (response.isCommitted() && response.getStatus() < 400 && heard) {
      // half an answer must not look whole: the server breaks the connection off
      throw exception;
    }
    switch (exception) {
      case Refused refused -> ProblemAnswer.send(response, refused.problem());
      case LayerUnreachable unreachable -> {
        LOG.warn("{} answered with layer-unreachable", request.getMethod(), unreachable);
        ProblemAnswer.send(
            response,
            Problem.of(
                ProblemCode.LAYER_UNREACHABLE,
                "No answer came; whether a write was recorded is known by asking again with the"
                    + " same Idempotency-Key"));
      }
      case ClientAbortException _, AsyncRequestNotUsableException _ -> {
        // The caller is gone, so nobody is left to be told.
      }
      case ErrorResponse refusal -> {
        refusal
            .getHeaders()
            .forEach((name, values) -> values.forEach(value -> response.addHeader(name, value)));
        int status = refusal.getStatusCode().value();
        if (status == 500) {
          mistake(exception, request, response);
        } else {
          ProblemAnswer.send(response, StatusProblem.of(status), status);
        }
      }
      case TypeMismatchException mismatch ->
          ProblemAnswer.send(
              response,
              Problem.ofField(
                  ProblemCode.INVALID_REQUEST,
                  String.valueOf(mismatch.getPropertyName()),
                  "is not of the documented type"));
      case HttpMessageNotReadableException _, InvalidParameterException _ ->
          ProblemAnswer.send(response, StatusProblem.of(400));
      default -> mistake(exception, request, response);
    }
  }

  private static void mistake(
      Exception exception, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    ProblemAnswer.send(response, StatusProblem.mistake(LOG, request.getMethod(), exception));
  }
}
