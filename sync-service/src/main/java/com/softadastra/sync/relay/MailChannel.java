package com.softadastra.sync.relay;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;

/**
 * A connection to a relay. It brings what members lack that are not in reach ({@link Bringing}),
 * and takes in what is there for this node ({@link Fetching}). Everything happens in steps, one
 * after the other.
 *
 * <p>That the relay has signed for something is no delivery. Once it has nothing of it left, the
 * member should soon say that it has it; where it doesn't, it was lost on the way and is brought
 * again ({@link Grace}).
 *
 * <p>Any thread may tell it something.
 */
final class MailChannel {
  /** How long the relay may take to be found and to welcome. */
  private static final Duration CALL = Duration.ofSeconds(30);

  private final NodeId relay;
  private final NodeId self;
  private final Schedule schedule;
  private final Runnable connected;
  private final ServedSpaces served;
  private final MailLink link;
  private final Bringing bringing;
  private final Fetching fetching;
  private final Unopened unopened;
  private final AtomicBoolean due = new AtomicBoolean();
  private volatile boolean welcome;

  /** Of how many records the memberships were that the relay was told by; of the steps alone. */
  private final Map<SpaceId, Integer> named = new HashMap<>();

  /**
   * @param isFor whether what a member lacks is to go by relays
   * @param unopened what earlier connections could not take in
   * @param connected is called when the relay has welcomed this node
   */
  MailChannel(
      NodeId relay,
      Recording recording,
      Envelopes envelopes,
      CustodyBook custody,
      Grace grace,
      Predicate<NodeId> isFor,
      Unopened unopened,
      Surroundings surroundings,
      Runnable connected) {
    this.relay = relay;
    this.self = envelopes.node();
    this.schedule = surroundings.schedule();
    this.connected = connected;
    this.unopened = unopened;
    this.served = new ServedSpaces(recording, relay, self);
    this.link = new MailLink(relay, schedule);
    this.bringing =
        new Bringing(relay, envelopes, served, custody, grace, isFor, link, schedule, this::signal);
    this.fetching =
        new Fetching(
            relay,
            envelopes,
            served,
            link,
            unopened,
            opened -> bringing.oweWord(opened.space(), opened.from()));
  }

  /** Whether the relay serves this node. */
  boolean isWelcome() {
    return welcome && !link.isClosed();
  }

  /** Whether a member was connected to the relay when it was heard of last. */
  boolean reaches(NodeId member) {
    return isWelcome() && bringing.reaches(member);
  }

  /** There may be something to bring. */
  void signal() {
    if (due.compareAndSet(false, true)) {
      link.step(() -> {
        due.set(false);
        if (isWelcome()) {
          nameSiblings();
          bringing.bring();
        }
      });
    }
  }

  /** What a relay had is not there any more, and the member has not got it. */
  void lost(Way way, String why) {
    link.step(() -> bringing.lost(way, why));
  }

  /** Calls the relay. */
  void open(Function<Flux<byte[]>, Flux<byte[]>> call) {
    var patience =
        schedule.after(
            CALL,
            () ->
                link.step(() -> {
                  if (!welcome) {
                    close("the relay has not welcomed this node", false);
                  }
                }));
    onEnd((_, _) -> patience.cancel());
    link.step(() -> {
      link.send(new MailFrame.Arrival(passages()));
      link.open(call, this::take);
    });
  }

  /** Names the other relays of each space whose membership has grown. */
  private void nameSiblings() {
    served
        .views()
        .map(SpaceView::membership)
        .forEach(membership -> {
          var space = membership.space();
          int records = membership.records().size();
          if (!Objects.equals(named.put(space, records), records)) {
            link.send(
                new MailFrame.Siblings(
                    Envelope.pseudonym(space),
                    Passage.sign(space, relay),
                    records,
                    membership.relays().stream()
                        .filter(other -> !other.node().equals(relay))
                        .limit(MailFrame.SIBLINGS)
                        .map(it -> new MailFrame.Siblings.Named(it.key(), it.addresses()))
                        .toList()));
          }
        });
  }

  private List<MailFrame.Arrival.Shown> passages() {
    return served
        .views()
        .map(SpaceView::membership)
        .map(Membership::space)
        .sorted()
        .limit(MailFrame.SPACES)
        .map(space ->
            new MailFrame.Arrival.Shown(Envelope.pseudonym(space), Passage.sign(space, self)))
        .toList();
  }

  /** Counts as closed from now on. */
  void close(String why, boolean onPurpose) {
    link.close(why, onPurpose);
  }

  /** Tells when it is closed: why, and whether that was on purpose. */
  void onEnd(BiConsumer<String, Boolean> listener) {
    link.onEnd(listener);
  }

  private void take(byte[] bytes) {
    var frame = MailFrame.decode(bytes);
    if (!welcome && !(frame instanceof MailFrame.Welcome || frame instanceof MailFrame.Farewell)) {
      throw new Malformed("something before a welcome");
    }
    if (welcome && frame instanceof MailFrame.Welcome) {
      throw new Malformed("a second welcome");
    }
    switch (frame) {
      case MailFrame.Welcome it -> welcomed(it);
      case MailFrame.Kept it -> bringing.kept(it);
      case MailFrame.Refused it -> bringing.refused(it);
      case MailFrame.Mail(var envelope) -> {
        fetching.take(Envelope.decode(envelope));
        return;
      }
      case MailFrame.Left it -> bringing.left(it);
      case MailFrame.Farewell(var reason) ->
          close("the relay ended the connection: " + reason, true);
      case MailFrame.OfMember _ -> throw new Malformed("a frame that members send");
      case MailFrame.OfSibling _ -> throw new Malformed("a frame that relays send each other");
    }
    link.ask();
  }

  private void welcomed(MailFrame.Welcome frame) {
    var key = served.key();
    if (key.isEmpty() || !Custody.certifies(frame.certificate(), frame.mailboxes(), key.get())) {
      throw new Malformed("mailboxes that the relay has not certified");
    }
    welcome = true;
    unopened.welcomed();
    connected.run();
    bringing.welcomed(frame);
    signal();
  }
}
