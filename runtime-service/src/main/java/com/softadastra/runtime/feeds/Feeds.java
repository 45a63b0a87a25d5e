package com.softadastra.runtime.feeds;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;

/**
 * Live feeds as server-sent events. Each runs on its request's thread until the caller is gone,
 * which a write that fails tells, or the application stops: feeds end in the first phase of that,
 * so that the server, which waits for requests, doesn't wait for them.
 */
public final class Feeds implements SmartLifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Feeds.class);
  private static final byte[] COMMENT = ":\n\n".getBytes(StandardCharsets.UTF_8);

  private final JsonMapper json;
  private final Semaphore places;
  private final Duration commentEvery;
  private final Set<FeedQueue<?>> open = ConcurrentHashMap.newKeySet();
  private volatile boolean running;

  /**
   * @param most how many feeds are served at once
   * @param commentEvery shows an idle caller that the feed lives, and us that the caller does
   */
  Feeds(JsonMapper json, int most, Duration commentEvery) {
    this.json = json;
    this.places = new Semaphore(most);
    this.commentEvery = commentEvery;
  }

  /**
   * What a feed is made of.
   *
   * @param event the name of its events
   * @param id the place after an item, from where a caller goes on that comes back
   */
  public record Feed<T>(String event, Flux<T> items, ToLongFunction<T> id) {}

  /**
   * Whether a request asks for events: where they are named and JSON is not named before them;
   * never for {@code *}.
   */
  public static boolean wanted(HttpServletRequest request) {
    try {
      return MediaType.parseMediaTypes(Collections.list(request.getHeaders("Accept"))).stream()
          .filter(type -> type.getQualityValue() > 0)
          .filter(type ->
              type.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM)
                  || type.equalsTypeAndSubtype(MediaType.APPLICATION_JSON))
          .reduce((best, next) -> next.getQualityValue() > best.getQualityValue() ? next : best)
          .filter(best -> best.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM))
          .isPresent();
    } catch (InvalidMediaTypeException _) {
      return false;
    }
  }

  /**
   * Writes a feed until one side ends it. Its own refusal would come when the headers are out: the
   * caller has seen to it that there is none.
   *
   * @throws Refused {@code busy} where all places are taken
   */
  public <T> void serve(Feed<T> feed, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    if (request.getMethod().equals("HEAD")) {
      describe(response);
      return;
    }
    if (!places.tryAcquire()) {
      throw new Refused(ProblemCode.BUSY, "all places for live feeds are taken");
    }
    try (var queue = new FeedQueue<T>()) {
      open.add(queue);
      try {
        follow(feed, queue, response);
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

  private <T> void follow(Feed<T> feed, FeedQueue<T> queue, HttpServletResponse response) {
    try {
      if (!running) {
        throw new Refused(ProblemCode.BUSY, "this node is stopping");
      }
      describe(response);
      var out = response.getOutputStream();
      out.write(COMMENT);
      response.flushBuffer();
      feed.items().subscribe(queue);
      write(feed, queue, out, response);
    } catch (IOException e) {
      LOG.debug("a feed's caller is gone", e);
    } catch (LayerUnreachable e) {
      LOG.debug("a feed ends early; its caller comes back with the last position", e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private <T> void write(
      Feed<T> feed, FeedQueue<T> queue, OutputStream out, HttpServletResponse response)
      throws IOException, InterruptedException {
    long commentDue = System.nanoTime() + commentEvery.toNanos();
    while (true) {
      switch (queue.poll(commentDue - System.nanoTime())) {
        case FeedQueue.Next<T>(var item) -> out.write(event(feed, item));
        case FeedQueue.Quiet<T> _ -> {}
        case FeedQueue.End<T> _ -> {
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
  private <T> byte[] event(Feed<T> feed, T item) {
    return ("id: %d\nevent: %s\ndata: %s\n\n")
        .formatted(feed.id().applyAsLong(item), feed.event(), json.writeValueAsString(item))
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void start() {
    running = true;
  }

  @Override
  public void stop() {
    running = false;
    open.forEach(FeedQueue::end);
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}
