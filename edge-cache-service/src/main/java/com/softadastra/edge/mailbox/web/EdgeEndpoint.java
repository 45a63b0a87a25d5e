package com.softadastra.edge.mailbox.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.edge.forward.Forwards;
import com.softadastra.edge.mailbox.MailboxService;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** What {@code /actuator/edge} shows, as JSON that a dashboard can draw. */
@Endpoint(id = "edge")
final class EdgeEndpoint {
  private final MailboxService service;
  private final Optional<Forwards> forwards;

  EdgeEndpoint(MailboxService service, Optional<Forwards> forwards) {
    this.service = service;
    this.forwards = forwards;
  }

  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Body(Mail mailboxes, @Nullable Kept forwards) {}

  /**
   * @param oldest when the first in turn of those that wait was accepted; null where none waits
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Kept(Forwards.Totals totals, @Nullable Instant oldest) {}

  /**
   * Numbers since the start, but for the first five, which are of now.
   *
   * @param bytes of the envelopes, each with its body
   * @param bodies that envelopes share
   * @param siblings other relays that are connected
   * @param copied envelopes of which another relay took a copy
   * @param brought envelopes that other relays brought
   */
  record Mail(
      long envelopes,
      long bytes,
      long bodies,
      int connections,
      int siblings,
      long kept,
      long taken,
      long lapsed,
      long refused,
      long copied,
      long brought) {}

  @ReadOperation
  Body edge() {
    var totals = service.totals();
    var counts = service.counts();
    return new Body(
        new Mail(
            totals.envelopes(),
            totals.bytes(),
            totals.bodies(),
            service.connections(),
            service.siblingConnections(),
            counts.kept(),
            counts.taken(),
            counts.lapsed(),
            counts.refused(),
            counts.copied(),
            counts.brought()),
        forwards.map(it -> new Kept(it.totals(), it.oldest().orElse(null))).orElse(null));
  }
}
