package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import org.apache.coyote.CloseNowException;

/** Messages as servlets have them. */
public final class ServletMessages {
  private ServletMessages() {}

  /** The request as it was sent, without its content. */
  public static WebRequest request(HttpServletRequest request) {
    var fields = new ArrayList<FieldLine>();
    for (String name : new LinkedHashSet<>(Collections.list(request.getHeaderNames()))) {
      for (String value : Collections.list(request.getHeaders(name))) {
        fields.add(new FieldLine(name, value));
      }
    }
    return new WebRequest(
        request.getMethod(),
        request.getRequestURI(),
        request.getQueryString(),
        fields,
        request.getProtocol(),
        request.getScheme(),
        request.getRemoteAddr());
  }

  /**
   * Begins an answer.
   *
   * @return where its content goes
   */
  public static OutputStream begin(HttpServletResponse response, ResponsePart.Head head)
      throws IOException {
    response.setStatus(head.status());
    head.fields().forEach(field -> response.addHeader(field.name(), field.value()));
    if (head.length() >= 0) {
      response.setContentLengthLong(head.length());
    }
    return response.getOutputStream();
  }

  /**
   * Answers with a problem in place of what was begun.
   *
   * @param cause why it can't be finished
   * @throws CloseNowException where a part was sent already: it must not look whole, so its
   *     connection ends
   */
  public static void replace(HttpServletResponse response, Problem problem, Throwable cause)
      throws IOException {
    if (response.isCommitted()) {
      throw new CloseNowException("the answer can't be finished", cause);
    }
    response.reset();
    AccessFilter.describe(response);
    ProblemAnswer.send(response, problem);
  }
}
