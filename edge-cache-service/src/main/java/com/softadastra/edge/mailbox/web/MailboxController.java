package com.softadastra.edge.mailbox.web;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.mail.MailboxView;
import com.softadastra.contracts.mail.SiblingView;
import com.softadastra.edge.mailbox.MailboxService;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What this node keeps for whom, and the other relays that it passes mail to. */
@RestController
@RequestMapping("/api/v1")
class MailboxController {
  private final MailboxService service;

  MailboxController(MailboxService service) {
    this.service = service;
  }

  /**
   * @param siblings the other relays that members have named
   */
  record Listing(List<MailboxView> mailboxes, List<SiblingView> siblings) {}

  /**
   * @param after the node after which to begin: of so many mailboxes that one answer doesn't name
   *     them all, the last that it names
   */
  @GetMapping("/mailboxes")
  Listing mailboxes(@RequestParam(required = false) @Nullable String after) {
    return new Listing(service.mailboxes(after == null ? null : node(after)), service.siblings());
  }

  private static NodeId node(String after) {
    try {
      return NodeId.parse(after);
    } catch (IllegalArgumentException e) {
      throw new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, "after", "is no node id"));
    }
  }
}
