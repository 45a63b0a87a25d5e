package com.softadastra.sync.relay;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.sync.envelope.Envelopes;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in what is at a relay for this node, one envelope after the other, each forced before the
 * relay may drop it. What can't be taken in, and might be later, stays there, with what of the same
 * sender follows on it; the next connection has both again. The steps of its connection alone use
 * it.
 */
final class Fetching {
  private static final Logger LOG = LoggerFactory.getLogger(Fetching.class);

  private final NodeId relay;
  private final Envelopes envelopes;
  private final ServedSpaces served;
  private final MailLink link;
  private final Unopened unopened;
  private final Consumer<Envelopes.Opened> sentInVain;

  private final ArrayDeque<Envelope> mail = new ArrayDeque<>();
  private boolean opening;

  /** Whose mail of which space has a gap, as something of it was passed over. */
  private final Set<Part> gaps = new HashSet<>();

  private int passedOver;

  private record Part(NodeId sender, Hash pseudonym) {
    static Part of(Envelope.Outside envelope) {
      return new Part(envelope.sender(), envelope.pseudonym());
    }
  }

  /**
   * @param unopened what could not be taken in on this connection and those before
   * @param sentInVain is told of what its sender would not have sent, had it heard what is here
   */
  Fetching(
      NodeId relay,
      Envelopes envelopes,
      ServedSpaces served,
      MailLink link,
      Unopened unopened,
      Consumer<Envelopes.Opened> sentInVain) {
    this.relay = relay;
    this.envelopes = envelopes;
    this.served = served;
    this.link = link;
    this.unopened = unopened;
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
                  var answer =
                      failure == null
                          ? taken(envelope.outside(), opened, before)
                          : failed(envelope.outside(), cause(failure));
                  if (answer == null) {
                    return;
                  }
                  mail.remove();
                  link.send(answer);
                  link.ask();
                  openNext();
                }));
  }

  private MailFrame taken(Envelope.Outside envelope, Envelopes.Opened opened, long before) {
    unopened.opened(envelope);
    if (!opened.refused().isEmpty()
        && gaps.contains(Part.of(envelope))
        && passedOver < Unopened.MOST) {
      return passedOver(envelope);
    }
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
    // one that tells without entries asks for no answer, or two that differ would tell for ever
    if (opened.entries() > 0 && (!opened.refused().isEmpty() || !grown)) {
      sentInVain.accept(opened);
    }
    return new MailFrame.Taken(envelope.id());
  }

  private MailFrame passedOver(Envelope.Outside envelope) {
    passedOver++;
    gaps.add(Part.of(envelope));
    return new MailFrame.PassedOver(envelope.id());
  }

  /** Null where the connection ends by it. */
  private @Nullable MailFrame failed(Envelope.Outside envelope, Throwable cause) {
    var why = String.valueOf(cause.getMessage());
    switch (reach(cause)) {
      case NO_USE -> {
        unopened.opened(envelope);
        LOG.warn("an envelope of {} by {} is of no use: {}", envelope.sender(), relay, why);
        return new MailFrame.Taken(envelope.id());
      }
      case ENVELOPE -> {
        if (unopened.failed(envelope, why)) {
          return passedOver(envelope);
        }
        link.close(why, true);
      }
      case NODE -> link.close(why, true);
    }
    return null;
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException && failure.getCause() != null
        ? failure.getCause()
        : failure;
  }

  /** How far what has failed reaches. */
  private enum Reach {
    /** It will always fail. */
    NO_USE,
    /** Others may be taken in, and this one later. */
    ENVELOPE,
    /** Nothing is taken in now. */
    NODE
  }

  private static Reach reach(Throwable cause) {
    return switch (cause) {
      case Malformed _ -> Reach.NO_USE;
      case Refused refused when refused.problem().code() == ProblemCode.UNREADABLE ->
          Reach.ENVELOPE;
      case Refused refused -> refused.problem().code().retryable() ? Reach.NODE : Reach.NO_USE;
      default -> Reach.ENVELOPE;
    };
  }
}
