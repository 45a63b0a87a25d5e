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

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.MailFrame.Arrival;
import com.softadastra.engine.envelope.MailFrame.Deposit;
import com.softadastra.engine.envelope.MailFrame.Deposits;
import com.softadastra.engine.envelope.MailFrame.Farewell;
import com.softadastra.engine.envelope.MailFrame.Kept;
import com.softadastra.engine.envelope.MailFrame.Left;
import com.softadastra.engine.envelope.MailFrame.Mail;
import com.softadastra.engine.envelope.MailFrame.PassedOver;
import com.softadastra.engine.envelope.MailFrame.Refused;
import com.softadastra.engine.envelope.MailFrame.Taken;
import com.softadastra.engine.envelope.MailFrame.Welcome;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** The relay with members, one step after the other. */
class MailboxServiceTest {
  private static final NodeKey RELAY = key(9);
  private static final Duration FORCE = Duration.ofMillis(5);
  private static final Duration RETENTION = Duration.ofDays(30);

  private final EventQueue events = new EventQueue();
  private final InMemoryMailboxStore.Disk disk =
      new InMemoryMailboxStore.Disk(new byte[NodeKey.SEED_BYTES]);
  private final Duties duties = new Duties();
  private final List<Member> members = new ArrayList<>();
  private final Set<UUID> damaged = new HashSet<>();
  private MailboxStore store;
  private MailboxService relay = start(new Quotas(1 << 30, 1 << 30, 1L << 32, 0));

  /** The sync engine that the relay asks. */
  private static final class Duties implements RelayDuties {
    private boolean away;

    @Override
    public NodeId node() {
      return RELAY.nodeId();
    }

    @Override
    public List<RelayDuty> duties() {
      if (away) {
        throw new LayerUnreachable("sync", new IllegalStateException("away"));
      }
      return List.of(new RelayDuty(PSEUDONYM, Passage.key(SPACE)));
    }

    @Override
    public byte[] certifyMailboxes(byte[] mailboxes) {
      return Custody.certify(mailboxes, RELAY);
    }
  }

  private MailboxService start(Quotas quotas) {
    store =
        new InMemoryMailboxStore(disk, quotas, events, FORCE) {
          @Override
          public Optional<byte[]> read(Waiting envelope) {
            if (damaged.contains(envelope.id())) {
              throw new MailboxException("a row is damaged", null);
            }
            return super.read(envelope);
          }
        };
    var service =
        new MailboxService(
            store,
            duties,
            (_, _, _) -> Flux.never(),
            new MailboxService.Rules(RETENTION, 5 << 20),
            new Surroundings(events, events, new Random(1)));
    service.start();
    return service;
  }

  /** The process is gone, and comes back. */
  private void restart(Quotas quotas) {
    relay.close();
    store.close();
    relay = start(quotas);
  }

  @AfterEach
  void breaksNothing() {
    members.forEach(member -> assertThat(member.failure).isNull());
  }

  /** A node's side of a connection. */
  private final class Member {
    private final NodeKey key;
    private final Sinks.Many<byte[]> frames = Sinks.many().unicast().onBackpressureBuffer();
    private final List<MailFrame> heard = new ArrayList<>();
    private Subscription subscription;
    private int listenedTo;
    private boolean ended;
    private Throwable failure;

    Member(NodeKey key, long room) {
      this.key = key;
      members.add(this);
      relay
          .accept(key.nodeId(), frames.asFlux().doOnNext(_ -> listenedTo++))
          .subscribe(
              new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription only) {
                  subscription = only;
                  only.request(room);
                }

                @Override
                protected void hookOnNext(byte[] frame) {
                  heard.add(MailFrame.decode(frame));
                }

                @Override
                protected void hookOnComplete() {
                  ended = true;
                }

                @Override
                protected void hookOnError(Throwable cause) {
                  failure = cause;
                }
              });
    }

    void say(MailFrame frame) {
      frames.tryEmitNext(frame.encode()).orThrow();
    }

    void deposit(Envelope envelope) {
      say(new Deposit(envelope.encode()));
    }

    void take(long number) {
      say(new Taken(id(number)));
    }

    void passOver(long number) {
      say(new PassedOver(id(number)));
    }

    void cut() {
      subscription.cancel();
      soon();
    }

    <T extends MailFrame> List<T> heard(Class<T> kind) {
      return heard.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** What was heard of a kind since this was asked last. */
    <T extends MailFrame> List<T> hears(Class<T> kind) {
      soon();
      var found = heard(kind);
      heard.removeAll(found);
      return found;
    }

    List<byte[]> mail() {
      return hears(Mail.class).stream()
          .map(mail -> Envelope.decode(mail.envelope()).outside().id())
          .toList();
    }
  }

  /** All that follows of what was said, forces too. */
  private void soon() {
    events.advance(Duration.ofMillis(100));
  }

  private static Arrival arrival(NodeKey member) {
    return new Arrival(List.of(new Arrival.Shown(PSEUDONYM, Passage.sign(SPACE, member.nodeId()))));
  }

  private Member welcomed(NodeKey key, String... farewells) {
    var member = new Member(key, Long.MAX_VALUE);
    member.say(arrival(key));
    soon();
    assertThat(member.heard(Farewell.class))
        .extracting(Farewell::reason)
        .containsExactly(farewells);
    return member;
  }

  private void deposited(NodeKey from, NodeKey to, long... numbers) {
    var member = welcomed(from);
    for (long number : numbers) {
      member.deposit(envelope(from, to, number));
    }
    // each force answers as many as it may bring ahead
    events.advance(FORCE.multipliedBy(numbers.length));
    assertThat(member.hears(Kept.class)).hasSize(numbers.length);
    member.cut();
  }

  private static Left left(NodeKey to, long envelopes, long lapsed) {
    return new Left(PSEUDONYM, to.nodeId(), envelopes, lapsed);
  }

  // ---- arrival

  @Test
  void welcomesAMemberWithACertifiedKeyAndWhatIsLeftOfItsOwn() {
    deposited(ANN, BOB, 1, 2);

    var welcome = welcomed(ANN).heard(Welcome.class).getFirst();

    assertThat(Custody.certifies(welcome.certificate(), welcome.mailboxes(), RELAY.publicKey()))
        .isTrue();
    assertThat(welcome.left()).containsExactly(left(BOB, 2, 0));
  }

  @Test
  void refusesANodeWithoutPassageOrMail() {
    var foreign = new SpaceId(Hash.ZERO);
    var passage = Passage.sign(foreign, CAT.nodeId());
    for (var shown :
        List.of(
            new Arrival(List.of()),
            new Arrival(List.of(new Arrival.Shown(PSEUDONYM, passage))),
            new Arrival(List.of(new Arrival.Shown(Envelope.pseudonym(foreign), passage))),
            arrival(ANN))) {
      var stranger = new Member(CAT, 10);
      stranger.say(shown);
      soon();
      assertThat(stranger.heard)
          .containsExactly(new Farewell("no passage for a space of this relay, and no mail"));
      assertThat(stranger.ended).isTrue();
    }
    assertThat(relay.connections()).isZero();
  }

  @Test
  void anyNodeFetchesWhatIsForIt() {
    deposited(ANN, CAT, 1);
    var node = new Member(CAT, 10);
    node.say(new Arrival(List.of()));

    assertThat(node.mail()).containsExactly(id(1));
  }

  @Test
  void hangsUpOnWhoDoesNotArrive() {
    var silent = new Member(ANN, 10);
    events.advance(MailboxService.HANDSHAKE.minusMillis(1));
    assertThat(silent.heard).isEmpty();
    events.advance(Duration.ofMillis(1));
    assertThat(silent.heard).containsExactly(new Farewell("nobody has arrived"));
    assertThat(silent.ended).isTrue();
  }

  @Test
  void hangsUpWhileTheSyncEngineIsAwayAndNothingIsKnownOfIt() {
    duties.away = true;
    var early = new Member(ANN, 10);
    early.say(arrival(ANN));
    soon();
    assertThat(early.heard)
        .containsExactly(new Farewell("the relay's sync engine does not answer"));
    duties.away = false;
    var member = welcomed(ANN);
    duties.away = true;
    events.advance(Duration.ofMinutes(5));
    member.deposit(envelope(ANN, BOB, 1));
    assertThat(member.hears(Kept.class)).hasSize(1);
  }

  // ---- custody

  @Test
  void givesItsSignatureForWhatItHasForcedAndNotBefore() {
    var ann = welcomed(ANN);
    var welcome = ann.heard(Welcome.class).getFirst();
    var envelope = envelope(ANN, BOB, 1);

    ann.deposit(envelope);
    events.advance(FORCE.minusMillis(1));
    assertThat(ann.heard(Kept.class)).isEmpty();
    events.advance(Duration.ofMillis(1));

    var kept = ann.heard(Kept.class).getFirst();
    assertThat(kept.there()).isFalse();
    var custody = kept.custody().verified(welcome.mailboxes());
    assertThat(custody.id()).isEqualTo(id(1));
    assertThat(custody.to()).isEqualTo(BOB.nodeId());
    assertThat(custody.envelope()).isEqualTo(envelope.hash());
  }

  @Test
  void theSameEnvelopeGetsTheSameReceiptAndIsKeptOnce() {
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1));
    var first = ann.hears(Kept.class).getFirst();
    events.advance(Duration.ofHours(1));
    ann.deposit(envelope(ANN, BOB, 1));
    var second = ann.hears(Kept.class).getFirst();

    assertThat(second.custody().bytes()).isEqualTo(first.custody().bytes());
    assertThat(second.custody().signature()).isEqualTo(first.custody().signature());
    assertThat(welcomed(BOB).mail()).hasSize(1);
  }

  @Test
  void aReceiptIsVoidWhenTheMailboxesAreLost() {
    var ann = welcomed(ANN);
    var welcome = ann.heard(Welcome.class).getFirst();
    var lost =
        new InMemoryMailboxStore(
            new InMemoryMailboxStore.Disk(key(7).seed()),
            new Quotas(1 << 30, 1 << 30, 1L << 32, 0),
            events,
            FORCE);
    relay.close();
    store = lost;
    relay =
        new MailboxService(
            lost,
            duties,
            (_, _, _) -> Flux.never(),
            new MailboxService.Rules(RETENTION, 5 << 20),
            new Surroundings(events, events, new Random(1)));

    assertThat(welcomed(ANN).heard(Welcome.class).getFirst().mailboxes())
        .isNotEqualTo(welcome.mailboxes());
  }

  // ---- for several

  private static Deposits deposits(byte[] body, Envelope... envelopes) {
    return new Deposits(
        Arrays.stream(envelopes).map(envelope -> envelope.bare().encode()).toList(), body);
  }

  @Test
  void whatSeveralGetIsKeptOnceAndGoesWholeToEach() {
    byte[] body = Envelopes.body(1, 5_000);
    var ann = welcomed(ANN);
    var welcome = ann.heard(Welcome.class).getFirst();
    var forBob = sharing(ANN, BOB, 1, body);
    var forCat = sharing(ANN, CAT, 2, body);
    ann.say(deposits(body, forBob, forCat));

    assertThat(ann.hears(Kept.class))
        .extracting(kept -> kept.custody().verified(welcome.mailboxes()).envelope())
        .containsExactly(forBob.hash(), forCat.hash());
    assertThat(store.totals().bodies()).isEqualTo(1);
    assertThat(store.totals().envelopes()).isEqualTo(2);
    for (var each : List.of(forBob, forCat)) {
      var member = welcomed(each == forBob ? BOB : CAT);
      assertThat(member.hears(Mail.class))
          .extracting(Mail::envelope)
          .containsExactly(each.encode());
      member.take(each == forBob ? 1 : 2);
      soon();
    }
    assertThat(store.totals()).isEqualTo(new MailboxStore.Totals(0, 0, 0));
  }

  /** It asks for another frame when all that came with one are answered. */
  @Test
  void goesOnHoweverManyShareABody() {
    var ann = welcomed(ANN);
    int before = ann.listenedTo;
    for (int i = 0; i < 20; i++) {
      byte[] body = Envelopes.body(i, 100);
      ann.say(
          deposits(
              body,
              sharing(ANN, BOB, 3 * i, body),
              sharing(ANN, CAT, 3 * i + 1, body),
              sharing(CAT, BOB, 3 * i + 2, body)));
      soon();
    }
    assertThat(ann.listenedTo - before).isEqualTo(20);
    assertThat(ann.heard(Kept.class)).hasSize(40);
    assertThat(ann.heard(Refused.class))
        .hasSize(20)
        .extracting(Refused::reason)
        .containsOnly("who brings it has not made it");
  }

  @Test
  void hangsUpOnWhoBringsAnEnvelopeOfAnotherBody() {
    byte[] body = Envelopes.body(1, 100);
    var ann = welcomed(ANN);
    ann.say(deposits(Envelopes.body(2, 100), sharing(ANN, BOB, 1, body)));
    assertThat(ann.hears(Farewell.class))
        .containsExactly(new Farewell("an envelope with another body than it says"));
    assertThat(store.totals().envelopes()).isZero();
  }

  @Test
  void hangsUpOnWhoBringsAWholeEnvelopeAmongBareOnes() {
    byte[] body = Envelopes.body(1, 100);
    var ann = welcomed(ANN);
    ann.say(new Deposits(List.of(sharing(ANN, BOB, 1, body).encode()), body));
    assertThat(ann.hears(Farewell.class))
        .containsExactly(new Farewell("an envelope that is whole among bare ones"));
    assertThat(store.totals().envelopes()).isZero();
  }

  @Test
  void takesAWholeEnvelopeByItselfAndNoBareOne() {
    byte[] body = Envelopes.body(1, 100);
    refuses(sharing(ANN, BOB, 1, body).bare(), "its body is not with it");
    var ann = welcomed(ANN);
    ann.deposit(sharing(ANN, BOB, 2, body));
    assertThat(ann.hears(Kept.class)).hasSize(1);
    assertThat(store.totals().bodies()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsTooLargeWithItsBody() {
    byte[] body = Envelopes.body(1, 5 << 20);
    var ann = welcomed(ANN);
    ann.say(deposits(body, sharing(ANN, BOB, 1, body)));
    assertThat(ann.hears(Refused.class))
        .extracting(Refused::reason)
        .containsExactly("an envelope has at most 5242880 bytes here");
  }

  // ---- what is refused

  private static Envelope under(Envelope.Outside outside, NodeKey key) {
    return Envelope.sign(outside, new byte[10], key);
  }

  private static Envelope.Outside outside(NodeKey from, Hash pseudonym, byte[] passage) {
    return new Envelope.Outside(
        id(1), BOB.nodeId(), from.publicKey(), pseudonym, Priority.NORMAL, 0, 0, passage);
  }

  private void refuses(Envelope envelope, String reason) {
    refuses(ANN, envelope, reason);
  }

  private void refuses(NodeKey from, Envelope envelope, String reason) {
    var bringer = welcomed(from);
    bringer.deposit(envelope);
    assertThat(bringer.hears(Refused.class))
        .singleElement()
        .satisfies(refused -> {
          assertThat(refused.id()).isEqualTo(envelope.outside().id());
          assertThat(refused.reason()).isEqualTo(reason);
          assertThat(refused.retryMillis()).isZero();
        });
    assertThat(store.totals().envelopes()).isZero();
    assertThat(relay.counts().refused()).isEqualTo(1);
    // and it goes on
    bringer.deposit(envelope(from, BOB, 99));
    assertThat(bringer.hears(Kept.class)).hasSize(1);
  }

  @Test
  void refusesAnEnvelopeWithoutPassage() {
    refuses(under(outside(ANN, PSEUDONYM, null), ANN), "no passage for a space of this relay");
  }

  @Test
  void refusesThePassageOfAnother() {
    refuses(
        CAT,
        under(outside(CAT, PSEUDONYM, Passage.sign(SPACE, ANN.nodeId())), CAT),
        "no passage for a space of this relay");
  }

  @Test
  void refusesThePassageOfAnotherSpace() {
    var foreign = new SpaceId(Hash.ZERO);
    refuses(
        under(outside(ANN, PSEUDONYM, Passage.sign(foreign, ANN.nodeId())), ANN),
        "no passage for a space of this relay");
  }

  @Test
  void refusesAPseudonymThatItHasNoDutyFor() {
    refuses(
        under(outside(ANN, Hash.ZERO, Passage.sign(SPACE, ANN.nodeId())), ANN),
        "no passage for a space of this relay");
  }

  @Test
  void refusesWhatItsSenderHasNotSigned() {
    refuses(
        under(outside(ANN, PSEUDONYM, Passage.sign(SPACE, ANN.nodeId())), CAT),
        "its sender has not signed it");
  }

  @Test
  void refusesWhatIsExpired() {
    refuses(
        envelope(ANN, BOB, 1, Priority.NORMAL, Envelopes.START.toEpochMilli(), 10),
        "it is expired");
  }

  /** A sender's clock may go any way: what counts is how long it wants something kept. */
  @Test
  void keepsWhatASenderWithAnOldClockSends() {
    events.advance(Duration.ofHours(30));
    var ann = welcomed(ANN);
    long hour = Duration.ofHours(1).toMillis();
    ann.deposit(envelope(ANN, BOB, 1, Priority.NORMAL, Envelopes.START.toEpochMilli() + hour, 10));
    soon();
    assertThat(ann.hears(Kept.class)).hasSize(1);
  }

  @Test
  void refusesWhatIsTooLarge() {
    refuses(
        envelope(ANN, BOB, 1, Priority.NORMAL, 0, 5 << 20),
        "an envelope has at most 5242880 bytes here");
  }

  @Test
  void refusesWhatAnotherMemberBrings() {
    refuses(CAT, envelope(ANN, BOB, 1), "who brings it has not made it");
  }

  @Test
  void refusesForNowWhatHasNoRoomAndTakesItWhenItHas() {
    int size = envelope(ANN, BOB, 1).encode().length;
    restart(new Quotas(size, 1 << 30, 1 << 30, 0));
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1));
    ann.deposit(envelope(ANN, BOB, 2));

    assertThat(ann.hears(Refused.class))
        .singleElement()
        .satisfies(refused -> {
          assertThat(refused.id()).isEqualTo(id(2));
          assertThat(refused.reason()).isEqualTo("the sender's quota is used up");
          assertThat(refused.retryMillis()).isEqualTo(60_000);
        });
    welcomed(BOB).take(1);
    soon();
    ann.hears(Kept.class);
    ann.deposit(envelope(ANN, BOB, 2));
    assertThat(ann.hears(Kept.class)).hasSize(1);
  }

  // ---- delivery

  @Test
  void mailOfANodeThatIsThereGoesToItAtOnce() {
    var bob = welcomed(BOB);
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1));

    assertThat(bob.mail()).containsExactly(id(1));
    assertThat(ann.hears(Kept.class).getFirst().there()).isTrue();
  }

  @Test
  void urgentMailGoesFirstThenWhatCameFirst() {
    var ann = welcomed(ANN);
    var cat = welcomed(CAT);
    ann.deposit(envelope(ANN, BOB, 1, Priority.BULK, 0, 10));
    soon();
    cat.deposit(envelope(CAT, BOB, 2, Priority.NORMAL, 0, 10));
    cat.deposit(envelope(CAT, BOB, 3, Priority.URGENT, 0, 10));
    cat.deposit(envelope(CAT, BOB, 4, Priority.NORMAL, 0, 10));
    soon();

    assertThat(welcomed(BOB).mail()).containsExactly(id(2), id(3), id(4), id(1));
  }

  @Test
  void urgentMailOvertakesWhatIsNotSentYet() {
    deposited(ANN, BOB, 1, 2, 3);
    var bob = new Member(BOB, 2);
    bob.say(arrival(BOB));
    assertThat(bob.mail()).containsExactly(id(1));

    var cat = welcomed(CAT);
    cat.deposit(envelope(CAT, BOB, 4, Priority.URGENT, 0, 10));
    soon();
    bob.subscription.request(10);

    assertThat(bob.mail()).containsExactly(id(4), id(2), id(3));
  }

  @Test
  void goesOnWhereACutConnectionWasAndNeverLosesWhatWasNotTaken() {
    deposited(ANN, BOB, 1, 2, 3);
    var bob = welcomed(BOB);
    bob.take(1);
    bob.take(3);
    bob.cut();

    assertThat(welcomed(BOB).mail()).containsExactly(id(2));
  }

  @Test
  void goesOnAfterARestart() {
    deposited(ANN, BOB, 1, 2);
    var bob = welcomed(BOB);
    bob.take(2);
    soon();
    restart(new Quotas(1 << 30, 1 << 30, 1L << 32, 0));

    assertThat(bob.hears(Farewell.class)).containsExactly(new Farewell("the relay stops"));
    assertThat(bob.ended).isTrue();
    assertThat(welcomed(BOB).mail()).containsExactly(id(1));
  }

  @Test
  void soManyEnvelopesAreUntakenAtMost() {
    deposited(ANN, BOB, LongStream.rangeClosed(1, 100).toArray());
    var bob = welcomed(BOB);
    assertThat(bob.mail()).hasSize(Window.ENVELOPES);
    bob.take(1);
    bob.take(2);
    assertThat(bob.mail()).containsExactly(id(33), id(34));
    assertThat(bob.mail()).isEmpty();
    for (long number = 3; number <= 100; number++) {
      bob.take(number);
      bob.mail();
    }
    assertThat(store.totals().envelopes()).isZero();
  }

  @Test
  void theNextMailDoesNotWaitForTheForceOfADeletion() {
    deposited(ANN, BOB, LongStream.rangeClosed(1, 40).toArray());
    var bob = welcomed(BOB);
    bob.heard.clear();
    bob.take(1);
    events.run();

    assertThat(bob.heard(Mail.class)).hasSize(1);
    assertThat(store.totals().envelopes()).isEqualTo(40);
  }

  @Test
  void soManyBytesAreUntakenAtMostButAlwaysOneEnvelope() {
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1, Priority.NORMAL, 0, 4 << 20));
    ann.deposit(envelope(ANN, BOB, 2, Priority.NORMAL, 0, 3 << 20));
    ann.deposit(envelope(ANN, BOB, 3, Priority.NORMAL, 0, 1 << 19));
    ann.deposit(envelope(ANN, BOB, 4, Priority.NORMAL, 0, 1 << 20));
    soon();
    var bob = welcomed(BOB);

    assertThat(bob.mail()).containsExactly(id(1));
    bob.take(1);
    assertThat(bob.mail()).containsExactly(id(2), id(3));
    bob.take(3);
    assertThat(bob.mail()).isEmpty();
    bob.take(2);
    assertThat(bob.mail()).containsExactly(id(4));
  }

  @Test
  void sendsAsMuchAsTheTransportHasRoomFor() {
    deposited(ANN, BOB, 1, 2, 3);
    var bob = new Member(BOB, 1);
    bob.say(arrival(BOB));
    soon();
    assertThat(bob.heard).hasSize(1).first().isInstanceOf(Welcome.class);
    bob.subscription.request(2);
    assertThat(bob.mail()).containsExactly(id(1), id(2));
  }

  @Test
  void asksForAnotherDepositWhenTheAnswerIsSent() {
    var ann = new Member(ANN, 1);
    ann.say(arrival(ANN));
    for (int number = 1; number <= 20; number++) {
      ann.deposit(envelope(ANN, BOB, number));
    }
    soon();
    assertThat(store.totals().envelopes()).isEqualTo(MailConnection.FRAMES);
    ann.subscription.request(5);
    soon();
    assertThat(store.totals().envelopes()).isEqualTo(MailConnection.FRAMES + 5);
  }

  @Test
  void hangsUpOnANodeThatDoesNotListen() {
    var ann = new Member(ANN, 1);
    ann.say(arrival(ANN));
    soon();
    var pile = new MailboxStore.Pile(ANN.nodeId(), PSEUDONYM, BOB.nodeId(), ANN.nodeId(), 1, 0);
    for (int i = 0; i < MailConnection.UNHEARD; i++) {
      relay.tell(pile);
    }
    soon();
    assertThat(relay.connections()).isEqualTo(1);
    relay.tell(pile);
    soon();
    assertThat(relay.connections()).isZero();
    assertThat(ann.ended).isTrue();
  }

  @Test
  void anotherConnectionOfTheSameNodeTakesThePlaceOfTheFirst() {
    deposited(ANN, BOB, 1);
    var first = welcomed(BOB);
    assertThat(first.mail()).hasSize(1);
    var second = welcomed(BOB);

    assertThat(first.hears(Farewell.class))
        .containsExactly(new Farewell("another connection took its place"));
    assertThat(first.ended).isTrue();
    assertThat(second.mail()).containsExactly(id(1));
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 2));
    assertThat(second.mail()).containsExactly(id(2));
    assertThat(first.mail()).isEmpty();
    assertThat(relay.connections()).isEqualTo(2);
  }

  @Test
  void anEnvelopeThatCannotBeReadStaysAndHoldsUpNothing() {
    deposited(ANN, BOB, 1, 2, 3);
    damaged.add(EnvelopeIds.of(id(2)));

    assertThat(welcomed(BOB).mail()).containsExactly(id(1), id(3));

    assertThat(store.totals().envelopes()).isEqualTo(3);
    damaged.clear();
    assertThat(welcomed(BOB).mail()).containsExactly(id(1), id(2), id(3));
  }

  @Test
  void whatItsNodeCannotTakeInStaysAndHoldsUpNothing() {
    deposited(ANN, BOB, LongStream.rangeClosed(1, 100).toArray());
    var bob = welcomed(BOB);
    for (long number = 1; number <= 99; number++) {
      bob.passOver(number);
      soon();
    }
    assertThat(bob.mail()).hasSize(100).last().isEqualTo(id(100));
    bob.take(100);
    soon();

    assertThat(bob.ended).isFalse();
    assertThat(store.totals().envelopes()).isEqualTo(99);
    assertThat(relay.counts().passedOver()).isEqualTo(99);
    bob.cut();
    assertThat(welcomed(BOB).mail()).hasSize(Window.ENVELOPES).first().isEqualTo(id(1));
  }

  @Test
  void hangsUpOnWhoPassesOverWhatItWasNotSent() {
    deposited(ANN, BOB, 1);
    var bob = welcomed(BOB);
    bob.passOver(2);
    hangsUp(bob, "an envelope is passed over that was not sent, or is one of too many");
  }

  @Test
  void hangsUpWhereNothingCanBeRead() {
    deposited(ANN, BOB, LongStream.rangeClosed(1, 40).toArray());
    for (int number = 1; number <= 40; number++) {
      damaged.add(EnvelopeIds.of(id(number)));
    }
    var bob = welcomed(BOB, "internal");
    assertThat(bob.mail()).isEmpty();
    assertThat(bob.ended).isTrue();
  }

  // ---- what senders are told

  @Test
  void aSenderIsToldWhenItsLastEnvelopeForANodeIsTaken() {
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1));
    ann.deposit(envelope(ANN, BOB, 2));
    ann.deposit(envelope(ANN, CAT, 3));
    soon();
    var bob = welcomed(BOB);
    bob.take(1);
    assertThat(ann.hears(Left.class)).isEmpty();
    bob.take(2);
    events.run();
    assertThat(ann.heard(Left.class)).as("before the force").isEmpty();
    assertThat(ann.hears(Left.class)).containsExactly(left(BOB, 0, 0));
    assertThat(relay.counts().taken()).isEqualTo(2);
  }

  @Test
  void whatIsExpiredLapsesAndItsSenderIsToldOnce() {
    var ann = welcomed(ANN);
    long soonest = events.instant().plusSeconds(90).toEpochMilli();
    ann.deposit(envelope(ANN, BOB, 1, Priority.NORMAL, soonest, 10));
    ann.deposit(envelope(ANN, BOB, 2, Priority.NORMAL, soonest, 10));
    ann.deposit(envelope(ANN, BOB, 3));
    soon();
    events.advance(Duration.ofSeconds(85));
    assertThat(store.totals().envelopes()).isEqualTo(3);
    events.advance(Duration.ofSeconds(40));

    assertThat(ann.hears(Left.class)).containsExactly(left(BOB, 1, 2));
    assertThat(relay.counts().lapsed()).isEqualTo(2);
    ann.cut();
    var again = welcomed(ANN);
    assertThat(again.heard(Welcome.class).getFirst().left()).containsExactly(left(BOB, 1, 0));
    assertThat(again.hears(Left.class)).isEmpty();
    assertThat(welcomed(BOB).mail()).containsExactly(id(3));
  }

  @Test
  void aSenderThatWasAwayIsToldOnceWhenItComes() {
    deposited(ANN, BOB, 1);
    events.advance(RETENTION.plusMinutes(2));
    restart(new Quotas(1 << 30, 1 << 30, 1L << 32, 0));

    var ann = welcomed(ANN);
    assertThat(ann.heard(Welcome.class).getFirst().left()).isEmpty();
    assertThat(ann.hears(Left.class)).containsExactly(left(BOB, 0, 1));
    ann.cut();
    assertThat(welcomed(ANN).hears(Left.class)).isEmpty();
  }

  @Test
  void keepsNothingLongerThanItsRetention() {
    var ann = welcomed(ANN);
    ann.deposit(
        envelope(
            ANN, BOB, 1, Priority.NORMAL, events.instant().plus(RETENTION).toEpochMilli() * 2, 10));
    soon();
    events.advance(RETENTION.minusMinutes(1));
    assertThat(store.totals().envelopes()).isEqualTo(1);
    events.advance(Duration.ofMinutes(3));
    assertThat(store.totals().envelopes()).isZero();
  }

  @Test
  void manyLapseInSmallTransactionsOneAfterTheOther() {
    for (long from = 1; from <= 600; from += 100) {
      deposited(ANN, BOB, LongStream.range(from, from + 100).toArray());
    }
    events.advance(RETENTION.plusMinutes(1));
    soon();
    assertThat(store.totals().envelopes()).isZero();
    assertThat(relay.counts().lapsed()).isEqualTo(600);
    assertThat(welcomed(ANN).hears(Left.class)).containsExactly(left(BOB, 0, 600));
  }

  // ---- what breaks the protocol

  private void hangsUp(Member member, String reason) {
    soon();
    assertThat(member.heard(Farewell.class)).containsExactly(new Farewell(reason));
    assertThat(member.ended).isTrue();
    assertThat(relay.connections()).isZero();
  }

  @Test
  void hangsUpOnWhatIsNoFrame() {
    var hostile = welcomed(ANN);
    hostile.frames.tryEmitNext(new byte[] {(byte) 0xff, 1, 2}).orThrow();
    hangsUp(hostile, "major type 7, expected 4");
  }

  @Test
  void hangsUpOnWhatIsNoEnvelope() {
    var hostile = welcomed(ANN);
    hostile.say(new Deposit(new byte[] {1, 2, 3}));
    hangsUp(hostile, "major type 0, expected 4");
  }

  @Test
  void hangsUpOnADepositBeforeTheArrival() {
    var hostile = new Member(ANN, 10);
    hostile.deposit(envelope(ANN, BOB, 1));
    hangsUp(hostile, "no deposit is expected now");
    assertThat(store.totals().envelopes()).isZero();
  }

  @Test
  void hangsUpOnAnotherArrivalAndOnFramesOfARelay() {
    var twice = welcomed(ANN);
    twice.say(arrival(ANN));
    hangsUp(twice, "no arrival is expected now");
    var relaying = welcomed(ANN);
    relaying.say(new Farewell("no"));
    hangsUp(relaying, "no farewell is expected now");
  }

  @Test
  void takesNoMoreFramesAfterItsFarewellAndStillHearsTheEndBehindThem() {
    var hostile = welcomed(ANN);
    hostile.frames.tryEmitNext(new byte[] {1}).orThrow();
    for (int number = 1; number <= 20; number++) {
      hostile.deposit(envelope(ANN, BOB, number));
    }
    soon();
    assertThat(store.totals().envelopes()).isZero();
    assertThat(hostile.heard(Kept.class)).isEmpty();
    assertThat(hostile.listenedTo).isEqualTo(22);
  }

  // ---- what an operator sees

  @Test
  void showsReceiptsThatSendersHave() {
    var ann = welcomed(ANN);
    ann.deposit(envelope(ANN, BOB, 1));
    var kept = ann.hears(Kept.class).getFirst();

    var view = relay.mailboxes(null).getFirst();

    assertThat(view.node()).isEqualTo(BOB.nodeId());
    assertThat(view.envelopes()).isEqualTo(1);
    assertThat(view.bytes()).isEqualTo(envelope(ANN, BOB, 1).encode().length);
    assertThat(view.connected()).isFalse();
    var hex = HexFormat.of();
    assertThat(view.custodyReceipts())
        .singleElement()
        .satisfies(receipt -> {
          assertThat(receipt.from()).isEqualTo(ANN.nodeId());
          assertThat(receipt.envelope()).isEqualTo(hex.formatHex(id(1)));
          assertThat(receipt.receipt()).isEqualTo(hex.formatHex(kept.custody().bytes()));
          assertThat(receipt.signature()).isEqualTo(hex.formatHex(kept.custody().signature()));
        });
  }
}
