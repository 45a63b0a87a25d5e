package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Gone;
import com.softadastra.engine.envelope.MailFrame.Holds;
import com.softadastra.engine.envelope.MailFrame.Offer;
import com.softadastra.engine.envelope.MailFrame.Pass;
import com.softadastra.engine.envelope.MailFrame.Wanted;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * What another relay offers and passes. Each offer is answered once, and so is each envelope, when
 * the store has looked or has forced it. A relay that has more on its way than {@link Offering} may
 * have is hung up on. The steps of its connection alone use it.
 */
final class Accepting {
  private final Wire wire;
  private final MailboxService relay;
  private final Predicate<Hash> isOfItsSpaces;

  /** What was offered or passed and has no answer that the transport has taken. */
  private int unanswered;

  private long unansweredBytes;

  /**
   * @param isOfItsSpaces whether the other may pass mail of a space
   */
  Accepting(Wire wire, MailboxService relay, Predicate<Hash> isOfItsSpaces) {
    this.wire = wire;
    this.relay = relay;
    this.isOfItsSpaces = isOfItsSpaces;
  }

  void offered(Offer offer) {
    begin(0);
    if (offer.bytes() > relay.rules().largestBytes()) {
      refuse(offer.id(), "too large", Duration.ZERO, 0);
      return;
    }
    var looked = new CompletableFuture<Optional<Put>>();
    wire.whenForced(
        looked,
        put ->
            put.ifPresentOrElse(
                it -> answer(offer.id(), it, 0), () -> answer(new Wanted(offer.id()), 0)));
    relay
        .store()
        .look(
            new Offered(
                EnvelopeIds.of(offer.id()),
                offer.envelope(),
                offer.from(),
                offer.to(),
                (int) offer.bytes()),
            looked);
  }

  void passed(Pass pass) {
    byte[] bytes = pass.envelope();
    begin(bytes.length);
    var envelope = Envelope.decode(bytes);
    var outside = envelope.outside();
    long most = Math.min(pass.lifeMillis(), relay.rules().retention().toMillis());
    var body = envelope.body();
    var arrived =
        relay.arrived(
            envelope,
            body == null ? bytes : envelope.bare().encode(),
            body,
            wire.other(),
            Duration.ofMillis(most));
    var refusal =
        isOfItsSpaces.test(outside.pseudonym())
            ? relay.refusal(envelope, arrived.size())
            : Optional.of("no passage of this relay for its space");
    if (refusal.isPresent() || pass.lifeMillis() <= 0) {
      refuse(outside.id(), refusal.orElse("it is expired"), Duration.ZERO, bytes.length);
      return;
    }
    var forced = new CompletableFuture<Put>();
    wire.whenForced(
        forced,
        put -> {
          answer(outside.id(), put, bytes.length);
          if (put instanceof Kept) {
            relay.counts().brought.increment();
            relay.arrived(outside.pseudonym(), outside.to());
          }
        });
    relay.store().put(arrived, forced);
  }

  private void begin(int bytes) {
    if (++unanswered > SiblingConnection.ENVELOPES
        || (unansweredBytes > 0 && unansweredBytes + bytes > SiblingConnection.BYTES)) {
      throw new Malformed("more envelopes than may be without an answer");
    }
    unansweredBytes += bytes;
  }

  private void answer(byte[] id, Put put, int bytes) {
    switch (put) {
      case Kept _ -> answer(new Holds(id), bytes);
      case MailboxStore.Gone _ -> answer(new Gone(id), bytes);
      case MailboxStore.Bodiless _ -> answer(new Wanted(id), bytes);
      case Refused(var why) ->
          refuse(id, why.reason(), why.isPassing() ? MailConnection.RETRY : Duration.ZERO, bytes);
    }
  }

  private void refuse(byte[] id, String reason, Duration retry, int bytes) {
    relay.counts().refused.increment();
    answer(new MailFrame.Refused(id, reason, retry.toMillis()), bytes);
  }

  private void answer(MailFrame frame, int bytes) {
    wire.say(
        frame,
        () -> {
          unanswered--;
          unansweredBytes -= bytes;
        });
  }
}
