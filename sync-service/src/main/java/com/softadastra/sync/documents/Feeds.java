package com.softadastra.sync.documents;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.sync.storage.Watermark;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/** Streams of what is there after a place, then of what comes. */
final class Feeds {
  private static final Duration LOOKS_AGAIN = Duration.ofSeconds(30);
  private static final int MOST_AT_ONCE = 256;

  private final Watermark watermark;

  Feeds(Watermark watermark) {
    this.watermark = watermark;
  }

  /**
   * Some of what comes after a place.
   *
   * @param next the place to go on from; the same where there was nothing
   */
  record Page<T>(List<T> items, long next) {}

  @FunctionalInterface
  interface Source<T> {
    /**
     * @param limit at most so many items
     */
    Page<T> after(SpaceId space, long place, int limit);
  }

  /**
   * A stream that asks its source again and again, on a thread of its own.
   *
   * @param space refused with an error signal where it is unknown
   * @param news changes where the source may have more
   */
  <T> Flux<T> of(
      String name, Supplier<SpaceId> space, long since, LongSupplier news, Source<T> source) {
    return Flux.create(
        sink -> {
          SpaceId id;
          try {
            id = space.get();
          } catch (Refused refused) {
            sink.error(refused);
            return;
          }
          Thread.ofVirtual().name(name).start(() -> follow(id, since, news, source, sink));
          sink.onRequest(_ -> watermark.move());
          sink.onDispose(watermark::move);
        },
        FluxSink.OverflowStrategy.ERROR);
  }

  private <T> void follow(
      SpaceId space, long since, LongSupplier news, Source<T> source, FluxSink<T> sink) {
    try {
      long place = since;
      while (!sink.isCancelled()) {
        long seen = news.getAsLong();
        long wanted = Math.min(MOST_AT_ONCE, sink.requestedFromDownstream());
        if (wanted > 0) {
          var page = source.after(space, place, (int) wanted);
          page.items().forEach(sink::next);
          if (page.next() != place) {
            place = page.next();
            continue;
          }
        }
        watermark.await(
            () ->
                sink.isCancelled()
                    || (sink.requestedFromDownstream() > 0
                        && (wanted == 0 || news.getAsLong() != seen)),
            LOOKS_AGAIN);
      }
    } catch (RuntimeException e) {
      sink.error(e);
    }
  }
}
