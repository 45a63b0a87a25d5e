package com.softadastra.sync.web;

import com.softadastra.sync.outbox.Outbox;
import com.softadastra.sync.outbox.OutboxView;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** What is owed to whom, what has no effect and why, and what exists here alone. */
@RestController
@RequestMapping("/api/v1")
class OutboxController {
  private final OutboxView view;
  private final Outbox outbox;

  OutboxController(OutboxView view, Outbox outbox) {
    this.view = view;
    this.outbox = outbox;
  }

  record Lanes(List<OutboxView.LaneView> lanes) {}

  record DeadLetters(List<OutboxView.DeadLetter> deadLetters) {}

  record Risk(long intents, long bytes, @Nullable Instant oldest) {}

  @GetMapping("/outbox")
  Lanes outbox() {
    return new Lanes(view.lanes());
  }

  @GetMapping("/outbox/dead-letters")
  DeadLetters deadLetters() {
    return new DeadLetters(view.deadLetters());
  }

  @GetMapping("/risk")
  Risk risk() {
    var sum = outbox.risk();
    return new Risk(sum.entries(), sum.bytes(), sum.oldest());
  }
}
