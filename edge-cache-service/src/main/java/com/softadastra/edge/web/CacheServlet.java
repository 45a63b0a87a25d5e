package com.softadastra.edge.web;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.ProblemAnswer;
import com.softadastra.edge.cache.Answer;
import com.softadastra.edge.cache.HttpCache;
import com.softadastra.edge.cache.NoAnswer;
import com.softadastra.edge.store.Body;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.coyote.CloseNowException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /cache/{origin}/{path}}. A servlet of its own, because bodies are streamed: an answer that
 * breaks off must end its connection, where a controller's would end as if it were whole.
 */
final class CacheServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(CacheServlet.class);
  private static final String CACHE = "softadastra";

  /**
   * What an origin sends must not run in the name of this node, whose API trusts its own pages. It
   * is shown, but scripts and forms in it are dead.
   */
  private static final String HARMLESS = "sandbox allow-same-origin";

  private final transient HttpCache cache;
  private final transient RequestReader reader;

  CacheServlet(HttpCache cache, RequestReader reader) {
    this.cache = cache;
    this.reader = reader;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    try (var answer = cache.answer(reader.read(request))) {
      send(answer, request, response);
    } catch (NoAnswer none) {
      response.setHeader("Cache-Status", none.cacheStatus().member(CACHE));
      ProblemAnswer.send(response, none.problem());
    } catch (Refused refused) {
      ProblemAnswer.send(response, refused.problem());
    }
  }

  private void send(Answer answer, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setStatus(answer.status());
    for (var field : answer.headers().fields()) {
      // the node says so itself
      if (!field.name().equalsIgnoreCase("X-Content-Type-Options")) {
        response.addHeader(field.name(), field.value());
      }
    }
    response.addHeader("Cache-Status", answer.cacheStatus().member(CACHE));
    response.addHeader("Via", "1.1 " + reader.pseudonym());
    response.addHeader("Content-Security-Policy", HARMLESS);
    if (answer.length() >= 0) {
      response.setContentLengthLong(answer.length());
    }
    if (request.getMethod().equals("HEAD")) {
      return;
    }
    try {
      answer.body().copy(response.getOutputStream(), answer.from(), answer.to());
    } catch (Body.Broken broken) {
      breakOff(response, broken);
    }
  }

  private static void breakOff(HttpServletResponse response, Body.Broken broken)
      throws IOException {
    LOG.debug("an answer broke off", broken);
    if (response.isCommitted()) {
      throw new CloseNowException("the answer can't be finished", broken);
    }
    response.reset();
    response.setHeader("X-Content-Type-Options", "nosniff");
    ProblemAnswer.send(
        response, Problem.of(ProblemCode.ORIGIN_FAILED, "the origin broke off its answer"));
  }
}
