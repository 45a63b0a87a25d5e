package com.softadastra.runtime.edge;

import static java.util.Objects.requireNonNull;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.OwnToken;
import com.softadastra.contracts.http.ProblemAnswer;
import com.softadastra.contracts.http.ServletMessages;
import com.softadastra.contracts.web.WebReads;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has reads answered by the edge, each piece passed on as it comes and asked for as the client
 * takes it. What breaks off ends the client's connection.
 */
final class EdgeServlet extends HttpServlet {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(EdgeServlet.class);
  private static final Set<String> METHODS = Set.of("GET", "HEAD");

  /** Answers at once; of each the link and we have some dozens of pieces in memory. */
  private static final int MOST = 256;

  private static final int PIECES_AHEAD = 8;

  private final transient WebReads edge;
  private final transient OwnToken token;
  private final transient Semaphore places = new Semaphore(MOST);

  /**
   * @param token that goes no further
   */
  EdgeServlet(WebReads edge, OwnToken token) {
    this.edge = edge;
    this.token = token;
  }

  @Override
  protected void service(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (!METHODS.contains(request.getMethod())) {
      response.setHeader("Allow", "GET, HEAD");
      ProblemAnswer.send(
          response,
          Problem.of(
              ProblemCode.METHOD_NOT_ALLOWED,
              "The runtime only reads here; the edge takes writes at its own port"));
    } else if (!places.tryAcquire()) {
      ProblemAnswer.send(
          response, Problem.of(ProblemCode.BUSY, MOST + " answers of the edge are being read"));
    } else {
      try {
        answer(request, response);
      } finally {
        places.release();
      }
    }
  }

  private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
    var asked = token.leftOutOf(ServletMessages.request(request));
    try (var parts = edge.read(asked).toStream(PIECES_AHEAD)) {
      var next = parts.iterator();
      var out = ServletMessages.begin(response, requireNonNull(next.next().head()));
      while (next.hasNext()) {
        byte[] piece = requireNonNull(next.next().content());
        if (piece.length == 0) {
          out.flush();
        } else {
          out.write(piece);
        }
      }
    } catch (Refused refused) {
      ServletMessages.replace(response, refused.problem(), refused);
    } catch (LayerUnreachable unreachable) {
      LOG.warn("the edge didn't answer a {}", request.getMethod(), unreachable);
      ServletMessages.replace(
          response,
          Problem.of(ProblemCode.LAYER_UNREACHABLE, "The edge, which has this, does not answer"),
          unreachable);
    }
  }
}
