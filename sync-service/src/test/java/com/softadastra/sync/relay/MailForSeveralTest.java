package com.softadastra.sync.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Sinks;

/** Members that are never up together, and a relay that the test plays. */
class MailForSeveralTest {
  private static final int MEMBERS = 5;
  private static final NodeKey RELAY = key(91);
  private static final NodeKey MAILBOXES = key(92);

  private final EventQueue queue = new EventQueue();
  private final List<MeetingNode> nodes = new ArrayList<>();
  private final Medium medium = new Medium();
  private final Map<NodeId, CustodyBook> custody = new HashMap<>();

  /** What the relay has, whole, in the order in which it came. */
  private final Map<NodeId, List<Envelope>> mailboxes = new HashMap<>();

  private SpaceId space;

  private static NodeKey key(int n) {
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  @BeforeEach
  void open() {
    var create = new MembershipRecord.Create(key(1).publicKey(), "1", "space", 0, new byte[16]);
    var membership = new Membership(List.of(SpaceNames.sign(create, key(1))));
    for (int n = 2; n <= MEMBERS; n++) {
      var grant = membership.grant(key(1).nodeId(), key(n).publicKey(), "" + n, Role.WRITER, n);
      membership = membership.with(List.of(SpaceNames.sign(grant, key(1))));
    }
    var relay = membership.grantRelay(key(1).nodeId(), RELAY.publicKey(), "mast", List.of(), 9);
    membership = membership.with(List.of(SpaceNames.sign(relay, key(1))));
    space = membership.space();
    for (int n = 1; n <= MEMBERS; n++) {
      var disk = n == 1 ? medium : new Medium();
      var node = new MeetingNode(key(n), membership, disk, queue, new MemoryNetwork(queue));
      nodes.add(node);
      custody.put(
          node.id(),
          new CustodyBook(
              node.recording, new RelayDirectory(node.recording, new InMemoryPeerStore())));
    }
  }

  private static Envelopes envelopes(MeetingNode node) {
    return new Envelopes(node.recording, node.exchanges, node.key, node.surroundings);
  }

  private void soon() {
    queue.advance(Duration.ofMillis(500));
  }

  private long mark(MeetingNode of, MeetingNode to) {
    return custody.get(of.id()).upTo(new Way(space, to.id(), RELAY.nodeId()));
  }

  /** A member's connection with the relay. */
  private final class Visit {
    final MeetingNode node;
    final Sinks.Many<byte[]> says = Sinks.many().unicast().onBackpressureBuffer();
    final MailChannel channel;

    /** What has come, each with its envelopes, whole. */
    final List<List<Envelope>> deposits = new ArrayList<>();

    final boolean keeps;

    /**
     * @param keeps whether the relay takes all; the test says what it does else
     */
    Visit(MeetingNode node, boolean keeps) {
      this.node = node;
      this.keeps = keeps;
      var book = custody.get(node.id());
      channel =
          new MailChannel(
              RELAY.nodeId(),
              node.recording,
              envelopes(node),
              book,
              new Grace(book, queue, _ -> {}),
              member -> !member.equals(node.id()),
              new Unopened(RELAY.nodeId()),
              node.surroundings,
              () -> {});
      node.recording.onForced(channel::signal);
      channel.open(frames -> {
        frames.subscribe(frame -> take(MailFrame.decode(frame)));
        return says.asFlux();
      });
      byte[] key = MAILBOXES.publicKey();
      say(new MailFrame.Welcome(key, Custody.certify(key, RELAY), List.of()));
      mailboxes
          .getOrDefault(node.id(), List.of())
          .forEach(envelope -> say(new MailFrame.Mail(envelope.encode())));
      soon();
    }

    private void say(MailFrame frame) {
      says.tryEmitNext(frame.encode()).orThrow();
    }

    private void take(MailFrame frame) {
      switch (frame) {
        case MailFrame.Deposit(var bytes) -> taken(List.of(Envelope.decode(bytes)));
        case MailFrame.Deposits(var bare, var body) ->
            taken(bare.stream().map(Envelope::decode).map(it -> it.with(body)).toList());
        case MailFrame.Taken(var id) ->
            mailboxes.get(node.id()).removeIf(it -> Arrays.equals(it.outside().id(), id));
        default -> {}
      }
    }

    private void taken(List<Envelope> envelopes) {
      deposits.add(envelopes);
      if (keeps) {
        envelopes.forEach(this::keep);
      }
    }

    void keep(Envelope envelope) {
      var outside = envelope.outside();
      mailboxes.computeIfAbsent(outside.to(), _ -> new ArrayList<>()).add(envelope);
      var receipt = new Custody(outside.id(), outside.to(), envelope.hash(), 5);
      say(new MailFrame.Kept(receipt.sign(MAILBOXES), false));
    }

    void refuse(Envelope envelope) {
      say(new MailFrame.Refused(envelope.outside().id(), "full", 60_000));
    }

    void end() {
      soon();
      channel.close("it leaves", true);
      soon();
    }
  }

  private void visit(MeetingNode node) {
    new Visit(node, true).end();
  }

  /** All that there is to tell is told. */
  private void settle() {
    for (int round = 0; round < 4; round++) {
      nodes.forEach(this::visit);
    }
  }

  private static long entries(Envelope envelope, MeetingNode node) {
    return Envelopes.read(envelope, node.key).stream()
        .filter(Frame.Entries.class::isInstance)
        .mapToLong(frame -> ((Frame.Entries) frame).batch().size())
        .sum();
  }

  /** They were n times n - 1. */
  @Test
  void nWritesOfNMembersAreNBodies() {
    settle();
    int bodies = 0;
    for (int round = 0; round < 3; round++) {
      for (var node : nodes) {
        var visit = new Visit(node, true);
        soon();
        visit.deposits.clear();
        node.write(1);
        soon();
        assertThat(visit.deposits)
            .as("round %d, member %s", round, node.id())
            .singleElement()
            .satisfies(deposit -> assertThat(deposit).hasSize(MEMBERS - 1));
        bodies += visit.deposits.size();
        visit.end();
      }
    }
    assertThat(bodies).isEqualTo(3 * MEMBERS);
    settle();
    assertThat(nodes)
        .allSatisfy(node -> {
          assertThat(node.vector()).isEqualTo(nodes.getFirst().vector());
          assertThat(node.vector()).hasSize(MEMBERS).containsValue(3L);
        });
  }

  /** Of all that a round brings: what is written, what others have, and who has it. */
  @Test
  void aRoundOfVisitsIsAFewBodiesForEach() {
    settle();
    int bodies = 0;
    int envelopes = 0;
    for (var node : nodes) {
      node.write(1);
      var visit = new Visit(node, true);
      visit.end();
      bodies += visit.deposits.size();
      envelopes += visit.deposits.stream().mapToInt(List::size).sum();
    }
    System.out.printf(
        "MailForSeveralTest: %d members, %d envelopes, %d bodies%n", MEMBERS, envelopes, bodies);
    assertThat(2 * bodies).isLessThan(envelopes);
  }

  @Test
  void whoIsSentTheSameHasOneMarkAndGoesOnTogether() {
    var one = nodes.getFirst();
    one.write(40, 60_000);
    var visit = new Visit(one, false);
    assertThat(visit.deposits).hasSize(1);
    var first = visit.deposits.getFirst();
    assertThat(first).hasSize(MEMBERS - 1);
    first.forEach(envelope -> {
      visit.keep(envelope);
      soon();
    });
    var marks = nodes.stream().skip(1).map(node -> mark(one, node)).distinct().toList();
    assertThat(marks).as("not beyond what was signed for").hasSize(1);
    assertThat(marks.getFirst()).isPositive().isLessThan(one.recording.durable());
    assertThat(visit.deposits).as("the next, when all were signed for").hasSize(2);
    assertThat(visit.deposits.getLast()).hasSize(MEMBERS - 1);
    visit.end();
  }

  @Test
  void whoseEnvelopeIsRefusedIsBroughtItLaterAndTheOthersGoOn() {
    var one = nodes.getFirst();
    one.write(40, 60_000);
    var visit = new Visit(one, false);
    var refused = nodes.get(2);
    for (int i = 0; i < visit.deposits.size(); i++) {
      for (var envelope : visit.deposits.get(i)) {
        if (i == 0 && envelope.outside().to().equals(refused.id())) {
          visit.refuse(envelope);
        } else {
          visit.keep(envelope);
        }
      }
      soon();
    }
    assertThat(mark(one, refused)).isZero();
    assertThat(mark(one, nodes.get(1))).isEqualTo(one.recording.durable());
    int before = visit.deposits.size();
    queue.advance(Duration.ofMinutes(2));
    for (int i = before; i < visit.deposits.size(); i++) {
      visit.deposits.get(i).forEach(visit::keep);
      soon();
    }
    assertThat(mark(one, refused)).isEqualTo(one.recording.durable());
    visit.end();
    nodes.stream().skip(1).forEach(this::visit);
    assertThat(nodes).allSatisfy(node -> assertThat(node.vector()).isEqualTo(one.vector()));
  }

  /** Else it would answer that it has them, each time. */
  @Test
  void whoLacksNoEntryIsToldWithoutEntries() {
    settle();
    var one = nodes.get(0);
    var two = nodes.get(1);
    two.write(1);
    visit(two);
    var visit = new Visit(one, true);
    visit.end();
    var counts = new LinkedHashMap<NodeId, Long>();
    for (var node : nodes.subList(1, MEMBERS)) {
      counts.put(
          node.id(),
          visit.deposits.stream()
              .flatMap(List::stream)
              .filter(it -> it.outside().to().equals(node.id()))
              .mapToLong(it -> entries(it, node))
              .sum());
    }
    assertThat(counts.remove(two.id())).isZero();
    assertThat(counts.values()).containsOnly(1L);
  }

  /** An entry of the first node can't be read any more. */
  private LoggedEntry damaged(long sequence) {
    var one = nodes.getFirst();
    var entry = one.recording.log().find(space, one.replica(), sequence).orElseThrow();
    assertThat(medium.turnEntry(entry.position(), 5)).isTrue();
    return entry;
  }

  private void notice(LoggedEntry damaged) {
    var one = nodes.getFirst();
    assertThatThrownBy(
            () -> one.recording.log().find(space, one.replica(), damaged.entry().sequence()))
        .isInstanceOfSatisfying(DamagedRow.class, one.recording::noticed);
    soon();
    assertThat(one.recording.damaged()).isNotEmpty();
  }

  /** The sequences of the first node's entries that the relay has for another. */
  private List<Long> atRelay(MeetingNode node) {
    return mailboxes.getOrDefault(node.id(), List.of()).stream()
        .flatMap(envelope -> Envelopes.read(envelope, node.key).stream())
        .filter(Frame.Entries.class::isInstance)
        .flatMap(frame -> ((Frame.Entries) frame).batch().stream())
        .map(offered -> EntryCodec.decode(offered.bytes()).sequence())
        .toList();
  }

  private void lost(MeetingNode node) {
    custody.get(nodes.getFirst().id()).lost(new Way(space, node.id(), RELAY.nodeId()));
    mailboxes.remove(node.id());
    soon();
  }

  /** One lacks what can't be read, and the relay has it for the others. */
  @Test
  void noMarkPassesWhatIsLeftOutForOneOfThem() {
    var one = nodes.getFirst();
    one.write(2);
    visit(one);
    var second = damaged(2);
    notice(second);
    var late = nodes.getLast();
    lost(late);
    one.write(1);
    var visit = new Visit(one, true);
    soon();
    assertThat(visit.deposits).as("what the others lack, and what it lacks").hasSize(2);
    visit.end();
    assertThat(atRelay(late)).containsExactly(1L);
    assertThat(mark(one, late)).isEqualTo(second.position() - 1);
    for (var node : nodes.subList(1, MEMBERS - 1)) {
      assertThat(atRelay(node)).containsExactly(1L, 2L, 3L);
      assertThat(mark(one, node)).isEqualTo(one.recording.durable());
    }

    one.recording.mend(
        space,
        List.of(
            new ReceivedEntry(second.entry(), second.bytes(), second.hash(), second.signature())));
    soon();
    visit(one);
    assertThat(atRelay(late)).containsExactly(1L, 2L, 3L);
    assertThat(mark(one, late)).isEqualTo(one.recording.durable());
  }

  /** One has said that it has what can't be read; the relay has it for none. */
  @Test
  void whoHasWhatCannotBeReadIsBroughtWhatFollowsOnIt() {
    var one = nodes.getFirst();
    var has = nodes.get(1);
    one.write(2);
    visit(one);
    visit(has);
    visit(one);
    nodes.subList(1, MEMBERS).forEach(this::lost);
    notice(damaged(2));
    one.write(1);
    visit(one);
    assertThat(atRelay(has)).containsExactly(3L);
    assertThat(mark(one, has)).isEqualTo(one.recording.durable());
    for (var node : nodes.subList(2, MEMBERS)) {
      assertThat(atRelay(node)).containsExactly(1L);
      assertThat(mark(one, node)).isLessThan(one.recording.durable() - 1);
    }
  }

  /** It was known to nobody when they were put together. */
  @Test
  void whatIsDamagedWhileItIsBroughtKeepsTheOthersFromNothing() {
    var one = nodes.getFirst();
    one.write(60, 60_000);
    visit(one);
    var late = nodes.getLast();
    lost(late);
    one.write(10, 60_000);
    var visit = new Visit(one, false);
    assertThat(visit.deposits).singleElement().satisfies(it -> assertThat(it).hasSize(MEMBERS - 1));
    var damaged = damaged(55);
    notice(damaged);
    for (int i = 0; i < visit.deposits.size(); i++) {
      assertThat(i).as("brought over and over").isLessThan(20);
      visit.deposits.get(i).forEach(visit::keep);
      soon();
      for (var node : nodes.subList(1, MEMBERS)) {
        assertThat(atRelay(node)).containsAll(upTo(mark(one, node)));
      }
    }
    visit.end();
    assertThat(mark(one, late)).isEqualTo(damaged.position() - 1);
    for (var node : nodes.subList(1, MEMBERS - 1)) {
      assertThat(mark(one, node)).isEqualTo(one.recording.durable());
    }
  }

  /** What one lacks can't be read, and nobody knows that yet. */
  @Test
  void whatCannotBeSealedForOneIsBroughtToTheOthers() {
    var one = nodes.getFirst();
    one.write(3);
    visit(one);
    var late = nodes.getLast();
    lost(late);
    var damaged = damaged(2);
    one.write(1);
    var visit = new Visit(one, true);
    soon();
    for (var node : nodes.subList(1, MEMBERS - 1)) {
      assertThat(atRelay(node)).containsExactly(1L, 2L, 3L, 4L);
      assertThat(mark(one, node)).isEqualTo(one.recording.durable());
    }
    queue.advance(Duration.ofMinutes(10));
    assertThat(atRelay(late)).containsExactly(1L);
    assertThat(mark(one, late)).isEqualTo(damaged.position() - 1);
    visit.end();
  }

  /** The sequences of the first node's entries up to a position of its log. */
  private List<Long> upTo(long position) {
    return medium.entries().stream()
        .filter(logged -> logged.position() <= position)
        .map(logged -> logged.entry().sequence())
        .toList();
  }

  /** One that comes late is not sent what the others have, nor do they get what it lacks. */
  @Test
  void whoIsFarBehindIsSealedToAlone() {
    var one = nodes.getFirst();
    one.write(300);
    visit(one);
    nodes.subList(1, MEMBERS - 1).forEach(this::visit);
    visit(one);
    var late = nodes.getLast();
    custody.get(one.id()).lost(new Way(space, late.id(), RELAY.nodeId()));
    one.write(1);
    var visit = new Visit(one, true);
    visit.end();
    long toLate = 0;
    for (var deposit : visit.deposits) {
      for (var envelope : deposit) {
        if (envelope.outside().to().equals(late.id())) {
          assertThat(deposit).hasSize(1);
          toLate += entries(envelope, late);
        } else {
          assertThat(deposit).hasSize(MEMBERS - 2);
        }
      }
    }
    assertThat(toLate).isEqualTo(301);
    assertThat(visit.deposits).hasSize(2);
  }
}
