package com.softadastra.sync.web;

import com.softadastra.sync.outbox.DeadLetters;
import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.outbox.OutboxView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** What is owed to whom, what has no effect and why, and what exists here alone. */
@RestController
@RequestMapping("/api/v1")
class OutboxController {
  private static final int MOST_DEAD_LETTERS = 1000;

  private final OutboxView view;
  private final Outbox outbox;
  private final DeadLetters deadLetters;

  OutboxController(OutboxView view, Outbox outbox, DeadLetters deadLetters) {
    this.view = view;
    this.outbox = outbox;
    this.deadLetters = deadLetters;
  }

  record Lanes(List<OutboxView.LaneView> lanes) {}

  record Risk(long intents, long bytes, @Nullable Instant oldest) {}

  @GetMapping("/outbox")
  Lanes outbox() {
    return new Lanes(view.lanes());
  }

  @GetMapping("/outbox/dead-letters")
  DeadLetters.Page deadLetters(
      @RequestParam(defaultValue = "100") int limit,
      @RequestParam(required = false) @Nullable String after,
      @RequestParam(defaultValue = "false") boolean settled) {
    int bounded = Math.clamp(limit, 1, MOST_DEAD_LETTERS);
    var listing = settled ? DeadLetters.Listing.SETTLED : DeadLetters.Listing.OPEN;
    return after == null
        ? deadLetters.newest(listing, bounded)
        : deadLetters.after(listing, after, bounded);
  }

  @GetMapping("/outbox/dead-letters/{id}")
  DeadLetters.Detailed deadLetter(@PathVariable String id) {
    return deadLetters.find(id);
  }

  @PostMapping("/outbox/dead-letters/{id}/retry")
  void retry(@PathVariable String id) {
    deadLetters.retry(id);
  }

  @DeleteMapping("/outbox/dead-letters/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void drop(
      @PathVariable String id,
      @RequestHeader(name = "Softadastra-Actor", required = false) @Nullable String actor) {
    deadLetters.drop(id, actor);
  }

  @GetMapping("/risk")
  Risk risk() {
    var sum = outbox.risk();
    return new Risk(sum.entries(), sum.bytes(), sum.oldest());
  }
}
