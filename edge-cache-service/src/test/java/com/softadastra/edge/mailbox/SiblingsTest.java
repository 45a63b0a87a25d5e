package com.softadastra.edge.mailbox;

import static com.softadastra.edge.mailbox.Envelopes.ANN;
import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.CAT;
import static com.softadastra.edge.mailbox.Envelopes.PSEUDONYM;
import static com.softadastra.edge.mailbox.Envelopes.SPACE;
import static com.softadastra.edge.mailbox.Envelopes.envelope;
import static com.softadastra.edge.mailbox.Envelopes.id;
import static com.softadastra.edge.mailbox.Envelopes.key;
import static com.softadastra.edge.mailbox.Envelopes.sharing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.mail.SiblingView;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Approach;
import com.softadastra.engine.envelope.MailFrame.Arrival;
import com.softadastra.engine.envelope.MailFrame.Comes;
import com.softadastra.engine.envelope.MailFrame.Deposit;
import com.softadastra.engine.envelope.MailFrame.Deposits;
import com.softadastra.engine.envelope.MailFrame.Farewell;
import com.softadastra.engine.envelope.MailFrame.Gone;
import com.softadastra.engine.envelope.MailFrame.Holds;
import com.softadastra.engine.envelope.MailFrame.Kept;
import com.softadastra.engine.envelope.MailFrame.Left;
import com.softadastra.engine.envelope.MailFrame.Mail;
import com.softadastra.engine.envelope.MailFrame.Offer;
import com.softadastra.engine.envelope.MailFrame.Pass;
import com.softadastra.engine.envelope.MailFrame.Refused;
import com.softadastra.engine.envelope.MailFrame.Taken;
import com.softadastra.engine.envelope.MailFrame.Wanted;
import com.softadastra.engine.envelope.MailFrame.Welcome;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Relays that pass mail to each other, over stores in memory, one step after the other. */
class SiblingsTest {
  private static final Duration FORCE = Duration.ofMillis(5);
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final Quotas LARGE = new Quotas(1 << 30, 1 << 30, 1L << 32, 0);
  private static final Duration RETENTION = Duration.ofDays(30);

  /** Another space of the same relays. */
  private static final SpaceId YARD = new SpaceId(Hash.sha256(new byte[] {2}));

  private final EventQueue events = new EventQueue();
  private final Map<NodeId, Relay> relays = new HashMap<>();
  private final List<Line> lines = new ArrayList<>();
  private final List<Member> members = new ArrayList<>();

  /** What relays have said to each other. */
  private final List<Said> said = new ArrayList<>();

  private final Relay ship = new Relay(11);
  private final Relay shore = new Relay(12);
  private final Relay hill = new Relay(13);

  private record Said(NodeId from, NodeId to, MailFrame frame) {}

  /** A connection between two relays that somebody may cut. */
  private record Line(NodeId from, NodeId to, Sinks.One<Boolean> cut) {}

  /** A process of a relay: what it had planned doesn't happen once it is dead. */
  private final class Life implements Schedule {
    private boolean alive = true;
    private int steps;

    @Override
    public void execute(Runnable step) {
      after(Duration.ZERO, step);
    }

    @Override
    public Due after(Duration time, Runnable step) {
      return events.after(
          time,
          () -> {
            if (alive) {
              steps++;
              step.run();
            }
          });
    }

    @Override
    public long nanoTime() {
      return events.nanoTime();
    }
  }

  private final class Relay implements RelayDuties {
    private final NodeKey key;
    private final Set<NodeId> reaches = new HashSet<>();
    private InMemoryMailboxStore.Disk disk = new InMemoryMailboxStore.Disk(new byte[32]);
    private Duration clockIsOff = Duration.ZERO;
    private Duration retention = RETENTION;
    private Quotas quotas = LARGE;

    /** Members whose mail can't be listed. */
    private final Set<NodeId> unlisted = new HashSet<>();

    private Runnable beforeNaming = () -> {};
    private Life life = new Life();
    private MailboxStore store;
    private MailboxService service;

    Relay(int number) {
      key = key(number);
      relays.put(id(), this);
    }

    NodeId id() {
      return key.nodeId();
    }

    Relay start() {
      life = new Life();
      store =
          new InMemoryMailboxStore(disk, quotas, life, FORCE) {
            @Override
            public List<Held> held(Hash pseudonym, NodeId destination, long after, int most) {
              if (unlisted.contains(destination)) {
                throw new MailboxException("a row is damaged", null);
              }
              return super.held(pseudonym, destination, after, most);
            }

            @Override
            public List<Held> brought(NodeId relay, long after, int most) {
              if (unlisted.contains(relay)) {
                throw new MailboxException("a row is damaged", null);
              }
              return super.brought(relay, after, most);
            }

            @Override
            public List<Coming> comings() {
              if (unlisted.contains(id())) {
                throw new MailboxException("a row is damaged", null);
              }
              return super.comings();
            }

            @Override
            public void name(Named named) {
              beforeNaming.run();
              super.name(named);
            }
          };
      service =
          new MailboxService(
              store,
              this,
              (to, _, frames) -> call(to, frames),
              new MailboxService.Rules(retention, 5 << 20),
              new Surroundings(life, () -> events.instant().plus(clockIsOff), new Random(1)));
      service.start();
      return this;
    }

    /** The process is gone at once. */
    void kill() {
      life.alive = false;
      lines.stream()
          .filter(line -> line.from().equals(id()) || line.to().equals(id()))
          .forEach(line -> line.cut().tryEmitValue(true));
      members.stream().filter(member -> member.relay == this).forEach(Member::cutOff);
    }

    void restart() {
      kill();
      start();
    }

    private Flux<byte[]> call(NodeId to, Flux<byte[]> frames) {
      return Flux.defer(() -> {
        var other = relays.get(to);
        if (!reaches.contains(to) || other == null || !other.life.alive) {
          return Flux.error(new PeerUnreachable("nobody there", null));
        }
        var line = new Line(id(), to, Sinks.one());
        lines.add(line);
        var there =
            frames
                .doOnNext(frame -> said.add(new Said(id(), to, MailFrame.decode(frame))))
                .takeUntilOther(line.cut().asMono());
        return other
            .service
            .accept(id(), there)
            .doOnNext(frame -> said.add(new Said(to, id(), MailFrame.decode(frame))))
            .takeUntilOther(line.cut().asMono());
      });
    }

    @Override
    public NodeId node() {
      return id();
    }

    @Override
    public List<RelayDuty> duties() {
      return List.of(
          new RelayDuty(PSEUDONYM, Passage.key(SPACE)),
          new RelayDuty(Envelope.pseudonym(YARD), Passage.key(YARD)));
    }

    @Override
    public byte[] certifyMailboxes(byte[] mailboxes) {
      return Custody.certify(mailboxes, key);
    }

    long envelopes() {
      return store.totals().envelopes();
    }

    boolean isConnected(Relay other) {
      return service.siblings().stream()
          .anyMatch(view -> view.node().equals(other.id()) && view.connected());
    }
  }

  /** A node's side of a connection with a relay. */
  private final class Member {
    private final Relay relay;
    private final Sinks.Many<byte[]> frames = Sinks.many().unicast().onBackpressureBuffer();
    private final List<MailFrame> heard = new ArrayList<>();
    private Subscription subscription;
    private boolean cut;
    private boolean takes;

    Member(NodeKey key, Relay relay) {
      this.relay = relay;
      members.add(this);
      relay
          .service
          .accept(key.nodeId(), frames.asFlux())
          .subscribe(
              new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription only) {
                  subscription = only;
                  only.request(Long.MAX_VALUE);
                }

                @Override
                protected void hookOnNext(byte[] frame) {
                  hears(MailFrame.decode(frame));
                }
              });
    }

    private void hears(MailFrame frame) {
      if (cut) {
        return;
      }
      heard.add(frame);
      if (takes && frame instanceof Mail(var envelope)) {
        say(new Taken(Envelope.decode(envelope).outside().id()));
      }
    }

    Member say(MailFrame frame) {
      frames.tryEmitNext(frame.encode());
      return this;
    }

    Member deposit(Envelope envelope) {
      return say(new Deposit(envelope.encode()));
    }

    Member takes() {
      takes = true;
      heard(Mail.class)
          .forEach(mail -> say(new Taken(Envelope.decode(mail.envelope()).outside().id())));
      return this;
    }

    void cut() {
      cutOff();
      soon();
    }

    private void cutOff() {
      cut = true;
      subscription.cancel();
    }

    <T extends MailFrame> List<T> heard(Class<T> kind) {
      return heard.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    List<byte[]> mail() {
      return heard(Mail.class).stream()
          .map(mail -> Envelope.decode(mail.envelope()).outside().id())
          .toList();
    }
  }

  @AfterEach
  void stopsWell() {
    relays.values().stream().filter(relay -> relay.service != null).forEach(Relay::kill);
  }

  private void soon() {
    events.advance(Duration.ofMillis(200));
  }

  private void later() {
    events.advance(LONG);
  }

  private static Arrival arrival(NodeKey key) {
    return new Arrival(List.of(new Arrival.Shown(PSEUDONYM, Passage.sign(SPACE, key.nodeId()))));
  }

  /** A member that has arrived, and has named other relays. */
  private Member at(Relay relay, NodeKey key, Relay... others) {
    var member = new Member(key, relay).say(arrival(key));
    soon();
    assertThat(member.heard(Welcome.class)).hasSize(1);
    if (others.length > 0) {
      member.say(naming(relay, others));
      soon();
    }
    return member;
  }

  private static MailFrame naming(Relay relay, Relay... others) {
    return naming(5, relay, others);
  }

  /** By one that knows so many records. */
  private static MailFrame naming(long records, Relay relay, Relay... others) {
    return new MailFrame.Siblings(
        PSEUDONYM,
        Passage.sign(SPACE, relay.id()),
        records,
        Arrays.stream(others)
            .map(it -> new MailFrame.Siblings.Named(it.key.publicKey(), List.of("there")))
            .toList());
  }

  /** A member of the other space. */
  private Member ofYard(Relay relay, NodeKey key) {
    var passage = Passage.sign(YARD, key.nodeId());
    var member =
        new Member(key, relay)
            .say(new Arrival(List.of(new Arrival.Shown(Envelope.pseudonym(YARD), passage))));
    soon();
    assertThat(member.heard(Welcome.class)).hasSize(1);
    return member;
  }

  private static MailFrame namingOfYard(Relay relay, Relay other) {
    return new MailFrame.Siblings(
        Envelope.pseudonym(YARD),
        Passage.sign(YARD, relay.id()),
        5,
        List.of(new MailFrame.Siblings.Named(other.key.publicKey(), List.of("there"))));
  }

  private static Envelope ofYard(NodeKey from, NodeKey to, long number) {
    var like = envelope(from, to, number).outside();
    return Envelope.sign(
        new Envelope.Outside(
            like.id(),
            like.to(),
            like.from(),
            Envelope.pseudonym(YARD),
            like.priority(),
            like.made(),
            0,
            Passage.sign(YARD, from.nodeId())),
        new byte[10],
        from);
  }

  private <T extends MailFrame> List<T> said(Relay from, Relay to, Class<T> kind) {
    return said.stream()
        .filter(it -> it.from().equals(from.id()) && it.to().equals(to.id()))
        .map(Said::frame)
        .filter(kind::isInstance)
        .map(kind::cast)
        .toList();
  }

  private static Left nothingLeft(NodeKey to) {
    return new Left(PSEUDONYM, to.nodeId(), 0, 0);
  }

  /** Ann reaches the ship, bob the shore, and the ship calls the shore. */
  private void apart() {
    ship.start();
    shore.start();
    ship.reaches.add(shore.id());
    at(shore, BOB, ship).cut();
    at(ship, ANN, shore).cut();
    later();
    assertThat(ship.isConnected(shore)).isTrue();
    assertThat(shore.isConnected(ship)).isTrue();
  }

  // ---- two relays

  @Test
  void mailGoesToTheRelayToWhichItsDestinationComes() {
    apart();
    var ann = at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    assertThat(ann.heard(Kept.class)).hasSize(1);
    assertThat(ship.envelopes()).as("stays until bob has it").isEqualTo(1);
    assertThat(shore.envelopes()).isEqualTo(1);

    var bob = at(shore, BOB, ship);
    assertThat(bob.mail()).containsExactly(id(1));
    assertThat(ann.heard(Left.class)).isEmpty();
    bob.takes();
    soon();

    assertThat(ann.heard(Left.class)).containsExactly(nothingLeft(BOB));
    assertThat(ship.envelopes()).isZero();
    assertThat(shore.envelopes()).isZero();
  }

  /** Cat comes to the shore, too. */
  private void threeApart() {
    apart();
    at(shore, CAT, ship).cut();
    later();
  }

  private static Deposits forBobAndCat(byte[] body) {
    return new Deposits(
        List.of(
            sharing(ANN, BOB, 1, body).bare().encode(), sharing(ANN, CAT, 2, body).bare().encode()),
        body);
  }

  @Test
  void whatSeveralGetIsPassedWithOneBody() {
    threeApart();
    byte[] body = Envelopes.body(1, 5_000);
    var ann = at(ship, ANN, shore).say(forBobAndCat(body));
    soon();
    assertThat(ann.heard(Kept.class)).hasSize(2);
    assertThat(said(ship, shore, Pass.class))
        .extracting(pass -> Envelope.decode(pass.envelope()).isBare())
        .containsExactly(false, true);
    assertThat(shore.store.totals().bodies()).isEqualTo(1);

    for (var member : List.of(BOB, CAT)) {
      var there = at(shore, member, ship).takes();
      soon();
      assertThat(there.heard(Mail.class))
          .singleElement()
          .satisfies(mail -> assertThat(Envelope.decode(mail.envelope()).body()).isEqualTo(body));
    }
    assertThat(ann.heard(Left.class)).containsExactly(nothingLeft(BOB), nothingLeft(CAT));
    assertThat(ship.store.totals()).isEqualTo(new MailboxStore.Totals(0, 0, 0));
    assertThat(shore.store.totals()).isEqualTo(new MailboxStore.Totals(0, 0, 0));
  }

  /** The first that had it is taken before the second is passed. */
  @Test
  void aBodyThatIsThereNoLongerIsPassedOnceMore() {
    apart();
    byte[] body = Envelopes.body(1, 5_000);
    at(ship, ANN, shore).say(forBobAndCat(body));
    soon();
    at(shore, BOB, ship).takes().cut();
    soon();
    assertThat(shore.store.totals().bodies()).isZero();

    var cat = at(shore, CAT, ship).takes();
    later();
    assertThat(cat.heard(Mail.class))
        .singleElement()
        .satisfies(mail -> assertThat(Envelope.decode(mail.envelope()).body()).isEqualTo(body));
    assertThat(said(ship, shore, Pass.class))
        .extracting(pass -> Envelope.decode(pass.envelope()).isBare())
        .containsExactly(false, true, false);
    assertThat(ship.store.totals()).isEqualTo(new MailboxStore.Totals(0, 0, 0));
  }

  @Test
  void aSenderIsToldByTheRelayThatSignedForItAndByNoOther() {
    apart();
    var here = at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    var there = at(shore, ANN, ship);
    assertThat(there.heard(Welcome.class).getFirst().left()).isEmpty();
    at(shore, BOB, ship).takes();
    soon();
    assertThat(here.heard(Left.class)).containsExactly(nothingLeft(BOB));
    assertThat(there.heard(Left.class)).isEmpty();
  }

  @Test
  void andBackBySoLittleAsOneCall() {
    apart();
    var bob = at(shore, BOB, ship).takes().deposit(envelope(BOB, ANN, 1));
    soon();
    var ann = at(ship, ANN, shore).takes();
    soon();
    assertThat(ann.mail()).containsExactly(id(1));
    assertThat(bob.heard(Left.class)).containsExactly(nothingLeft(ANN));
    assertThat(shore.reaches).isEmpty();
  }

  @Test
  void whatIsForNobodyWhoComesThereStays() {
    apart();
    at(ship, ANN, shore).deposit(envelope(ANN, CAT, 1));
    later();
    assertThat(said(ship, shore, Offer.class)).isEmpty();
    var cat = at(shore, CAT, ship);
    soon();
    assertThat(cat.mail()).as("once cat comes there").containsExactly(id(1));
  }

  @Test
  void whatIsForOneWhoIsHereIsNotPassed() {
    apart();
    var bob = at(ship, BOB, shore);
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    later();
    assertThat(bob.mail()).containsExactly(id(1));
    assertThat(said(ship, shore, Pass.class)).isEmpty();
    bob.cut();
    later();
    assertThat(said(ship, shore, Pass.class)).as("bob has left without it").hasSize(1);
  }

  @Test
  void nothingIsPassedBackAndNothingTwice() {
    apart();
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    // bob is known at both
    at(ship, BOB, shore).cut();
    for (int i = 0; i < 5; i++) {
      lines.getLast().cut().tryEmitValue(true);
      later();
    }
    assertThat(lines.size()).isGreaterThan(5);
    assertThat(said(ship, shore, Pass.class)).hasSize(1);
    assertThat(said(shore, ship, Pass.class)).isEmpty();
    assertThat(said(shore, ship, Offer.class))
        .as("once a connection")
        .hasSizeLessThan(lines.size());
  }

  @Test
  void whatWasTakenWhileTheyDidNotReachEachOtherIsGoneWhenTheyDo() {
    apart();
    var ann = at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    cutOff(ship, shore);
    at(shore, BOB, ship).takes();
    later();
    assertThat(shore.envelopes()).isZero();
    assertThat(ship.envelopes()).isEqualTo(1);

    shore.restart();
    ship.reaches.add(shore.id());
    later();

    assertThat(ship.envelopes()).isZero();
    assertThat(ann.heard(Left.class)).containsExactly(nothingLeft(BOB));
  }

  @Test
  void whatWasTakenWhereItCameFromIsGoneAtTheOtherWhenTheyReachEachOther() {
    apart();
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    cutOff(ship, shore);
    at(ship, BOB, shore).takes();
    later();
    assertThat(shore.envelopes()).isEqualTo(1);

    ship.restart();
    ship.reaches.add(shore.id());
    later();

    assertThat(shore.envelopes()).isZero();
    assertThat(said(ship, shore, Pass.class)).hasSize(1);
  }

  private void cutOff(Relay one, Relay other) {
    one.reaches.remove(other.id());
    other.reaches.remove(one.id());
    lines.stream()
        .filter(it -> Set.of(it.from(), it.to()).equals(Set.of(one.id(), other.id())))
        .forEach(line -> line.cut().tryEmitValue(true));
    soon();
  }

  @Test
  void aRelayThatLostItsMailboxesIsPassedAllAgain() {
    apart();
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    shore.kill();
    shore.disk = new InMemoryMailboxStore.Disk(new byte[32]);
    shore.start();
    var bob = at(shore, BOB, ship);
    later();
    assertThat(bob.mail()).containsExactly(id(1));
  }

  @Test
  void aRelayThatHasLostWhatItBroughtIsNotBroughtItBack() {
    apart();
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    ship.kill();
    ship.disk = new InMemoryMailboxStore.Disk(new byte[32]);
    ship.start();
    at(ship, BOB, shore).cut();
    at(ship, ANN, shore).cut();
    later();
    assertThat(ship.isConnected(shore)).isTrue();
    assertThat(said(shore, ship, Pass.class)).isEmpty();
    assertThat(ship.envelopes()).isZero();
    assertThat(at(shore, BOB).mail()).containsExactly(id(1));
  }

  @Test
  void worksAfterARestartWithNobodyThere() {
    apart();
    cutOff(ship, shore);
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1)).cut();
    ship.restart();
    shore.restart();
    ship.reaches.add(shore.id());
    later();
    assertThat(shore.envelopes()).isEqualTo(1);
  }

  @Test
  void howLongIsLeftDoesNotHangOnClocks() {
    shore.clockIsOff = Duration.ofDays(3650);
    apart();
    cutOff(ship, shore);
    long life = Duration.ofMinutes(20).toMillis();
    var ann = at(ship, ANN, shore);
    ann.deposit(envelope(ANN, BOB, 1, Priority.NORMAL, Envelopes.START.toEpochMilli() + life, 10));
    events.advance(Duration.ofMinutes(10));
    ship.reaches.add(shore.id());
    events.advance(Duration.ofMinutes(8));
    assertThat(shore.envelopes()).isEqualTo(1);
    events.advance(Duration.ofMinutes(3));
    assertThat(shore.envelopes()).isZero();
    assertThat(ship.envelopes()).isZero();
    assertThat(ann.heard(Left.class)).containsExactly(new Left(PSEUDONYM, BOB.nodeId(), 0, 1));
    later();
    assertThat(said(ship, shore, Pass.class)).hasSize(1);
  }

  @Test
  void whatLapsesAtTheOtherForItsOwnReasonsStaysHere() {
    shore.retention = Duration.ofMinutes(5);
    apart();
    var ann = at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    events.advance(Duration.ofMinutes(20));
    assertThat(shore.envelopes()).isZero();
    assertThat(ship.envelopes()).isEqualTo(1);
    assertThat(ann.heard(Left.class)).isEmpty();
  }

  @Test
  void whatIsRefusedForWantOfRoomIsOfferedAgainAndPassedWhenThereIsSome() {
    int size = envelope(ANN, BOB, 1).encode().length;
    shore.quotas = new Quotas(size + 10, 1 << 20, 1 << 20, 0);
    apart();
    at(ship, ANN, shore)
        .deposit(envelope(ANN, BOB, 1))
        .deposit(envelope(ANN, BOB, 2))
        .deposit(envelope(ANN, BOB, 3));
    later();
    assertThat(shore.envelopes()).isEqualTo(1);
    int passed = said(ship, shore, Pass.class).size();
    int offered = said(ship, shore, Offer.class).size();
    events.advance(Duration.ofMinutes(10));
    assertThat(said(ship, shore, Pass.class)).as("while there is none").hasSize(passed);
    assertThat(said(ship, shore, Offer.class)).hasSize(offered + 20);
    var bob = at(shore, BOB, ship).takes();
    events.advance(Duration.ofMinutes(5));
    assertThat(bob.mail()).containsExactly(id(1), id(2), id(3));
    assertThat(ship.envelopes()).isZero();
  }

  @Test
  void manyGoInAWindow() {
    apart();
    var ann = at(ship, ANN, shore);
    cutOff(ship, shore);
    for (int i = 1; i <= 200; i++) {
      ann.deposit(envelope(ANN, BOB, i, Priority.NORMAL, 0, 300_000));
    }
    events.advance(Duration.ofSeconds(10));
    ship.reaches.add(shore.id());
    later();
    assertThat(shore.envelopes()).isEqualTo(200);
    long open = 0;
    long most = 0;
    for (var each : said) {
      open += each.frame() instanceof Pass ? 1 : each.frame() instanceof Holds ? -1 : 0;
      most = Math.max(most, open);
    }
    assertThat(most).isBetween(1L, SiblingConnection.BYTES / 300_000);
    assertThat(at(shore, BOB, ship).takes().mail()).isNotEmpty();
    events.advance(Duration.ofSeconds(10));
    assertThat(ship.envelopes()).isZero();
  }

  /** Both have more for the other than either takes at once. */
  @Test
  void neitherWaitsForTheOther() {
    apart();
    var ann = at(ship, ANN, shore);
    var bob = at(shore, BOB, ship);
    cutOff(ship, shore);
    for (int i = 1; i <= 100; i++) {
      ann.deposit(envelope(ANN, CAT, i));
      ann.deposit(envelope(ANN, BOB, 1000 + i));
      bob.deposit(envelope(BOB, ANN, 2000 + i));
    }
    events.advance(Duration.ofSeconds(10));
    ann.cut();
    bob.cut();
    ship.reaches.add(shore.id());
    later();
    assertThat(shore.envelopes()).isEqualTo(200);
    assertThat(ship.envelopes()).isEqualTo(300);
  }

  @Test
  void oneThatIsNotNamedAnyMoreIsLeft() {
    apart();
    var ann = at(ship, ANN, shore);
    ann.say(naming(6, ship));
    soon();
    assertThat(ship.isConnected(shore)).isFalse();
    assertThat(ship.service.siblings()).isEmpty();
    int calls = lines.size();
    ann.deposit(envelope(ANN, BOB, 1));
    later();
    ship.restart();
    later();
    assertThat(lines).hasSize(calls);
    assertThat(shore.envelopes()).isZero();
  }

  @Test
  void whoKnowsLessOfTheMembershipTakesBackNothing() {
    apart();
    var cat = at(ship, CAT);
    cat.say(naming(4, ship));
    cat.say(naming(4, ship, hill));
    soon();
    assertThat(ship.service.siblings()).extracting(SiblingView::node).containsExactly(shore.id());
    ship.restart();
    cat = at(ship, CAT);
    cat.say(naming(4, ship));
    soon();
    later();
    assertThat(ship.isConnected(shore)).as("nor after a restart").isTrue();
    cat.say(naming(5, ship, shore, hill));
    soon();
    assertThat(ship.service.siblings()).as("as much").hasSize(2);
  }

  @Test
  void whoKnowsLessBringsNoneBackThatWasDismissed() {
    apart();
    at(ship, ANN).say(naming(6, ship));
    soon();
    ship.restart();
    at(ship, CAT, shore);
    later();
    assertThat(ship.service.siblings()).isEmpty();
  }

  /** Who knew more may be lost, with all that it knew. */
  @Test
  void aWordStandsAgainstOneThatKnowsLessForSoLongAsItIsSaid() {
    apart();
    var cat = at(ship, CAT);
    events.advance(Siblings.STANDS.minusDays(2));
    at(ship, ANN, shore).cut();
    events.advance(Duration.ofDays(4));
    cat.say(naming(4, ship));
    soon();
    assertThat(ship.service.siblings()).hasSize(1);
    events.advance(Siblings.STANDS);
    cat.say(naming(4, ship));
    soon();
    assertThat(ship.service.siblings()).isEmpty();
  }

  @Test
  void whoHasNoPassageNamesNoRelays() {
    ship.start();
    shore.start();
    ship.reaches.add(shore.id());
    var foreign = new SpaceId(Hash.ZERO);
    at(ship, ANN)
        .say(
            new MailFrame.Siblings(
                PSEUDONYM,
                Passage.sign(foreign, ship.id()),
                5,
                List.of(new MailFrame.Siblings.Named(shore.key.publicKey(), List.of("there")))));
    later();
    assertThat(ship.service.siblings()).isEmpty();
    assertThat(lines).isEmpty();
  }

  @Test
  void ofTwoThatCallEachOtherOneConnectionStays() {
    ship.start();
    shore.start();
    ship.reaches.add(shore.id());
    shore.reaches.add(ship.id());
    at(shore, BOB, ship).cut();
    at(ship, ANN, shore).cut();
    later();
    assertThat(ship.isConnected(shore)).isTrue();
    assertThat(shore.isConnected(ship)).isTrue();
    int calls = lines.size();
    events.advance(Duration.ofHours(1));
    assertThat(lines).hasSize(calls);
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    assertThat(shore.envelopes()).isEqualTo(1);
    for (int i = 0; i < 20; i++) {
      (i % 2 == 0 ? ship : shore).restart();
      events.advance(Duration.ofMinutes(5));
      assertThat(ship.isConnected(shore)).isTrue();
      assertThat(shore.isConnected(ship)).isTrue();
    }
    assertThat(said(ship, shore, Pass.class)).hasSize(1);
  }

  // ---- another space

  /** Cat's own membership is old: she names nobody. */
  @Test
  void aSpaceThatTheCalledOneHearsOfIsShownOnTheOpenConnection() {
    apart();
    int calls = lines.size();
    var cat = ofYard(ship, CAT);
    var ann = ofYard(shore, ANN).say(namingOfYard(shore, ship));
    ann.deposit(ofYard(ANN, CAT, 1));
    soon();
    assertThat(cat.mail()).containsExactly(id(1));

    lines.getLast().cut().tryEmitValue(true);
    later();
    assertThat(lines).hasSizeGreaterThan(calls);
    ann.deposit(ofYard(ANN, CAT, 2));
    soon();
    assertThat(cat.mail()).as("and on the next").containsExactly(id(1), id(2));
  }

  @Test
  void aSpaceThatTheCallingOneHearsOfIsShownOnTheOpenConnection() {
    apart();
    int calls = lines.size();
    var cat = ofYard(shore, CAT);
    var ann = ofYard(ship, ANN).say(namingOfYard(ship, shore));
    ann.deposit(ofYard(ANN, CAT, 1));
    soon();
    assertThat(cat.mail()).containsExactly(id(1));
    assertThat(lines).hasSize(calls);
    assertThat(said(ship, shore, Approach.class).getLast().passages())
        .extracting(Arrival.Shown::pseudonym)
        .containsExactly(Envelope.pseudonym(YARD));
  }

  @Test
  void whatAnUnnamedRelaySaysToBeGoneIsOfferedAgainOnceItIsNamed() {
    ship.start();
    shore.start();
    shore.reaches.add(ship.id());
    var ann = at(ship, ANN, hill).deposit(envelope(ANN, BOB, 1));
    at(shore, BOB, ship).takes();
    later();
    assertThat(shore.envelopes()).isZero();
    assertThat(ship.envelopes()).as("members have named another").isEqualTo(1);
    int calls = lines.size();
    at(ship, CAT).say(naming(6, ship, hill, shore));
    soon();
    assertThat(ship.envelopes()).isZero();
    assertThat(ann.heard(Left.class)).containsExactly(nothingLeft(BOB));
    assertThat(lines).hasSize(calls);
  }

  // ---- what can't be read

  @Test
  void mailThatCantBeListedKeepsNoOtherBack() {
    apart();
    ship.unlisted.add(CAT.nodeId());
    ship.unlisted.add(shore.id());
    at(shore, CAT, ship).cut();
    lines.getLast().cut().tryEmitValue(true);
    later();
    int calls = lines.size();
    at(ship, ANN, shore).deposit(envelope(ANN, CAT, 1)).deposit(envelope(ANN, BOB, 2));
    later();
    assertThat(at(shore, BOB, ship).mail()).containsExactly(id(2));
    assertThat(lines).hasSize(calls);
    ship.unlisted.clear();
    lines.getLast().cut().tryEmitValue(true);
    later();
    assertThat(at(shore, CAT, ship).mail()).containsExactly(id(1));
  }

  @Test
  void aRelayStartsThoughWhatItKnewOfOthersCantBeRead() {
    apart();
    ship.unlisted.add(ship.id());
    ship.restart();
    later();
    at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    assertThat(at(shore, BOB, ship).mail()).containsExactly(id(1));
  }

  // ---- two at once

  /** What was fetched in the moment in which it was offered answers no offer. */
  @Test
  void whatIsFetchedWhileItIsOfferedLeavesTheWindowAsItIs() {
    ship.start();
    shore.start();
    ship.reaches.add(shore.id());
    at(ship, BOB).cut();
    var here = at(ship, ANN);
    var there = at(shore, ANN, ship);
    for (int i = 1; i <= 3 * SiblingConnection.ENVELOPES; i++) {
      here.deposit(envelope(ANN, BOB, i));
      there.deposit(envelope(ANN, BOB, i));
    }
    soon();
    var bob = at(shore, BOB);
    assertThat(bob.mail()).hasSize(Window.ENVELOPES);
    bob.takes();
    // before that is forced, all is offered
    events.advance(FORCE.minusMillis(2));
    here.say(naming(ship, shore));
    later();
    assertThat(said(shore, ship, MailFrame.Fetched.class)).isNotEmpty();
    assertThat(said.stream().map(Said::frame)).noneMatch(Farewell.class::isInstance);
    assertThat(bob.mail()).hasSize(3 * SiblingConnection.ENVELOPES);
    assertThat(ship.envelopes()).isZero();
  }

  /** Two members speak at once: what is on disk afterwards is what counted. */
  @Test
  void theLastWordIsTheLastOnDiskToo() throws Exception {
    ship.start();
    var other =
        new Thread(() ->
            ship.service.otherRelays().named((MailFrame.Siblings) naming(6, ship, shore, hill)));
    ship.beforeNaming =
        () -> {
          ship.beforeNaming = () -> {};
          other.start();
          await()
              .until(() ->
                  other.getState() == Thread.State.TERMINATED
                      || other.getState() == Thread.State.BLOCKED);
        };
    ship.service.otherRelays().named((MailFrame.Siblings) naming(5, ship, shore));
    other.join();
    soon();
    assertThat(ship.service.siblings()).hasSize(2);
    assertThat(ship.store.named())
        .singleElement()
        .satisfies(named -> assertThat(named.records()).isEqualTo(6));
  }

  // ---- three

  @Test
  void mailGoesByARelayBetween() {
    List.of(ship, hill, shore).forEach(Relay::start);
    ship.reaches.add(hill.id());
    shore.reaches.add(hill.id());
    at(shore, BOB, ship, hill).cut();
    at(ship, ANN, shore, hill).cut();
    later();
    var ann = at(ship, ANN, shore, hill).deposit(envelope(ANN, BOB, 1));
    var bob = at(shore, BOB, ship, hill).takes();
    later();
    assertThat(bob.mail()).containsExactly(id(1));
    assertThat(ann.heard(Left.class)).containsExactly(nothingLeft(BOB));
    relays.values().forEach(relay -> assertThat(relay.envelopes()).isZero());
    assertThat(said(hill, ship, Pass.class)).isEmpty();
  }

  @Test
  void whatTheOneBetweenHasLostComesByItAgain() {
    List.of(ship, hill, shore).forEach(Relay::start);
    ship.reaches.add(hill.id());
    hill.reaches.add(shore.id());
    at(shore, BOB, ship, hill).cut();
    at(hill, CAT, ship, shore).cut();
    at(ship, ANN, shore, hill).cut();
    later();
    cutOff(hill, shore);
    at(ship, ANN, shore, hill).deposit(envelope(ANN, BOB, 1));
    later();
    assertThat(hill.envelopes()).isEqualTo(1);
    hill.kill();
    hill.disk = new InMemoryMailboxStore.Disk(new byte[32]);
    hill.start();
    hill.reaches.add(shore.id());
    at(hill, CAT, ship, shore).cut();
    later();
    assertThat(at(shore, BOB, ship, hill).mail()).containsExactly(id(1));
  }

  @Test
  void inACircleEachHasACopyOnceAndAllAreGoneAtTheEnd() {
    circle();
    at(shore, BOB, ship, hill).cut();
    at(hill, BOB, ship, shore).cut();
    at(ship, BOB, hill, shore).cut();
    at(ship, ANN, shore, hill).cut();
    later();
    var ann = at(ship, ANN, shore, hill);
    for (int i = 1; i <= 20; i++) {
      ann.deposit(envelope(ANN, BOB, i));
    }
    events.advance(Duration.ofHours(1));
    relays.values().forEach(relay -> assertThat(relay.envelopes()).isEqualTo(20));
    assertThat(said.stream().filter(it -> it.frame() instanceof Pass))
        .hasSizeBetween(40, 80)
        .as("none to the one who has it from ann")
        .noneMatch(it -> it.to().equals(ship.id()));
    int frames = said.size();
    events.advance(Duration.ofHours(1));
    assertThat(said).as("it is quiet").hasSize(frames);

    var bob = at(hill, BOB, ship, shore).takes();
    later();
    assertThat(bob.mail()).hasSize(20);
    relays.values().forEach(relay -> assertThat(relay.envelopes()).isZero());
    relays.values().forEach(Relay::restart);
    later();
    relays.values().forEach(relay -> assertThat(relay.envelopes()).isZero());
    assertThat(at(shore, BOB, ship, hill).mail()).isEmpty();
  }

  private void circle() {
    List.of(ship, hill, shore).forEach(Relay::start);
    ship.reaches.add(hill.id());
    hill.reaches.add(shore.id());
    shore.reaches.add(ship.id());
  }

  /** Whatever they are at when one of them is killed. */
  @Test
  void aKillAtAnyStepLosesNothingAndLeavesNothing() {
    for (var victim : List.of(ship, shore, hill)) {
      for (int step = 1; step < 120; step += 2) {
        killed(victim, step);
      }
    }
  }

  private void killed(Relay victim, int step) {
    relays
        .values()
        .forEach(relay -> {
          relay.disk = new InMemoryMailboxStore.Disk(new byte[32]);
          relay.reaches.clear();
        });
    circle();
    at(shore, BOB, ship, hill).cut();
    at(ship, ANN, shore, hill).cut();
    at(hill, CAT, shore, ship).cut();
    later();
    var what = victim.id() + " at step " + step;
    var ann = at(ship, ANN, shore, hill);
    var bob = at(shore, BOB, ship, hill).takes();
    int before = victim.life.steps;
    ann.deposit(envelope(ANN, BOB, 1)).deposit(envelope(ANN, BOB, 2));
    var life = victim.life;
    for (int i = 0; i < 400 && life.steps < before + step; i++) {
      events.advance(Duration.ofMillis(1));
    }
    victim.restart();
    if (ann.heard(Kept.class).size() < 2) {
      // nobody has signed for it
      ann.cut();
      at(ship, ANN, shore, hill).deposit(envelope(ANN, BOB, 1)).deposit(envelope(ANN, BOB, 2));
    }
    later();
    var again = at(shore, BOB, ship, hill).takes();
    later();
    var got = new ArrayList<>(bob.mail());
    got.addAll(again.mail());
    assertThat(got).as(what).contains(id(1), id(2));
    relays.values().forEach(relay -> assertThat(relay.envelopes()).as(what).isZero());
    int frames = said.size();
    events.advance(Duration.ofHours(1));
    assertThat(said).as(what).hasSize(frames);
    relays.values().forEach(Relay::kill);
    said.clear();
    lines.clear();
    members.clear();
  }

  // ---- one that lies

  private Member approaching(MailFrame... frames) {
    ship.start();
    var liar = new Member(key(14), ship);
    liar.say(
        new Approach(List.of(new Arrival.Shown(PSEUDONYM, Passage.sign(SPACE, key(14).nodeId())))));
    soon();
    assertThat(liar.heard(Comes.class)).hasSize(1);
    for (var frame : frames) {
      liar.say(frame);
    }
    soon();
    return liar;
  }

  @Test
  void aRelayWithoutPassageIsHungUpOn() {
    ship.start();
    var foreign = new SpaceId(Hash.ZERO);
    for (var shown :
        List.of(
            new Arrival.Shown(PSEUDONYM, Passage.sign(foreign, key(14).nodeId())),
            new Arrival.Shown(PSEUDONYM, Passage.sign(SPACE, ANN.nodeId())),
            new Arrival.Shown(
                Envelope.pseudonym(foreign), Passage.sign(foreign, key(14).nodeId())))) {
      var liar = new Member(key(14), ship).say(new Approach(List.of(shown)));
      soon();
      assertThat(liar.heard).containsExactly(new Farewell("no passage for a space of this relay"));
    }
  }

  @Test
  void whatIsForgedOrOfAnotherSpaceIsNotKept() {
    var genuine = envelope(ANN, BOB, 1);
    var forged = new Envelope(genuine.outside(), genuine.sealed(), new byte[64]);
    var outside = genuine.outside();
    var ofAnother =
        Envelope.sign(
            new Envelope.Outside(
                id(2),
                outside.to(),
                outside.from(),
                Envelope.pseudonym(new SpaceId(Hash.ZERO)),
                outside.priority(),
                outside.made(),
                0,
                Passage.sign(new SpaceId(Hash.ZERO), ANN.nodeId())),
            new byte[10],
            ANN);
    var strangers =
        Envelope.sign(
            new Envelope.Outside(
                id(3),
                outside.to(),
                outside.from(),
                PSEUDONYM,
                outside.priority(),
                outside.made(),
                0,
                Passage.sign(SPACE, key(14).nodeId())),
            new byte[10],
            ANN);
    var liar =
        approaching(
            new Pass(forged.encode(), 1_000),
            new Pass(ofAnother.encode(), 1_000),
            new Pass(strangers.encode(), 1_000),
            new Pass(genuine.encode(), 0));
    assertThat(liar.heard(Refused.class))
        .extracting(Refused::reason)
        .containsExactly(
            "its sender has not signed it",
            "no passage of this relay for its space",
            "no passage for a space of this relay",
            "it is expired");
    assertThat(ship.envelopes()).isZero();
    liar.say(new Pass(genuine.encode(), 1_000));
    soon();
    assertThat(liar.heard(Holds.class)).hasSize(1);
  }

  @Test
  void whatIsNotOfItsSpacesStaysWhateverItSays() {
    var liar = approaching();
    var ann = at(ship, ANN, shore).deposit(envelope(ANN, BOB, 1));
    soon();
    var other = new HashSet<>(Set.of(Envelope.pseudonym(new SpaceId(Hash.ZERO))));
    ship.store.gone(EnvelopeIds.of(id(1)), other, new java.util.concurrent.CompletableFuture<>());
    soon();
    assertThat(ship.envelopes()).isEqualTo(1);
    liar.say(new Gone(id(1)));
    soon();
    assertThat(ship.envelopes()).as("members have named others").isEqualTo(1);
    ann.say(
        new MailFrame.Siblings(
            PSEUDONYM,
            Passage.sign(SPACE, ship.id()),
            5,
            List.of(new MailFrame.Siblings.Named(key(14).publicKey(), List.of("there")))));
    soon();
    liar.say(new Gone(id(1)));
    soon();
    assertThat(ship.envelopes()).as("of its own space it is believed").isZero();
  }

  /** They come one after the other, so that the pauses would end one after the other too. */
  @Test
  void manyThatAreRefusedAreOfferedAgainNoMoreOftenThanAFew() {
    shore.quotas = new Quotas(10, 1 << 20, 1 << 20, 0);
    apart();
    var ann = at(ship, ANN, shore);
    for (int i = 1; i <= 100; i++) {
      ann.deposit(envelope(ANN, BOB, i));
      events.advance(Duration.ofMillis(500));
    }
    events.advance(Duration.ofMinutes(1));
    int offered = said(ship, shore, Offer.class).size();
    events.advance(Duration.ofMinutes(10));
    assertThat(said(ship, shore, Offer.class).size() - offered)
        .isBetween(1, 12 * SiblingConnection.ENVELOPES);
  }

  @Test
  void whoOffersMoreThanAWindowIsHungUpOn() {
    var liar = approaching();
    // nothing is answered before the store has looked
    for (int i = 0; i <= SiblingConnection.ENVELOPES; i++) {
      liar.say(new Offer(id(i), Hash.ZERO, ANN.nodeId(), BOB.nodeId(), 100));
    }
    soon();
    assertThat(liar.heard(Farewell.class))
        .containsExactly(new Farewell("more envelopes than may be without an answer"));
  }

  @Test
  void whoComesByOneThatLiesIsBounded() {
    var liar = approaching();
    long number = 0;
    for (int i = 0; i < 20; i++) {
      var comings = new ArrayList<Comes.Coming>();
      for (int j = 0; j < MailFrame.COMINGS; j++) {
        var node =
            new NodeId(
                Hash.sha256(
                    Long.toString(number++).getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        comings.add(new Comes.Coming(PSEUDONYM, node, 0, Long.MAX_VALUE));
      }
      liar.say(new Comes(comings));
      soon();
    }
    assertThat(ship.service.otherRelays().whereabouts().all()).hasSize(Whereabouts.MOST_OF_ONE);
    assertThat(ship.store.comings()).as("no member has named it").isEmpty();
    assertThat(liar.heard(Farewell.class)).isEmpty();

    // one that is named has its own place
    shore.start();
    ship.reaches.add(shore.id());
    at(shore, BOB).cut();
    var ann = at(ship, ANN, shore);
    ann.deposit(envelope(ANN, BOB, 1));
    later();
    assertThat(shore.envelopes()).isEqualTo(1);
    assertThat(ship.store.comings())
        .extracting(SiblingStore.Coming::by)
        .containsExactlyInAnyOrder(ANN.nodeId(), shore.id());
    ann.say(naming(6, ship));
    soon();
    assertThat(ship.store.comings())
        .as("what it has told goes with it")
        .extracting(SiblingStore.Coming::by)
        .containsExactly(ANN.nodeId());
  }

  @Test
  void framesOfMembersEndAConnectionOfRelays() {
    var liar = approaching(new Deposit(envelope(ANN, BOB, 1).encode()));
    assertThat(liar.heard(Farewell.class))
        .containsExactly(new Farewell("no deposit is expected now"));
    assertThat(liar.heard(Wanted.class)).isEmpty();
  }
}
