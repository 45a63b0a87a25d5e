package com.softadastra.edge.mailbox.web;

import com.softadastra.edge.mailbox.MailboxService;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;

/** What {@code /actuator/edge} shows, as JSON that a dashboard can draw. */
@Endpoint(id = "edge")
final class EdgeEndpoint {
  private final MailboxService service;

  EdgeEndpoint(MailboxService service) {
    this.service = service;
  }

  record Body(Mail mailboxes) {}

  /** Numbers since the start, but for the first three, which are of now. */
  record Mail(
      long envelopes,
      long bytes,
      int connections,
      long kept,
      long taken,
      long lapsed,
      long refused) {}

  @ReadOperation
  Body edge() {
    var totals = service.totals();
    var counts = service.counts();
    return new Body(
        new Mail(
            totals.envelopes(),
            totals.bytes(),
            service.connections(),
            counts.kept(),
            counts.taken(),
            counts.lapsed(),
            counts.refused()));
  }
}
