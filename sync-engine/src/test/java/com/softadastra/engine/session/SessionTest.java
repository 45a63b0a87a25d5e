package com.softadastra.engine.session;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.Given;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SessionTest {
  private static final Membership MEMBERS = members(3);

  private final MemoryHost one = new MemoryHost(1, MEMBERS);
  private final MemoryHost two = new MemoryHost(2, MEMBERS);
  private final MemoryHost three = new MemoryHost(3, MEMBERS);

  @Test
  void entriesGoBothWaysAndAreAcknowledged() {
    write(one, 5);
    write(two, 3);
    meet(one, two);
    assertThat(vector(one)).isEqualTo(Map.of(replica(1), 5L, replica(2), 3L));
    assertThat(vector(two)).isEqualTo(vector(one));
    assertThat(one.noted.get(key(2).nodeId()).vector()).isEqualTo(vector(one));
    assertThat(two.noted.get(key(1).nodeId()).vector()).isEqualTo(vector(one));
    assertThat(placeless(two)).isEqualTo(placeless(one));
    assertThat(one.refused).isEmpty();
  }

  @Test
  void entriesAreSentOnceAndPushedAsTheyCome() {
    write(one, 4);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    run(a, b);
    write(one, 1);
    var frame = Frame.decode(a.poll());
    assertThat(frame).isInstanceOf(Frame.Entries.class);
    assertThat(((Frame.Entries) frame).batch()).hasSize(1);
    b.receive(frame.encode());
    run(a, b);
    assertThat(vector(two)).containsEntry(replica(1), 5L);
    assertThat(a.poll()).isNull();
    assertThat(b.poll()).isNull();
  }

  @Test
  void whatCameFromThePeerIsNotSentBackWhileMoreOfItIsBeingStored() {
    write(one, 6);
    write(two, 1);
    two.slow = true;
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    hand(a, b.poll());
    hand(b, a.poll());
    for (var frame = b.poll(); frame != null; frame = b.poll()) {
      hand(a, frame);
    }
    for (var frame = a.poll(); frame != null; frame = a.poll()) {
      b.receive(frame);
    }
    var sent = new ArrayList<Frame>();
    while (!two.waiting.isEmpty()) {
      two.waiting.remove().run();
      for (var frame = b.poll(); frame != null; frame = b.poll()) {
        sent.add(Frame.decode(frame));
        a.receive(frame);
      }
      for (var frame = a.poll(); frame != null; frame = a.poll()) {
        b.receive(frame);
      }
    }
    assertThat(vector(two)).containsEntry(replica(1), 6L);
    assertThat(sent.stream().filter(Frame.Entries.class::isInstance).map(Frame.Entries.class::cast))
        .singleElement()
        .satisfies(entries -> assertThat(entries.batch()).hasSize(1));
  }

  @Test
  void noMoreBatchesAreSentThanThePeerAcknowledges() {
    write(one, 4 * Session.CREDIT);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    assertThat(sentUnanswered(a, b)).isEqualTo(Session.CREDIT);
    run(a, b);
    assertThat(vector(two)).isEqualTo(vector(one));
  }

  @Test
  void whatThePeerRefusesIsNotWaitedFor() {
    write(three, 4 * Session.CREDIT);
    meet(three, one);
    two.rejecting.add(replica(3));
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    assertThat(sentUnanswered(a, b)).isEqualTo(Session.CREDIT);
    one.write("own");
    run(a, b);
    assertThat(vector(two)).isEqualTo(Map.of(replica(1), 1L));
    assertThat(one.refused).containsOnlyKeys(replica(3));
  }

  @Test
  void aStatementGoesToWhoHasNotTheLatestAndOnce() {
    write(one, 1);
    meet(one, two);
    meet(two, three);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    // one has its own and that of two; two has that of three besides, who has not met one
    assertThat(statements(a, b)).containsExactly(key(3).nodeId());
    tell(a);
    tell(b);
    assertThat(statements(a, b)).isEmpty();
    write(one, 1);
    tell(a);
    tell(b);
    // with the entry goes what one says of it, and comes back what two says
    assertThat(statements(a, b)).containsExactly(key(1).nodeId(), key(2).nodeId());
  }

  /** Of whom statements are carried until neither has any more to say. */
  private static List<NodeId> statements(Session a, Session b) {
    var carried = new ArrayList<NodeId>();
    for (boolean busy = true; busy; ) {
      busy = false;
      for (boolean forth : new boolean[] {true, false}) {
        var frame = (forth ? a : b).poll();
        if (frame != null) {
          busy = true;
          if (Frame.decode(frame) instanceof Frame.Acknowledged(var _, var statements)) {
            statements.forEach(signed -> carried.add(signed.header().by().node()));
          }
          hand(forth ? b : a, frame);
        }
      }
    }
    return carried;
  }

  @Test
  void entriesOfThirdReplicaPassOn() {
    write(one, 5);
    meet(one, two);
    meet(two, three);
    assertThat(vector(three)).isEqualTo(Map.of(replica(1), 5L));
    write(three, 2);
    meet(three, two);
    meet(two, one);
    assertThat(vector(one)).isEqualTo(Map.of(replica(1), 5L, replica(3), 2L));
  }

  @Test
  void membershipComesBeforeTheNewcomersEntries() {
    var old = new MemoryHost(1, members(2));
    write(three, 2);
    meet(three, two);
    meet(two, old);
    assertThat(old.state.membership().member(key(3).nodeId())).isPresent();
    assertThat(old.log).allMatch(e -> e.standing().effective()).hasSize(2);
  }

  @Test
  void laterSessionResumesWhateverHappenedToTheFrames() {
    for (long seed = 1; seed <= 100; seed++) {
      var random = new Random(seed);
      var hosts = List.of(new MemoryHost(1, MEMBERS), new MemoryHost(2, MEMBERS));
      for (int round = 0; round < 4; round++) {
        hosts.forEach(host -> write(host, random.nextInt(6)));
        disturbed(hosts.get(0), hosts.get(1), random);
      }
      meet(hosts.get(0), hosts.get(1));
      assertThat(vector(hosts.get(0))).as("seed %d", seed).isEqualTo(vector(hosts.get(1)));
      assertThat(placeless(hosts.get(0))).as("seed %d", seed).isEqualTo(placeless(hosts.get(1)));
    }
  }

  @Test
  void whoBreaksTheProtocolIsLeft() {
    var space = one.state.id();
    var summary = new Frame.Summary(space, List.of(), List.of()).encode();
    assertThatThrownBy(() -> fresh().receive(summary)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> fresh().receive(new byte[] {1})).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> fresh().receive(three.hello(key(1).nodeId()).encode()))
        .isInstanceOf(Malformed.class);
    var newer =
        new Frame.Hello(
                Frame.VERSION + 1, Frame.VERSION + 2, replica(2), CLOCK, "", List.of(), List.of())
            .encode();
    assertThatThrownBy(() -> fresh().receive(newer)).isInstanceOf(Malformed.class);
    var greeted = fresh();
    var hello = two.hello(key(1).nodeId()).encode();
    greeted.receive(hello);
    assertThatThrownBy(() -> greeted.receive(hello)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> greeted.receive(new Frame.Entries(space, List.of()).encode()))
        .isInstanceOf(Malformed.class);
  }

  @Test
  void whoAsksAndNeverReadsIsLeft() {
    write(one, 1);
    var session = fresh();
    session.receive(two.hello(key(1).nodeId()).encode());
    var other = new Frame.Summary.Known(replica(1), 1, Hash.ZERO);
    var asks = new Frame.Summary(one.state.id(), List.of(other), List.of()).encode();
    assertThatThrownBy(
            () -> {
              for (int i = 0; i <= Frame.MANY; i++) {
                session.receive(asks);
              }
            })
        .isInstanceOf(Malformed.class);
  }

  @Test
  void whatCantBeReadIsAskedForAndThenPassedOn() {
    write(one, 6);
    meet(one, two);
    two.unreadable.addAll(List.of(3L, 4L));
    var a = new Session(key(3).nodeId(), two);
    var b = new Session(key(2).nodeId(), three);
    run(a, b);
    assertThat(vector(three)).isEqualTo(Map.of(replica(1), 2L));
    assertThat(three.refused).isEmpty();
    write(two, 2);
    run(a, b);
    assertThat(vector(three)).containsEntry(replica(1), 2L);

    meet(one, two);
    assertThat(two.unreadable).isEmpty();
    run(a, b);
    assertThat(vector(three)).isEqualTo(Map.of(replica(1), 6L, replica(2), 2L));
  }

  @Test
  void whatIsFoundDamagedWhileABatchIsReadIsWithheldAndComesLater() {
    write(one, 4);
    one.reading = () -> one.unreadable.add(1L);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    assertThat(sentUnanswered(a, b)).isZero();
    run(a, b);
    assertThat(a.withheld(one.state.id())).containsExactly(1L);
    one.reading = () -> {};
    one.unreadable.clear();
    run(a, b);
    assertThat(two.log).hasSize(4);
  }

  @Test
  void whatThePeerHasDoesNotEndWhereItCantBeRead() {
    write(one, 4);
    meet(one, two);
    one.unreadable.add(2L);
    two.unreadable.add(2L);
    write(one, 2);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    run(a, b);
    assertThat(vector(two)).containsEntry(replica(1), 6L);
    // each asks once
    assertThat(a.poll()).isNull();
    assertThat(b.poll()).isNull();
    assertThat(one.unreadable).containsExactly(2L);
    two.unreadable.clear();
    for (int times = 0; times < 2; times++) {
      one.unreadable.add(3L);
      run(a, b);
      assertThat(one.unreadable).containsExactly(2L);
    }
  }

  @Test
  void whoeverHasBegunHoweverManyChainsOthersGoOn() {
    livesOfThree(one);
    livesOfThree(two);
    write(one, 3);
    meet(one, two);
    assertThat(vector(two)).isEqualTo(vector(one)).containsEntry(replica(1), 3L);
    assertThat(two.log).hasSize(3);
    assertThat(one.noted.get(key(2).nodeId()).vector()).isEqualTo(vector(one));
  }

  @Test
  void whatThePeerHasIsNotSentWhicheverPartOfItsSummarySaidSo() {
    write(one, 3);
    meet(one, two);
    livesOfThree(one);
    livesOfThree(two);
    // before all of three's in the order of replicas, so in the first part
    assertThat(vector(two).keySet().iterator().next()).isEqualTo(replica(1));
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    for (boolean busy = true; busy; ) {
      var toA = b.poll();
      var toB = a.poll();
      busy = toA != null || toB != null;
      if (toA != null) {
        hand(a, toA);
      }
      if (toB != null) {
        assertThat(Frame.decode(toB)).isNotInstanceOf(Frame.Entries.class);
        hand(b, toB);
      }
    }
    // and what it says of its own chain is heard
    assertThat(two.summarised)
        .extracting(Frame.Summary.Known::replica)
        .contains(replica(1))
        .hasSize(one.state.chains().size());
  }

  @Test
  void aSummaryOfAllChainsIsSaidInParts() {
    livesOfThree(one);
    var session = fresh();
    session.receive(two.hello(key(1).nodeId()).encode());
    var frames = new ArrayList<Frame>();
    for (byte[] frame = session.poll(); frame != null; frame = session.poll()) {
      frames.add(Frame.decode(frame));
    }
    var told = new ArrayList<Frame.Summary.Known>();
    assertThat(frames.get(2))
        .isInstanceOfSatisfying(Frame.SummaryPart.class, part -> told.addAll(part.chains()));
    assertThat(frames.get(3))
        .isInstanceOfSatisfying(Frame.Summary.class, summary -> told.addAll(summary.chains()));
    assertThat(told.stream().map(Frame.Summary.Known::replica))
        .containsExactlyElementsOf(vector(one).keySet());
  }

  @Test
  void anEarlierVersionIsToldWhatItTakes() {
    livesOfThree(one);
    var session = fresh();
    var hello = two.hello(key(1).nodeId());
    session.receive(
        new Frame.Hello(
                Frame.LEAST_VERSION,
                Frame.PARTS_VERSION - 1,
                hello.sender(),
                CLOCK,
                "",
                List.of(),
                hello.spaces())
            .encode());
    session.receive(new Frame.Summary(one.state.id(), List.of(), List.of()).encode());
    session.receive(new Frame.Heard(one.state.id(), List.of()).encode());
    tell(session);
    for (byte[] frame = session.poll(); frame != null; frame = session.poll()) {
      assertThat(Frame.decode(frame))
          .isNotInstanceOf(Frame.SummaryPart.class)
          .isNotInstanceOf(Frame.Acknowledged.class);
    }
  }

  @Test
  void ofChainsThatAreNotKnownHereAPeerNamesNoMoreThanThereIsRoomFor() {
    write(one, 1);
    var space = one.state.id();
    var session = fresh();
    session.receive(two.hello(key(1).nodeId()).encode());
    for (int part = 0; part < 3; part++) {
      var named = new ArrayList<Frame.Summary.Known>();
      for (int n = 0; n < Frame.MANY; n++) {
        var incarnation = ByteBuffer.allocate(Incarnation.BYTES).putInt(part).putInt(n).array();
        var life = new Replica(key(3).nodeId(), Incarnation.of(incarnation));
        named.add(new Frame.Summary.Known(life, 1, hash("life")));
      }
      session.receive(new Frame.SummaryPart(space, named).encode());
    }
    var known = new Frame.Summary.Known(replica(1), 1, one.log.getFirst().hash());
    session.receive(new Frame.SummaryPart(space, List.of(known)).encode());
    session.receive(new Frame.Summary(space, List.of(), List.of()).encode());

    assertThat(one.summarised).contains(known).hasSizeLessThanOrEqualTo(Frame.MANY + 2);
  }

  /** More chains of one member than a summary has room for, at both ends of what follows. */
  private static void livesOfThree(MemoryHost host) {
    for (int n = 1; n <= Frame.MANY + 10; n++) {
      var incarnation = ByteBuffer.allocate(Incarnation.BYTES).putInt(n).array();
      var life = new Replica(key(3).nodeId(), Incarnation.of(incarnation));
      host.state.recovered(life, new ChainHead(life, null, 0, 1, hash("life " + n), 0));
    }
  }

  @Test
  void whoSendsOfAuthorsWithoutEndHearsOfSoMany() {
    write(two, 1);
    var session = fresh();
    session.receive(two.hello(key(1).nodeId()).encode());
    session.receive(new Frame.Summary(one.state.id(), List.of(), List.of()).encode());
    int refusals = 0;
    for (int batch = 0; batch < 2; batch++) {
      var strangers = new ArrayList<Offered>();
      for (int n = 0; n < Frame.MANY / 2 + 10; n++) {
        var entry =
            Given.entry(
                one.state.id(),
                new Replica(new NodeId(hash(batch + " " + n)), replica(1).incarnation()),
                1,
                Hash.ZERO,
                List.of(),
                two.log.getFirst().entry().authority(),
                Given.intent("i", Given.operation("d", Given.put("{}"))));
        strangers.add(new Offered(EntryCodec.encode(entry), null));
      }
      hand(session, new Frame.Entries(one.state.id(), strangers).encode());
      for (byte[] frame = session.poll(); frame != null; frame = session.poll()) {
        refusals += Frame.decode(frame) instanceof Frame.Refusal ? 1 : 0;
      }
    }
    assertThat(refusals).isEqualTo(Frame.MANY);
  }

  @Test
  void whatIsRefusedThatNobodyHasIsNotKept() {
    write(one, 1);
    var a = new Session(key(2).nodeId(), one);
    var b = new Session(key(1).nodeId(), two);
    run(a, b);
    a.receive(new Frame.Refusal(one.state.id(), replica(3), "no reason").encode());
    write(three, 1);
    meet(three, one);
    run(a, b);
    assertThat(vector(two)).containsEntry(replica(3), 1L);
  }

  @Test
  void tracesUnderOtherNamesAreKeptUpToABound() {
    write(one, 1);
    var chains = new PeerChains(one.state.id(), one);
    var point = new Frame.Trace.Point(1, one.log.getFirst().hash());
    for (int n = 1; n <= 2 * Frame.MANY; n++) {
      var incarnation = ByteBuffer.allocate(Incarnation.BYTES).putInt(n).array();
      chains.traced(new Replica(key(1).nodeId(), Incarnation.of(incarnation)), List.of(point));
    }
    assertThat(chains.told()).isBetween(1, Frame.MANY + 1);
  }

  @Test
  void nothingIsSentAgainThatNobodyAskedFor() {
    write(one, 1);
    meet(one, two);
    var session = fresh();
    session.receive(two.hello(key(1).nodeId()).encode());
    session.receive(new Frame.Summary(one.state.id(), List.of(), List.of()).encode());
    var again = new Frame.Again(one.state.id(), List.of()).encode();
    assertThatThrownBy(() -> session.receive(again)).isInstanceOf(Malformed.class);
  }

  @Test
  void whoSpeaksTheEarlierVersionIsNotAsked() {
    write(one, 1);
    meet(one, two);
    one.unreadable.add(1L);
    var session = fresh();
    var hello = two.hello(key(1).nodeId());
    session.receive(
        new Frame.Hello(
                Frame.LEAST_VERSION,
                Frame.LEAST_VERSION,
                hello.sender(),
                CLOCK,
                "",
                List.of(),
                hello.spaces())
            .encode());
    session.receive(new Frame.Summary(one.state.id(), List.of(), List.of()).encode());
    for (byte[] frame = session.poll(); frame != null; frame = session.poll()) {
      assertThat(Frame.decode(frame)).isNotInstanceOf(Frame.Wanted.class);
    }
  }

  @Test
  void byeEndsIt() {
    var session = fresh();
    session.receive(new Frame.Bye("stopping").encode());
    assertThat(session.ended()).isTrue();
  }

  @Test
  void strangerIsToldNothing() {
    write(one, 3);
    var stranger = new MemoryHost(9, new Membership(List.of(signed(creation(9), key(9)))));
    var a = new Session(key(9).nodeId(), one);
    a.receive(
        new Frame.Hello(
                Frame.VERSION,
                Frame.VERSION,
                replica(9),
                CLOCK,
                "",
                List.of(),
                List.of(one.state.id()))
            .encode());
    a.receive(new Frame.Summary(one.state.id(), List.of(), List.of()).encode());
    assertThat(Frame.decode(a.poll())).isInstanceOf(Frame.Hello.class);
    assertThat(a.poll()).isNull();
    assertThat(stranger.log).isEmpty();
  }

  @Test
  void nodeThatLostItsStorageLearnsOfItsFork() {
    write(one, 3);
    meet(one, two);
    var restored = new MemoryHost(1, MEMBERS);
    write(restored, 1);
    meet(restored, two);
    assertThat(restored.forks).containsExactly(replica(1));
  }

  @Test
  void membersThatTookInDifferentHalvesOfAForkBothGetBoth() {
    for (int common : new int[] {0, 1, 40}) {
      for (int[] more : new int[][] {{3, 3}, {1, 20}, {20, 1}}) {
        var hosts = new ArrayList<MemoryHost>();
        for (int node : new int[] {1, 1, 2, 3}) {
          hosts.add(new MemoryHost(node, members(3)));
        }
        var author = hosts.get(0);
        write(author, common);
        author.copyTo(hosts.get(1));
        write(author, more[0]);
        hosts.get(1).writeAgain("other", more[1]);
        meet(author, hosts.get(2));
        meet(hosts.get(1), hosts.get(3));
        meet(hosts.get(2), hosts.get(3));
        var state = hosts.get(2).state;
        assertThat(state.chains().keySet()).isEqualTo(hosts.get(3).state.chains().keySet());
        assertThat(vector(hosts.get(2)))
            .as("%d, then %d and %d", common, more[0], more[1])
            .isEqualTo(vector(hosts.get(3)))
            .hasSize(3)
            .containsEntry(replica(1), (long) common);
        assertThat(hosts.get(2).log).hasSize(common + more[0] + more[1]);
        assertThat(placeless(hosts.get(2))).isEqualTo(placeless(hosts.get(3)));
        assertThat(hosts.get(2).refused).isEmpty();
      }
    }
  }

  @Test
  void whatCameBeforeItsCauseIsTakenInTheSameSessionOnceThatIsThere() {
    write(one, 2);
    meet(one, two);
    two.write("d0");
    // three knows what two wrote, and not what that follows from
    var a = new Session(key(3).nodeId(), two);
    var b = new Session(key(2).nodeId(), three);
    three.rejecting.add(replica(1));
    run(a, b);
    assertThat(vector(three)).isEmpty();
    three.rejecting.clear();
    meet(one, three);
    run(a, b);
    assertThat(vector(three)).isEqualTo(vector(two)).containsEntry(replica(2), 1L);
  }

  @Test
  void whatCameBeforeItsCauseIsTakenAlsoWhereThatIsStoredBeforeTheRefusalIsHeard() {
    write(one, 2);
    meet(one, two);
    two.write("d0");
    var a = new Session(key(3).nodeId(), two);
    var b = new Session(key(2).nodeId(), three);
    three.rejecting.add(replica(1));
    three.decided =
        refused -> {
          if (refused.containsKey(replica(2))) {
            three.rejecting.clear();
            three.decided = _ -> {};
            meet(one, three);
          }
        };
    run(a, b);
    assertThat(vector(three)).isEqualTo(vector(two)).containsEntry(replica(2), 1L);
  }

  @Test
  void aForkThatThePeerWasToldOfIsBroughtAlsoAfterItHasSaidOnceMoreWhatItHas() {
    var hosts = new ArrayList<MemoryHost>();
    for (int node : new int[] {1, 1, 2, 3}) {
      hosts.add(new MemoryHost(node, members(3)));
    }
    var author = hosts.get(0);
    var copy = hosts.get(1);
    var other = hosts.get(2);
    write(author, 1);
    author.copyTo(copy);
    write(author, 4);
    copy.writeAgain("other", 2);
    meet(copy, other);
    write(other, 1);
    write(hosts.get(3), 1);
    meet(hosts.get(3), other);
    // one entry is taken at once, by which more is known; one is refused, as if for its causes
    author.rejecting.add(replica(2));
    var a = new Session(key(2).nodeId(), author);
    var b = new Session(key(1).nodeId(), other);
    hand(b, a.poll());
    hand(a, b.poll());
    for (int i = 0; i < 3; i++) {
      handAll(a, b);
      handAll(b, a);
    }
    assertThat(author.log).hasSize(5 + 1 + 2);
  }

  @Test
  void whoForgotAMemberHearsOfItFromTheMember() {
    var forgetful = new MemoryHost(1, members(2));
    write(three, 2);
    meet(forgetful, three);
    assertThat(forgetful.state.membership().member(key(3).nodeId())).isPresent();
    assertThat(vector(forgetful)).isEqualTo(vector(three)).isNotEmpty();
  }

  /** How many batches one sends before it hears what became of them; then the other has them. */
  private static long sentUnanswered(Session a, Session b) {
    hand(a, b.poll());
    hand(b, a.poll());
    for (var frame = b.poll(); frame != null; frame = b.poll()) {
      hand(a, frame);
    }
    var sent = new ArrayList<byte[]>();
    for (var frame = a.poll(); frame != null; frame = a.poll()) {
      sent.add(frame);
    }
    sent.forEach(frame -> hand(b, frame));
    return sent.stream().map(Frame::decode).filter(Frame.Entries.class::isInstance).count();
  }

  private Session fresh() {
    return new Session(key(2).nodeId(), one);
  }

  private static Membership members(int count) {
    var membership = new Membership(List.of(signed(creation(1), key(1))));
    for (int n = 2; n <= count; n++) {
      var grant =
          membership.grant(key(1).nodeId(), key(n).publicKey(), "node " + n, Role.WRITER, CLOCK);
      membership = membership.with(List.of(signed(grant, key(1))));
    }
    return membership;
  }

  private static void write(MemoryHost host, int count) {
    for (int i = 0; i < count; i++) {
      host.write("d" + host.log.size() % 3);
    }
  }

  private static void meet(MemoryHost a, MemoryHost b) {
    run(new Session(key(b.node).nodeId(), a), new Session(key(a.node).nodeId(), b));
  }

  private static void run(Session a, Session b) {
    exchange(a, b);
    // what a node has said it says once more where it has changed, of all that it has heard
    tell(a);
    tell(b);
    exchange(a, b);
  }

  private static void tell(Session session) {
    session.gossip(
        MEMBERS.space(), MEMBERS.members().stream().map(Membership.Member::node).toList());
  }

  private static void exchange(Session a, Session b) {
    boolean busy = true;
    while (busy) {
      var toB = a.poll();
      if (toB != null) {
        hand(b, toB);
      }
      var toA = b.poll();
      if (toA != null) {
        hand(a, toA);
      }
      busy = toA != null || toB != null;
    }
  }

  private static void handAll(Session from, Session to) {
    for (var frame = from.poll(); frame != null; frame = from.poll()) {
      hand(to, frame);
    }
  }

  /** What a host in memory does is done at once; where it failed, the session is over. */
  private static void hand(Session session, byte[] frame) {
    var received = session.receive(frame);
    for (var stage : List.of(received.next(), received.stored())) {
      var done = stage.toCompletableFuture();
      assertThat(done).isDone();
      if (done.isCompletedExceptionally() && done.exceptionNow() instanceof RuntimeException e) {
        throw e;
      }
    }
  }

  /** A session in which frames are lost, come twice or stop; either side may end it. */
  private static void disturbed(MemoryHost one, MemoryHost two, Random random) {
    var a = new Session(key(two.node).nodeId(), one);
    var b = new Session(key(one.node).nodeId(), two);
    try {
      for (int frames = random.nextInt(40); frames > 0; frames--) {
        boolean forth = random.nextBoolean();
        var frame = (forth ? a : b).poll();
        if (frame == null || random.nextInt(10) == 0) {
          continue;
        }
        hand(forth ? b : a, frame);
        if (random.nextInt(5) == 0) {
          hand(forth ? b : a, frame);
        }
      }
    } catch (Malformed lost) {
      // a lost hello or summary ends the session
    }
  }

  private static Map<Replica, Long> vector(MemoryHost host) {
    var vector = new TreeMap<Replica, Long>();
    host.state.chains().forEach((replica, head) -> vector.put(replica, head.sequence()));
    return vector;
  }

  private static Map<String, String> placeless(MemoryHost host) {
    var states = new TreeMap<String, String>();
    host.documents.forEach((key, state) ->
        states.put(key.id(), state.headVersions() + " " + state.base() + state.version()));
    return states;
  }
}
