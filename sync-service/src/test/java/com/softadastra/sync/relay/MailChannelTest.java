package com.softadastra.sync.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.session.Frame;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.peer.InMemoryPeerStore;
import com.softadastra.sync.peer.MeetingNode;
import com.softadastra.sync.peer.MemoryNetwork;
import com.softadastra.sync.peer.RelayDirectory;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private final Medium medium = new Medium();
  private final Unopened unopened = new Unopened(RELAY.nodeId());
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
    one = new MeetingNode(key(1), membership, medium, queue, network);
    two = new MeetingNode(key(2), membership, new Medium(), queue, network);
    way = new Way(space, two.id(), RELAY.nodeId());
    custody = custody(one);
    grace =
        new Grace(custody, queue, lost -> relay.channel.lost(lost, "the member doesn't say so"));
    relay = new Played(key(7));
  }

  private static CustodyBook custody(MeetingNode node) {
    return new CustodyBook(
        node.recording, new RelayDirectory(node.recording, new InMemoryPeerStore()));
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

    Played(NodeKey mailboxes) {
      this(mailboxes, one, two, custody, grace, unopened);
    }

    /**
     * @param node whose connection it is
     * @param other that it never meets
     */
    Played(
        NodeKey mailboxes,
        MeetingNode node,
        MeetingNode other,
        CustodyBook custody,
        Grace grace,
        Unopened unopened) {
      this.mailboxes = mailboxes;
      channel =
          new MailChannel(
              RELAY.nodeId(),
              node.recording,
              envelopes(node),
              custody,
              grace,
              member -> member.equals(other.id()),
              unopened,
              node.surroundings,
              () -> {});
      node.recording.onForced(channel::signal);
      channel.open(frames -> {
        frames.subscribe(frame -> heard.add(MailFrame.decode(frame)));
        return says.asFlux();
      });
      byte[] key = mailboxes.publicKey();
      say(new MailFrame.Welcome(key, Custody.certify(key, RELAY), List.of()));
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

    /** The ids of what it may drop, and of what it keeps though it is passed over. */
    List<List<byte[]>> answers() {
      var taken = new ArrayList<byte[]>();
      var passed = new ArrayList<byte[]>();
      for (var frame : heard) {
        switch (frame) {
          case MailFrame.Taken(var id) -> taken.add(id);
          case MailFrame.PassedOver(var id) -> passed.add(id);
          default -> {}
        }
      }
      return List.of(taken, passed);
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
    return sealed(two, one);
  }

  private List<Envelope> sealed(MeetingNode from, MeetingNode to) {
    var sealed = new ArrayList<Envelope>();
    envelopes(from).seal(space, to.id()).forEachRemaining(sealed::add);
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

  private void lapsed(long left, long lapsed) {
    relay.say(new MailFrame.Left(Envelope.pseudonym(space), two.id(), left, lapsed));
  }

  @Test
  void whatHasLapsedIsNotInCustodyAndIsBroughtAgainWithWhatIsNew() {
    one.write(1);
    relay.keepAll();
    one.write(1);
    relay.keepAll();
    lapsed(1, 1);
    assertThat(custody.upTo(way)).isZero();
    one.write(1);
    assertThat(entries(relay.keepAll())).isEqualTo(3);
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
  }

  /** The rest of a pile lapses bit by bit, and all that was in it is there anew. */
  @Test
  void whatLapsesThatWasBroughtAgainIsNotBroughtOnceMore() {
    for (int i = 0; i < 3; i++) {
      one.write(1);
      relay.keepAll();
    }
    lapsed(2, 1);
    long again = relay.keepAll().size();
    lapsed(again + 1, 1);
    assertThat(relay.brought()).isEmpty();
    lapsed(again, 1);
    assertThat(relay.brought()).isEmpty();
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
    lapsed(again - 1, 1);
    assertThat(entries(relay.keepAll())).isEqualTo(3);
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

  @Test
  void whatCanNotBeReadWhenAMemberShouldHaveSaidThatItHasItIsLookedAtAgain() {
    one.write(2);
    relay.keepAll();
    relay.hasNothingLeft();
    medium.failReads(1);
    queue.advance(Grace.FIRST.plusSeconds(1));
    assertThat(relay.brought()).isEmpty();
    queue.advance(Grace.FIRST);
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

  /** Each takes the other to have of a chain what it has itself. */
  @Test
  void twoWhoseChainsDifferDoNotAnswerEachOtherForEver() {
    two.write(5);
    sealedByTwo().forEach(this::mail);
    var word = relay.keepAll();
    var life = new MeetingNode(key(2), membership(), new Medium(), queue, new MemoryNetwork(queue));
    life.write(5);
    for (var envelope : word) {
      envelopes(life).open(envelope);
      soon();
    }
    var book = custody(life);
    var grace = new Grace(book, queue, _ -> {});
    var toLife = new Played(key(8), life, one, book, grace, new Unopened(RELAY.nodeId()));
    int rounds = 0;
    while (carry(toLife, relay) | carry(relay, toLife)) {
      assertThat(++rounds).as("rounds").isLessThan(10);
    }
    assertThat(rounds).isPositive();
    assertThat(last(life, two.replica())).isNotEqualTo(last(one, two.replica()));
  }

  private Hash last(MeetingNode at, Replica chain) {
    return at.recording.view(space).orElseThrow().chains().get(chain).hash();
  }

  private static boolean carry(Played from, Played to) {
    var brought = from.brought();
    for (var envelope : brought) {
      from.keep(envelope);
      to.say(new MailFrame.Mail(envelope.encode()));
    }
    return !brought.isEmpty();
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

  /** Of two that follow on one another: the second is of no use without the first. */
  private List<Envelope> inTurn() {
    var first = sealedByTwo();
    two.write(1);
    var second = new ArrayList<Envelope>();
    envelopes(two)
        .sealForRelay(
            space,
            Map.of(one.id(), envelopes(two).said(space, one.id())),
            two.recording.durable() - 1,
            Set.of(),
            Duration.ofDays(1))
        .forEachRemaining(second::add);
    assertThat(first).hasSize(1);
    assertThat(second).hasSize(1);
    return List.of(first.getFirst(), second.getFirst());
  }

  private Map<Replica, Long> ofTwo() {
    return Map.of(two.replica(), one.vector().getOrDefault(two.replica(), 0L));
  }

  private void mail(Envelope envelope) {
    relay.say(new MailFrame.Mail(envelope.encode()));
  }

  /** From now on what the other seals has to be compared with the log. */
  private void behind() {
    one.write(1);
    taken(two, relay.keepAll());
    one.write(1);
  }

  /** An envelope fails on two connections. */
  private void failsTwice(Envelope envelope) {
    for (int i = 0; i < 2; i++) {
      reconnect();
      relay.keepAll();
      medium.failReads(Integer.MAX_VALUE);
      mail(envelope);
      medium.failReads(0);
    }
  }

  private void reconnect() {
    relay.channel.close("cut", false);
    soon();
    relay = new Played(key(7));
  }

  /** The first time it may be this node that fails. */
  @Test
  void whatFailsEndsTheConnectionOnceAndIsThenPassedOver() {
    behind();
    two.write(1);
    var poison = sealedByTwo().getFirst();
    reconnect();
    medium.failReads(Integer.MAX_VALUE);
    mail(poison);
    assertThat(relay.channel.isWelcome()).isFalse();
    medium.failReads(0);
    failsTwice(poison);
    assertThat(relay.channel.isWelcome()).isTrue();
    assertThat(relay.answers().get(0)).isEmpty();
    assertThat(relay.answers().get(1)).containsExactly(poison.outside().id());
    assertThat(unopened.count()).isOne();
    assertThat(unopened.problem()).contains(two.id().toString());
  }

  @Test
  void whatFollowsOnWhatIsPassedOverStaysWithItAndOtherMailIsTakenIn() {
    behind();
    two.write(1);
    var envelopes = inTurn();
    failsTwice(envelopes.getFirst());
    mail(envelopes.getLast());
    assertThat(relay.answers().get(0)).isEmpty();
    assertThat(relay.answers().get(1)).hasSize(2);
    two.write(1);
    var all = sealedByTwo().getFirst();
    mail(all);
    assertThat(relay.answers().get(0)).containsExactly(all.outside().id());
  }

  @Test
  void whatWasPassedOverIsJudgedAgainOnTheNextConnection() {
    behind();
    two.write(1);
    var envelopes = inTurn();
    failsTwice(envelopes.getFirst());
    mail(envelopes.getLast());
    reconnect();
    envelopes.forEach(this::mail);
    assertThat(relay.answers().get(0)).hasSize(2);
    assertThat(ofTwo()).isEqualTo(Map.of(two.replica(), 2L));
    assertThat(unopened.problem()).isNull();
  }

  /** It is in the log, which is read a page with each commit; nobody has to be asked. */
  @Test
  void whatNeedsADamagedDocumentIsTakenInOnceTheLogIsRead() {
    one.write(1);
    taken(two, relay.keepAll());
    one.write(2_500);
    relay.keepAll();
    two.write(1);
    var envelopes = inTurn();
    var document = new DocumentKey(space, "documents", "d0");
    assertThat(medium.turnDocument(document, 9)).isTrue();
    envelopes.forEach(
        it -> relay.says.tryEmitNext(new MailFrame.Mail(it.encode()).encode()).orThrow());
    queue.advance(Duration.ofMillis(18));
    assertThat(relay.answers().get(0)).isEmpty();
    soon();
    assertThat(relay.answers().get(0)).hasSize(2);
    assertThat(ofTwo()).isEqualTo(Map.of(two.replica(), 2L));
    assertThat(medium.damaged()).isZero();
  }

  /** What can't be read is not with the relay, nor is what follows on it. */
  @Test
  void whatCannotBeReadIsBroughtOnceItIsMended() {
    one.write(3);
    var second = one.recording.log().find(space, one.replica(), 2).orElseThrow();
    medium.turnEntry(second.position(), 5);
    assertThatThrownBy(() -> one.recording.log().find(space, one.replica(), 2))
        .isInstanceOfSatisfying(DamagedRow.class, one.recording::noticed);
    reconnect();
    assertThat(entries(relay.keepAll())).isOne();
    assertThat(custody.upTo(way)).isEqualTo(second.position() - 1);
    relay.channel.signal();
    soon();
    assertThat(relay.brought()).isEmpty();

    var again =
        new ReceivedEntry(second.entry(), second.bytes(), second.hash(), second.signature());
    one.recording.mend(space, List.of(again));
    soon();
    assertThat(entries(relay.keepAll())).isEqualTo(2);
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
  }

  /** What was left out because of it is missing there too, also when the member has that. */
  @Test
  void whatWasLeftOutIsBroughtWhenTheMemberHasWhatCannotBeRead() {
    one.write(2);
    var early = sealed(one, two);
    one.write(1);
    var second = one.recording.log().find(space, one.replica(), 2).orElseThrow();
    medium.turnEntry(second.position(), 5);
    assertThatThrownBy(() -> one.recording.log().find(space, one.replica(), 2))
        .isInstanceOfSatisfying(DamagedRow.class, one.recording::noticed);
    reconnect();
    assertThat(entries(relay.keepAll())).isOne();
    taken(two, early);
    sealedByTwo().forEach(this::mail);
    taken(two, relay.keepAll());
    one.write(1);
    taken(two, relay.keepAll());
    assertThat(two.vector()).containsEntry(one.replica(), 4L);
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
  }

  /** Nobody can read an entry of this node's own any more, and that is known. */
  private void damaged(long sequence) {
    medium.turnEntry(position(sequence), 5);
    assertThatThrownBy(() -> one.recording.log().find(space, one.replica(), sequence))
        .isInstanceOfSatisfying(DamagedRow.class, one.recording::noticed);
    soon();
    assertThat(one.recording.damaged()).isNotEmpty();
  }

  private long position(long sequence) {
    return one.recording.log().find(space, one.replica(), sequence).orElseThrow().position();
  }

  /** The relay has that, so what follows on it is of use to the member. */
  @Test
  void whatFollowsOnWhatIsInCustodyIsBroughtThoughThatCannotBeReadAnyMore() {
    one.write(2);
    var all = new ArrayList<>(relay.keepAll());
    damaged(2);
    one.write(1);
    var more = relay.keepAll();
    assertThat(entries(more)).isOne();
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
    all.addAll(more);
    taken(two, all);
    assertThat(two.vector()).containsEntry(one.replica(), 3L);
  }

  @Test
  void whatIsLeftOutLetsNothingComeTwice() {
    learn(membership().grant(one.id(), key(3).publicKey(), "3", Role.WRITER, 3));
    var three = new MeetingNode(key(3), membership(), new Medium(), queue, network);
    one.write(4);
    long mark = position(2) - 1;
    damaged(2);
    reconnect();
    assertThat(entries(relay.keepAll())).isOne();
    for (int i = 0; i < 3; i++) {
      three.write(1);
      sealed(three, one).forEach(this::mail);
      one.write(1);
      assertThat(entries(relay.keepAll())).as("what the third has written").isOne();
      assertThat(custody.upTo(way)).isEqualTo(mark);
    }
  }

  /** What is underway comes without what was before it. */
  @Test
  void whatIsUnderwayDoesNotStandForWhatTheRelayHasNotAnyMore() {
    one.write(2);
    relay.keepAll();
    one.write(1);
    soon();
    var underway = relay.brought();
    assertThat(underway).hasSize(1);
    custody.lost(way);
    soon();
    underway.forEach(relay::keep);
    soon();
    assertThat(custody.upTo(way)).isZero();
    assertThat(entries(relay.keepAll())).isEqualTo(3);
    assertThat(custody.upTo(way)).isEqualTo(one.recording.durable());
  }

  private Membership granted(int n) {
    var membership = one.recording.view(space).orElseThrow().membership();
    var reader = membership.grant(one.id(), key(n).publicKey(), "" + n, Role.READER, 3);
    var granted = membership.with(List.of(SpaceNames.sign(reader, one.key)));
    one.recording.administer(() -> {
      one.recording.putMembership(granted);
      return true;
    });
    soon();
    return granted;
  }

  @Test
  void aGrantIsBroughtThoughNobodyWrites() {
    one.write(1);
    taken(two, relay.keepAll());
    granted(3);
    var brought = relay.keepAll();
    assertThat(entries(brought)).isZero();
    taken(two, brought);
    assertThat(two.recording.view(space).orElseThrow().membership().member(key(3).nodeId()))
        .isPresent();
    reconnect();
    assertThat(relay.brought()).isEmpty();
  }

  @Test
  void whatOthersHaveOfAMembersOwnIsBroughtThoughNobodyWrites() {
    var three = new MeetingNode(key(3), granted(3), new Medium(), queue, network);
    taken(two, relay.keepAll());
    two.write(1);
    mail(sealedByTwo().getFirst());
    relay.keepAll();
    taken(three, sealed(two, three));
    sealed(three, one).forEach(this::mail);
    taken(two, relay.keepAll());
    assertThat(two.said(three)).isEqualTo(Map.of(two.replica(), 1L));
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
    relay.keepAll();
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
    one.write(1);
    soon();
    var underway = relay.brought();
    assertThat(underway).hasSize(1);
    learn(membership().retirement(key(1).nodeId(), RELAY.nodeId(), 3));
    assertThat(custody.upTo(way)).isZero();
    one.write(1);
    soon();
    assertThat(relay.brought()).isEmpty();
    custody.forgetDismissed();
    soon();
    underway.forEach(relay::keep);
    learn(membership().grantRelay(key(1).nodeId(), RELAY.publicKey(), "mast", List.of(), 4));
    assertThat(custody.upTo(way)).isZero();
    relay.channel.signal();
    soon();
    assertThat(entries(relay.keepAll())).isEqualTo(4);
  }

  /** The other relays of the space that were named since this was asked last. */
  private List<List<List<String>>> named() {
    var named =
        relay.heard.stream()
            .filter(MailFrame.Siblings.class::isInstance)
            .map(MailFrame.Siblings.class::cast)
            .peek(frame -> {
              assertThat(frame.pseudonym()).isEqualTo(Envelope.pseudonym(space));
              assertThat(Passage.lets(RELAY.nodeId(), frame.passage(), Passage.key(space)))
                  .as("lets the relay in at the others")
                  .isTrue();
            })
            .map(frame -> frame.relays().stream().map(MailFrame.Siblings.Named::addresses).toList())
            .toList();
    relay.heard.clear();
    return named;
  }

  @Test
  void namesTheOtherRelaysOnceAndAgainWhenTheyAreOthers() {
    assertThat(named()).as("none, in place of those that were there").containsExactly(List.of());
    one.write(1);
    soon();
    assertThat(named()).isEmpty();
    learn(
        membership()
            .grantRelay(key(1).nodeId(), key(8).publicKey(), "shore", List.of("shore:1"), 3));
    relay.channel.signal();
    soon();
    assertThat(named()).containsExactly(List.of(List.of("shore:1")));
    learn(
        membership()
            .grantRelay(key(1).nodeId(), key(8).publicKey(), "shore", List.of("shore:2"), 4));
    relay.channel.signal();
    soon();
    assertThat(named()).containsExactly(List.of(List.of("shore:2")));
    learn(membership().retirement(key(1).nodeId(), key(8).nodeId(), 5));
    relay.channel.signal();
    soon();
    assertThat(named()).containsExactly(List.of());
  }

  /**
   * Or a member that knows less than this one, and more than it has said, would be taken for it.
   */
  @Test
  void namesThemAgainWhenItKnowsMoreOfTheMembership() {
    long before = records();
    relay.heard.clear();
    learn(
        membership()
            .grant(key(1).nodeId(), key(7).publicKey(), "seven", Role.WRITER, List.of(), 3));
    relay.channel.signal();
    soon();
    assertThat(records()).isEqualTo(before + 1);
    assertThat(named()).containsExactly(List.of());
  }

  /** What is gone may have been fetched from another relay, which has said so. */
  @Test
  void thatNothingIsLeftShowsAMemberAtTheOnlyRelayAlone() {
    var nothing = new MailFrame.Left(Envelope.pseudonym(space), two.id(), 0, 0);
    relay.say(nothing);
    assertThat(relay.channel.reaches(two.id())).isTrue();
    learn(
        membership()
            .grantRelay(key(1).nodeId(), key(8).publicKey(), "shore", List.of("shore:1"), 3));
    reconnect();
    relay.say(nothing);
    assertThat(relay.channel.reaches(two.id())).isFalse();
  }

  /** By what the node said last. */
  private long records() {
    return relay.heard.stream()
        .filter(MailFrame.Siblings.class::isInstance)
        .map(frame -> ((MailFrame.Siblings) frame).records())
        .toList()
        .getLast();
  }
}
