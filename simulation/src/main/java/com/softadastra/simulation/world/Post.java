package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.PROTOCOL;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.sync.envelope.Envelopes;

/** Tells the judge what members and the relay say to each other. */
final class Post {
  private final World world;

  Post(World world) {
    this.world = world;
  }

  void sent(Station from, Station to, byte[] bytes) {
    try {
      switch (MailFrame.decode(bytes)) {
        case MailFrame.Deposit(var envelope) -> given(from, Envelope.decode(envelope));
        case MailFrame.Deposits(var envelopes, var body) ->
            envelopes.forEach(bare -> given(from, Envelope.decode(bare).with(body)));
        case MailFrame.Taken(var id) ->
            world.judge().fetches(from.place(), id, world.plan().nothingIsLost());
        case MailFrame.Kept(var custody, _) -> signed((SimulatedRelay) from, custody);
        case MailFrame.Holds(var id) -> holds((SimulatedRelay) from, id);
        case MailFrame.Gone(var id) -> world.judge().gone(id);
        case MailFrame.Fetched(var id) -> world.judge().gone(id);
        case MailFrame.Arrival _,
            MailFrame.Welcome _,
            MailFrame.Refused _,
            MailFrame.PassedOver _,
            MailFrame.Mail _,
            MailFrame.Left _,
            MailFrame.Farewell _,
            MailFrame.Siblings _,
            MailFrame.Approach _,
            MailFrame.Comes _,
            MailFrame.Offer _,
            MailFrame.Wanted _ -> {}
        case MailFrame.Pass(var envelope, _) ->
            world.judge().passes(to.place(), Envelope.decode(envelope).outside().id());
      }
    } catch (Malformed e) {
      world.broken(PROTOCOL, from + " sends what is no mail: " + e.getMessage());
    }
  }

  private void given(Station from, Envelope envelope) {
    var outside = envelope.outside();
    var frames = Envelopes.read(envelope, node(outside.to()).key());
    frames.forEach(frame -> world.trace().add(frame.encode()));
    world.judge().given(from.place(), space(outside), outside.to(), outside.id(), frames);
  }

  private SimulatedNode node(NodeId id) {
    return world.originals().stream()
        .filter(node -> node.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private SpaceId space(Envelope.Outside outside) {
    return world.spaces().stream()
        .filter(space -> Envelope.pseudonym(space).equals(outside.pseudonym()))
        .findFirst()
        .orElseThrow();
  }

  private void holds(SimulatedRelay relay, byte[] id) {
    world.judge().holds(relay.place(), id, to -> relay.has(to, id));
  }

  private void signed(SimulatedRelay relay, Custody.Signed signed) {
    var custody = signed.verified(relay.mailboxes());
    world.judge().signed(relay.place(), custody.id(), relay.has(custody.to(), custody.id()));
  }

  void received(Station from, Station to, byte[] bytes) {
    if (!to.takesMail()) {
      return;
    }
    try {
      switch (MailFrame.decode(bytes)) {
        case MailFrame.Taken(var id) -> world.judge().fetched(id);
        case MailFrame.Holds(var id) -> world.judge().isHeld(from.place(), id);
        default -> {}
      }
    } catch (Malformed _) {
      // the relay finds out
    }
  }
}
