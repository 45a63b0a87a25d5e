package com.softadastra.edge.forward;

import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.origin.OriginClient;
import com.softadastra.edge.origin.OriginFailure;
import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.origin.OriginResponse;
import com.softadastra.edge.policy.ConnectionFields;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends kept requests over HTTP, each attempt on a thread of its own. */
final class OriginCourier implements Delivery.Courier {
  private static final Logger LOG = LoggerFactory.getLogger(OriginCourier.class);

  /** How long an answer's body may come; the rest is left. */
  private static final Duration LONGEST = Duration.ofMinutes(1);

  private static final int PIECE_BYTES = 16 << 10;

  private final Map<String, OriginClient> origins;
  private final ForwardBook book;
  private final Forwards.Changed changed;
  private final int mostBytes;

  /**
   * @param mostBytes of an answer's body that are kept
   */
  OriginCourier(
      Map<String, OriginClient> origins,
      ForwardBook book,
      Forwards.Changed changed,
      int mostBytes) {
    this.origins = origins;
    this.book = book;
    this.changed = changed;
    this.mostBytes = mostBytes;
  }

  @Override
  public void send(Waiting request, Consumer<Attempt> ended) {
    Thread.ofVirtual().name("forward").start(() -> ended.accept(attempt(request)));
  }

  private Attempt attempt(Waiting waiting) {
    var origin = origins.get(waiting.origin());
    if (origin == null || !origin.origin().site().equals(waiting.site())) {
      return new Attempt.Unreadable("no origin of that name and address is configured any more");
    }
    try {
      return book.request(waiting.number())
          .map(request -> attempt(request, origin))
          .orElseGet(() -> new Attempt.Unreadable("there is nothing of it to be sent"));
    } catch (DatabaseFailure | Error failure) {
      LOG.warn("a kept request can't be read", failure);
      return new Attempt.Unsent("it can't be read: " + failure);
    } catch (RuntimeException failure) {
      return new Attempt.Unreadable("it can't be read: " + failure);
    }
  }

  /** Fails with nothing, since its lane would end with it. */
  private Attempt attempt(ForwardBook.Request request, OriginClient origin) {
    try (var response =
        origin.send(
            request.method(),
            request.target(),
            request.headers(),
            new ByteArrayInputStream(request.body()),
            request.body().length)) {
      var answer = read(response);
      tell(request.method(), origin.origin().at(request.target()), answer);
      return answer;
    } catch (OriginFailure failure) {
      return new Attempt.Unanswered(failure.kind(), failure.why());
    } catch (RuntimeException failure) {
      return new Attempt.Unreadable("it can't be sent: " + failure);
    } catch (Throwable failure) {
      LOG.warn("an attempt ended in the middle", failure);
      return new Attempt.Unanswered(Kind.NO_ANSWER, failure.toString());
    }
  }

  private void tell(String method, URI target, Attempt.Answered answer) {
    try {
      changed.by(method, target, answer.status(), answer.headers());
    } catch (RuntimeException e) {
      LOG.warn("what {} {} has changed is not forgotten", method, target, e);
    }
  }

  /** With its head the answer is there; of a body that breaks off what has come is kept. */
  private Attempt.Answered read(OriginResponse response) {
    var bytes = new ByteArrayOutputStream();
    boolean isWhole = false;
    long end = System.nanoTime() + LONGEST.toNanos();
    var piece = new byte[PIECE_BYTES];
    try {
      while (System.nanoTime() < end) {
        int n = response.body().read(piece);
        if (n < 0) {
          isWhole = true;
          break;
        }
        int kept = Math.min(n, mostBytes - bytes.size());
        bytes.write(piece, 0, kept);
        if (kept < n) {
          break;
        }
      }
    } catch (IOException _) {
      // what has come is a part
    }
    return new Attempt.Answered(
        response.status(),
        ConnectionFields.without(response.headers()),
        bytes.toByteArray(),
        isWhole);
  }
}
