package com.softadastra.runtime.changes;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.Documents;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import tools.jackson.databind.json.JsonMapper;

/**
 * Live feeds as server-sent events. Each runs on its request's thread until the caller is gone,
 * which a write that fails tells, or the application stops: feeds end in the first phase of that,
 * so that the server, which waits for requests, doesn't wait for them.
 */
final class ChangeFeeds implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(ChangeFeeds.class);
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

  private final Documents documents;
  private final JsonMapper json;
  private final Semaphore places;
  private final Duration commentEvery;
  private final Set<ChangeQueue> open = ConcurrentHashMap.newKeySet();
  private volatile boolean running;

  /**
   * @param most how many feeds are served at once
   * @param commentEvery shows an idle caller that the feed lives, and us that the caller does
   */
  ChangeFeeds(Documents documents, JsonMapper json, int most, Duration commentEvery) {
    this.documents = documents;
    this.json = json;
    this.places = new Semaphore(most);
    this.commentEvery = commentEvery;
  }

  /**
   * Writes changes after a position until one side ends it.
   *
   * @throws Refused {@code space-unknown}, or {@code busy} where all places are taken
   */
  void serve(String space, long since, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    // The feed's own refusal would come when the headers are out.
    documents.changes(space, since, 1).orThrow();
    if (request.getMethod().equals("HEAD")) {
      describe(response);
      return;
    }
    if (!places.tryAcquire()) {
      throw new Refused(ProblemCode.BUSY, "all places for live feeds are taken");
    }
    try (var queue = new ChangeQueue()) {
      open.add(queue);
      try {
        follow(space, since, queue, response);
      } finally {
        open.remove(queue);
      }
    } finally {
      places.release();
    }
  }

  private static void describe(HttpServletResponse response) {
    response.setContentType("text/event-stream");
    response.setCharacterEncoding(StandardCharsets.UTF_8);
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("X-Accel-Buffering", "no");
  }

  private void follow(String space, long since, ChangeQueue queue, HttpServletResponse response) {
    try {
      if (!running) {
        throw new Refused(ProblemCode.BUSY, "this node is stopping");
      }
      describe(response);
      var out = response.getOutputStream();
      out.write(COMMENT);
      response.flushBuffer();
      documents.follow(space, since).subscribe(queue);
      write(queue, out, response);
    } catch (IOException e) {
      LOG.debug("a feed's caller is gone", e);
    } catch (LayerUnreachable e) {
      LOG.debug("a feed ends early; its caller comes back with the last position", e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(ChangeQueue queue, OutputStream out, HttpServletResponse response)
      throws IOException, InterruptedException {
    long commentDue = System.nanoTime() + commentEvery.toNanos();
    while (true) {
      switch (queue.poll(commentDue - System.nanoTime())) {
        case ChangeQueue.Next(var change) -> out.write(event(change));
        case ChangeQueue.Quiet _ -> {}
        case ChangeQueue.End _ -> {
          return;
        }
      }
      boolean due = System.nanoTime() - commentDue >= 0;
      if (due) {
        out.write(COMMENT);
        commentDue = System.nanoTime() + commentEvery.toNanos();
      }
      if (due || queue.isEmpty()) {
        response.flushBuffer();
      }
    }
  }

  /** JSON text holds no line end, so that the event needs one line of data. */
  private byte[] event(Change change) {
    String data = json.writeValueAsString(change);
    return ("id: " + change.position() + "\nevent: change\ndata: " + data + "\n\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    open.forEach(ChangeQueue::end);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
