package com.softadastra.sync.relay;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.peer.InMemoryPeerStore;
import com.softadastra.sync.peer.MeetingNode;
import com.softadastra.sync.peer.MemoryNetwork;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

/** A member that can reach a relay, which the test plays, and nobody else. */
class MailChannelTest {
  private static final NodeKey RELAY = key(9);

  private final EventQueue queue = new EventQueue();
  private final MemoryNetwork network = new MemoryNetwork(queue);
  private SpaceId space;
  private MeetingNode one;
  private MeetingNode two;
  private Way way;
  private CustodyBook custody;
  private Grace grace;
  private Played relay;

  private static NodeKey key(int n) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  @BeforeEach
  void open() {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var founded = new Membership(List.of(SpaceNames.sign(create, key(1))));
    var writer = founded.grant(key(1).nodeId(), key(2).publicKey(), "2", Role.WRITER, 1);
    var both = founded.with(List.of(SpaceNames.sign(writer, key(1))));
    var mast = both.grantRelay(key(1).nodeId(), RELAY.publicKey(), "mast", List.of(), 2);
    var membership = both.with(List.of(SpaceNames.sign(mast, key(1))));
    space = membership.space();
    one = new MeetingNode(key(1), membership, new Medium(), queue, network);
    two = new MeetingNode(key(2), membership, new Medium(), queue, network);
    way = new Way(space, two.id(), RELAY.nodeId());
    custody =
        new CustodyBook(one.recording, new RelayDirectory(one.recording, new InMemoryPeerStore()));
    grace =
        new Grace(custody, queue, lost -> relay.channel.lost(lost, "the member doesn't say so"));
    relay = new Played(key(7));
  }

  private static Envelopes envelopes(MeetingNode node) {
    return new Envelopes(node.recording, node.exchanges, node.key, node.surroundings);
  }

  /** The relay's side of a connection. */
  private final class Played {
    final NodeKey mailboxes;
    final List<MailFrame> heard = new ArrayList<>();
    final Sinks.Many<byte[]> says = Sinks.many().unicast().onBackpressureBuffer();
    final MailChannel channel;

    Played(NodeKey mailboxes, MailFrame.Left... left) {
      this.mailboxes = mailboxes;
      channel =
          new MailChannel(
              RELAY.nodeId(),
              one.recording,
              envelopes(one),
              custody,
              grace,
              member -> member.equals(two.id()),
              one.surroundings,
              () -> {});
      one.recording.onForced(channel::signal);
      channel.open(frames -> {
        frames.subscribe(frame -> heard.add(MailFrame.decode(frame)));
        return says.asFlux();
      });
      byte[] key = mailboxes.publicKey();
      say(new MailFrame.Welcome(key, Custody.certify(key, RELAY), List.of(left)));
    }

    void say(MailFrame frame) {
      says.tryEmitNext(frame.encode()).orThrow();
      soon();
    }

    /** What was brought since the last call. */
    List<Envelope> brought() {
      var envelopes =
          heard.stream()
              .filter(MailFrame.Deposit.class::isInstance)
              .map(frame -> Envelope.decode(((MailFrame.Deposit) frame).envelope()))
              .toList();
      heard.clear();
      return envelopes;
    }

    void keep(Envelope envelope) {
      var outside = envelope.outside();
      var receipt = new Custody(outside.id(), outside.to(), envelope.hash(), 5);
      say(new MailFrame.Kept(receipt.sign(mailboxes), false));
    }

    /** Takes in all that is brought, until nothing more comes. */
    List<Envelope> keepAll() {
      var all = new ArrayList<Envelope>();
      for (var some = brought(); !some.isEmpty(); some = brought()) {
        some.forEach(this::keep);
        all.addAll(some);
      }
      return all;
    }

    void hasNothingLeft() {
      say(new MailFrame.Left(Envelope.pseudonym(space), two.id(), 0, 0));
    }
  }

  private void soon() {
    queue.advance(Duration.ofMillis(100));
  }

  private static long entries(List<Envelope> envelopes) {
    return envelopes.stream()
        .flatMap(envelope -> Envelopes.read(envelope, key(2)).stream())
        .filter(Frame.Entries.class::isInstance)
        .mapToLong(frame -> ((Frame.Entries) frame).batch().size())
        .sum();
  }

  private void taken(MeetingNode at, List<Envelope> envelopes) {
    for (var envelope : envelopes) {
      var done = envelopes(at).open(envelope).toCompletableFuture();
      soon();
      assertThat(done.join().refused()).isEmpty();
    }
  }

  private List<Envelope> sealedByTwo() {
    var sealed = new ArrayList<Envelope>();
    envelopes(two).seal(space, one.id()).forEachRemaining(sealed::add);
    return sealed;
  }

  @Test
  void whatIsForcedThereIsInCustodyAndNotBroughtTwice() {
    one.write(3);
    soon();
    assertThat(custody.upTo(way)).isZero();
    assertThat(entries(relay.keepAll())).isEqualTo(3);
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
    relay.channel.signal();
    soon();
    assertThat(relay.brought()).isEmpty();
  }

  /** What is new must not stand for what is lost. */
  @Test
  void lostMailboxesAreFilledFromTheBeginning() {
    one.write(3);
    relay.keepAll();
    relay.channel.close("cut", false);
    soon();
    one.write(1);
    relay = new Played(key(8));
    assertThat(entries(relay.keepAll())).isEqualTo(4);
  }

  @Test
  void whatHasLapsedIsNotInCustodyAndIsBroughtWhenNothingIsLeft() {
    one.write(2);
    relay.keepAll();
    relay.say(new MailFrame.Left(Envelope.pseudonym(space), two.id(), 1, 1));
    assertThat(custody.upTo(way)).isZero();
    assertThat(relay.brought()).isEmpty();
    relay.say(new MailFrame.Left(Envelope.pseudonym(space), two.id(), 0, 1));
    assertThat(entries(relay.keepAll())).isEqualTo(2);
  }

  @Test
  void whatWasFetchedAndIsNotThereAfterAWhileIsBroughtAgain() {
    one.write(2);
    relay.keepAll();
    relay.hasNothingLeft();
    queue.advance(Grace.FIRST.minusSeconds(1));
    assertThat(relay.brought()).isEmpty();
    queue.advance(Duration.ofSeconds(2));
    assertThat(entries(relay.keepAll())).isEqualTo(2);
  }

  /** What has come to the relay since then is nobody's disappointment. */
  @Test
  void whatCameSinceSomethingWasFetchedIsNotMissed() {
    one.write(2);
    taken(two, relay.keepAll());
    relay.hasNothingLeft();
    one.write(1);
    assertThat(entries(relay.keepAll())).isEqualTo(1);
    sealedByTwo().forEach(it -> relay.say(new MailFrame.Mail(it.encode())));
    relay.keepAll();
    queue.advance(Grace.FIRST.plusSeconds(5));
    assertThat(relay.brought()).isEmpty();
  }

  @Test
  void whoSendsAgainWhatIsHereIsToldThatItIsHere() {
    two.write(1);
    var sealed = sealedByTwo();
    sealed.forEach(it -> relay.say(new MailFrame.Mail(it.encode())));
    assertThat(relay.keepAll()).isNotEmpty();
    sealed.forEach(it -> relay.say(new MailFrame.Mail(it.encode())));
    var word = relay.keepAll();
    assertThat(word).hasSize(1);
    taken(two, word);
    assertThat(two.said(one)).isEqualTo(one.vector());
  }

  @Test
  void anotherLifeOfThisNodeIsMadeKnown() {
    one.write(1);
    relay.keepAll();
    one.reborn();
    soon();
    assertThat(custody.upTo(way)).isZero();
    relay.channel.signal();
    soon();
    assertThat(relay.keepAll()).isNotEmpty();
  }

  private void learn(MembershipRecord record) {
    var done =
        one.recording.administer(() -> {
          var now = one.recording.membership(space);
          one.recording.putMembership(now.with(List.of(SpaceNames.sign(record, key(1)))));
          return true;
        });
    soon();
    assertThat(done).isCompleted();
  }

  private Membership membership() {
    return one.recording.view(space).orElseThrow().membership();
  }

  @Test
  void aRetiredMemberIsBroughtNothingUntilItSendsAgainWhatIsHere() {
    learn(membership().retirement(key(1).nodeId(), two.id(), 3));
    one.write(2);
    soon();
    two.write(1);
    var sealed = sealedByTwo();
    sealed.forEach(it -> relay.say(new MailFrame.Mail(it.encode())));
    assertThat(relay.brought()).isEmpty();
    // so it is there, and has heard nothing of what is here
    sealed.forEach(it -> relay.say(new MailFrame.Mail(it.encode())));
    assertThat(entries(relay.keepAll())).isEqualTo(2);
    one.write(1);
    soon();
    assertThat(relay.brought()).isEmpty();
  }

  @Test
  void whatADismissedRelayHasSignedForCountsNoMoreAlsoWhenItIsAskedAgain() {
    one.write(2);
    relay.keepAll();
    assertThat(custody.upTo(way)).isPositive();
    learn(membership().retirement(key(1).nodeId(), RELAY.nodeId(), 3));
    assertThat(custody.upTo(way)).isZero();
    one.write(1);
    soon();
    assertThat(relay.brought()).isEmpty();
    custody.forgetDismissed();
    soon();
    learn(membership().grantRelay(key(1).nodeId(), RELAY.publicKey(), "mast", List.of(), 4));
    assertThat(custody.upTo(way)).isZero();
    relay.channel.signal();
    soon();
    assertThat(entries(relay.keepAll())).isEqualTo(3);
  }
}
