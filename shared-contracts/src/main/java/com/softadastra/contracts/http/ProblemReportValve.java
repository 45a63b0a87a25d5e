package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import jakarta.servlet.RequestDispatcher;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with a problem what Tomcat refuses by itself: a malformed request line, a header that is
 * too long, a bad {@code Host}. Tomcat makes it by its name. What Tomcat calls 501 and 505, an
 * unknown transfer coding and version, is the request's fault too and becomes 400.
 */
public final class ProblemReportValve extends ErrorReportValve {
  private static final Logger LOG = LoggerFactory.getLogger(ProblemReportValve.class);

  @Override
  protected void report(Request request, Response response, @Nullable Throwable thrown) {
    int status = response.getStatus();
    if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    try {
      if (status == 500) {
        var cause =
            thrown != null
                ? thrown
                : (Throwable) request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
        Problem problem = StatusProblem.mistake(LOG, request.getMethod(), cause);
        ProblemAnswer.send(response, problem, status);
      } else {
        int told = status == 501 || status == 505 ? 400 : status;
        ProblemAnswer.send(response, StatusProblem.of(told), told);
      }
      response.finishResponse();
    } catch (IOException _) {
      // The caller is gone, so nobody is left to be told.
    }
  }
}
