package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.sync.envelope.Envelopes;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what is at a relay for this node, one envelope after the other, each forced before the
 * relay may drop it. The steps of its connection alone use it.
 */
final class Fetching {
  private static final Logger LOG = LoggerFactory.getLogger(Fetching.class);

  private final NodeId relay;
  private final Envelopes envelopes;
  private final ServedSpaces served;
  private final MailLink link;
  private final Consumer<Envelopes.Opened> sentInVain;

  private final ArrayDeque<Envelope> mail = new ArrayDeque<>();
  private boolean opening;

  /**
   * @param sentInVain is told of what its sender would not have sent, had it heard what is here
   */
  Fetching(
      NodeId relay,
      Envelopes envelopes,
      ServedSpaces served,
      MailLink link,
      Consumer<Envelopes.Opened> sentInVain) {
    this.relay = relay;
    this.envelopes = envelopes;
    this.served = served;
    this.link = link;
    this.sentInVain = sentInVain;
  }

  /** An envelope has come; another is asked for when it is taken in. */
  void take(Envelope envelope) {
    mail.add(envelope);
    openNext();
  }

  private void openNext() {
    var envelope = mail.peek();
    if (opening || envelope == null || link.isClosed()) {
      return;
    }
    opening = true;
    long before = served.find(envelope.outside().pseudonym()).map(ServedSpaces::last).orElse(0L);
    var _ =
        envelopes
            .open(envelope)
            .whenComplete((opened, failure) ->
                link.step(() -> {
                  opening = false;
                  if (link.isClosed()) {
                    return;
                  }
                  if (failure == null) {
                    taken(opened, before);
                  } else if (!isOfNoUse(failure)) {
                    link.close(String.valueOf(failure.getMessage()), true);
                    return;
                  } else {
                    LOG.warn(
                        "an envelope of {} by {} is of no use: {}",
                        envelope.outside().sender(),
                        relay,
                        failure.getMessage());
                  }
                  mail.remove();
                  link.send(new MailFrame.Taken(envelope.outside().id()));
                  link.ask();
                  openNext();
                }));
  }

  private void taken(Envelopes.Opened opened, long before) {
    opened
        .refused()
        .forEach((author, why) ->
            LOG.warn("of what {} sent by {}, {}: {}", opened.from(), relay, author, why));
    boolean grown =
        served
            .recording()
            .view(opened.space())
            .filter(it -> ServedSpaces.last(it) > before)
            .isPresent();
    if (!opened.refused().isEmpty() || (opened.entries() > 0 && !grown)) {
      sentInVain.accept(opened);
    }
  }

  /** Where it could be taken in later, the relay is to keep it. */
  private static boolean isOfNoUse(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case Malformed _ -> true;
      case Refused refused -> !refused.problem().code().retryable();
      default -> false;
    };
  }
}
