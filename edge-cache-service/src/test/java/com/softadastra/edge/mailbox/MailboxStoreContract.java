package com.softadastra.edge.mailbox;

import static com.softadastra.edge.mailbox.Envelopes.ANN;
import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.CAT;
import static com.softadastra.edge.mailbox.Envelopes.PSEUDONYM;
import static com.softadastra.edge.mailbox.Envelopes.START;
import static com.softadastra.edge.mailbox.Envelopes.arrived;
import static com.softadastra.edge.mailbox.Envelopes.by;
import static com.softadastra.edge.mailbox.Envelopes.id;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Bodiless;
import com.softadastra.edge.mailbox.MailboxStore.Gone;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.MailboxStore.InCustody;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Totals;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.edge.mailbox.MailboxStore.Why;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.edge.mailbox.SiblingStore.Named;
import com.softadastra.edge.mailbox.SiblingStore.Sibling;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store of mailboxes does. */
public abstract class MailboxStoreContract {
  protected static final Quotas QUOTAS = new Quotas(10_000, 5_000, 20_000, 0);

  protected MailboxStore store;

  /** A store over what is on the disk. */
  protected abstract MailboxStore open();

  /** The process is gone; what is on the disk stays. */
  protected abstract void crash();

  /** What the store completes, once it has. */
  protected abstract <T> T await(CompletableFuture<T> forced);

  @BeforeEach
  void begin() {
    store = open();
  }

  @AfterEach
  protected void end() throws Exception {
    store.close();
  }

  private <T> T done(Consumer<CompletableFuture<T>> change) {
    var forced = new CompletableFuture<T>();
    change.accept(forced);
    return await(forced);
  }

  private Put put(Arrived envelope) {
    return done(forced -> store.put(envelope, forced));
  }

  private Optional<Pile> take(NodeKey node, long number) {
    return done(forced -> store.taken(node.nodeId(), EnvelopeIds.of(id(number)), forced));
  }

  private Account account(NodeKey node) {
    return done(forced -> store.account(node.nodeId(), forced));
  }

  private List<Pile> lapse(Instant now, int most) {
    return done(forced -> store.lapse(now, most, forced));
  }

  private List<Waiting> waiting(NodeKey node) {
    return store.waiting(node.nodeId(), 100);
  }

  private static Pile pile(NodeKey from, NodeKey to, long envelopes, long lapsed) {
    return new Pile(from.nodeId(), PSEUDONYM, to.nodeId(), from.nodeId(), envelopes, lapsed);
  }

  private static Arrived of(int number, Priority priority) {
    return arrived(ANN, BOB, number, priority, START.plusSeconds(1_000_000), 100);
  }

  private static Arrived of(NodeKey from, NodeKey to, int number, int bytes) {
    return arrived(from, to, number, Priority.NORMAL, START.plusSeconds(1_000_000), bytes);
  }

  private static Arrived expiring(NodeKey from, NodeKey to, int number, long seconds) {
    return arrived(from, to, number, Priority.NORMAL, START.plusSeconds(seconds), 100);
  }

  @Test
  void keepsWhatComesForItsDestinationAlone() {
    var envelope = arrived(ANN, BOB, 1);

    assertThat(put(envelope)).isEqualTo(new Kept(envelope.at()));

    assertThat(waiting(BOB))
        .singleElement()
        .satisfies(waiting -> {
          assertThat(waiting.id()).isEqualTo(envelope.id());
          assertThat(waiting.bytes()).isEqualTo(100);
          assertThat(store.read(waiting)).hasValue(envelope.bytes());
        });
    assertThat(waiting(ANN)).isEmpty();
    assertThat(store.totals()).isEqualTo(new Totals(1, 100, 0));
  }

  @Test
  void urgentMailIsFirstThenWhatCameFirst() {
    put(of(1, Priority.BULK));
    put(ofCat(2, Priority.NORMAL));
    put(of(3, Priority.BULK));
    put(ofCat(4, Priority.URGENT));
    put(ofCat(5, Priority.NORMAL));

    assertThat(order()).containsExactly(id(2), id(4), id(5), id(1), id(3));
    assertThat(store.waiting(BOB.nodeId(), 2)).isEqualTo(waiting(BOB).subList(0, 2));
  }

  /** What a sender sends of a space follows on what it sent before. */
  @Test
  void urgentMailTakesWithItWhatItFollowsOn() {
    put(of(1, Priority.BULK));
    put(ofCat(2, Priority.NORMAL));
    put(of(3, Priority.NORMAL));
    put(of(4, Priority.URGENT));
    put(of(5, Priority.BULK));

    assertThat(order()).containsExactly(id(1), id(3), id(4), id(2), id(5));
  }

  private List<byte[]> order() {
    return waiting(BOB).stream().map(waiting -> EnvelopeIds.bytes(waiting.id())).toList();
  }

  private static Arrived ofCat(long number, Priority priority) {
    return arrived(CAT, BOB, number, priority, START.plusSeconds(1_000_000), 100);
  }

  @Test
  void theSameEnvelopeIsKeptOnceAndAnsweredAsBefore() {
    var first = arrived(ANN, BOB, 1);
    put(first);
    var again =
        new Arrived(
            first.id(),
            first.sender(),
            first.pseudonym(),
            first.destination(),
            first.by(),
            first.priority(),
            first.at().plusSeconds(60),
            first.expires(),
            first.hash(),
            first.bytes(),
            null,
            null);

    assertThat(put(again)).isEqualTo(new Kept(first.at()));

    assertThat(waiting(BOB)).hasSize(1);
    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 0));
  }

  @Test
  void refusesOtherBytesUnderTheSameId() {
    var first = arrived(ANN, BOB, 1);
    put(first);
    var other = of(CAT, BOB, 2, 50);
    var disguised =
        new Arrived(
            first.id(),
            other.sender(),
            other.pseudonym(),
            other.destination(),
            other.by(),
            other.priority(),
            other.at(),
            other.expires(),
            other.hash(),
            other.bytes(),
            null,
            null);

    assertThat(put(disguised)).isEqualTo(new Refused(Why.OTHER_BYTES));

    assertThat(store.read(waiting(BOB).getFirst())).hasValue(first.bytes());
  }

  @Test
  void whatIsTakenIsGoneAndItsSenderHasThatMuchLess() {
    put(arrived(ANN, BOB, 1));
    put(arrived(ANN, BOB, 2));
    var first = waiting(BOB).getFirst();

    assertThat(take(BOB, 1)).hasValue(pile(ANN, BOB, 1, 0));
    assertThat(store.read(first)).isEmpty();
    assertThat(take(BOB, 2)).hasValue(pile(ANN, BOB, 0, 0));

    assertThat(waiting(BOB)).isEmpty();
    assertThat(account(ANN).piles()).isEmpty();
    assertThat(store.totals()).isEqualTo(new Totals(0, 0, 0));
    assertThat(store.mailboxes(null, 10)).isEmpty();
    assertThat(take(BOB, 2)).isEmpty();
  }

  // ---- bodies

  private static Arrived sharing(NodeKey to, long number, Instant expires, byte[] body) {
    return Envelopes.arrived(
        Envelopes.sharing(ANN, to, number, body), START.plusSeconds(number), expires);
  }

  private static Arrived sharing(NodeKey to, long number, byte[] body) {
    return sharing(to, number, START.plusSeconds(1_000_000), body);
  }

  private void whole(NodeKey node, byte[] id, byte[] body) {
    assertThat(waiting(node))
        .filteredOn(waiting -> Arrays.equals(EnvelopeIds.bytes(waiting.id()), id))
        .singleElement()
        .satisfies(waiting -> {
          var bytes = store.read(waiting).orElseThrow();
          assertThat(bytes).hasSize(waiting.bytes());
          assertThat(Envelope.decode(bytes).body()).isEqualTo(body);
          assertThat(Envelope.decode(bytes).bare().encode())
              .isEqualTo(store.readBare(waiting).orElseThrow());
        });
  }

  @Test
  void aBodyIsKeptOnceAndAsLongAsAnEnvelopeHasIt() {
    byte[] body = Envelopes.body(1, 300);
    var first = sharing(BOB, 1, body);
    assertThat(put(first)).isEqualTo(new Kept(first.at()));
    put(sharing(CAT, 2, body));
    put(sharing(CAT, 3, Envelopes.body(2, 10)));
    assertThat(store.totals().bodies()).isEqualTo(2);
    whole(BOB, id(1), body);
    whole(CAT, id(2), body);

    take(BOB, 1);
    assertThat(store.totals().bodies()).isEqualTo(2);
    whole(CAT, id(2), body);
    crash();
    store = open();
    whole(CAT, id(2), body);
    take(CAT, 2);
    assertThat(store.totals().bodies()).isEqualTo(1);
    whole(CAT, id(3), Envelopes.body(2, 10));
  }

  @Test
  void aBodyCountsForEachThatHasIt() {
    byte[] body = Envelopes.body(1, 300);
    var first = sharing(BOB, 1, body);
    put(first);
    put(sharing(CAT, 2, body));
    long size = first.bytes().length + 3 + 300;
    assertThat(store.totals()).isEqualTo(new Totals(2, 2 * size, 1));
    take(BOB, 1);
    assertThat(store.totals()).isEqualTo(new Totals(1, size, 1));
  }

  @Test
  void whatLapsesHasItsBodyNoLonger() {
    byte[] body = Envelopes.body(1, 300);
    put(sharing(BOB, 1, START.plusSeconds(100), body));
    put(sharing(CAT, 2, START.plusSeconds(200), body));
    lapse(START.plusSeconds(100), 10);
    whole(CAT, id(2), body);
    lapse(START.plusSeconds(200), 10);
    assertThat(store.totals()).isEqualTo(new Totals(0, 0, 0));
  }

  @Test
  void ofThoseThatComeTogetherEachIsAnswered() {
    byte[] body = Envelopes.body(1, 3_000);
    var first = sharing(BOB, 1, body);
    var second = sharing(BOB, 2, body);
    var third = sharing(CAT, 3, body);
    List<Put> puts = done(forced -> store.put(List.of(first, second, third), forced));
    assertThat(puts)
        .containsExactly(
            new Kept(first.at()), new Refused(Why.DESTINATION_QUOTA), new Kept(third.at()));
    assertThat(store.totals().envelopes()).isEqualTo(2);
    assertThat(store.totals().bodies()).isEqualTo(1);
    whole(BOB, id(1), body);
    whole(CAT, id(3), body);
  }

  /** The same envelope twice has its body once. */
  @Test
  void whatComesAgainCountsOnce() {
    byte[] body = Envelopes.body(1, 300);
    put(sharing(BOB, 1, body));
    put(sharing(BOB, 1, body));
    take(BOB, 1);
    assertThat(store.totals().bodies()).isZero();
  }

  @Test
  void whatComesBareIsKeptWhereItsBodyIs() {
    byte[] body = Envelopes.body(1, 300);
    var bare = Envelopes.by(CAT, sharing(BOB, 1, body)).bare();
    assertThat(put(bare)).isEqualTo(new Bodiless());
    assertThat(waiting(BOB)).isEmpty();
    put(sharing(CAT, 2, body));
    assertThat(put(bare)).isEqualTo(new Kept(bare.at()));
    take(CAT, 2);
    whole(BOB, id(1), body);
    assertThat(put(bare)).as("it is here").isEqualTo(new Kept(bare.at()));
  }

  @Test
  void whatSaysAnotherSizeOfABodyIsNotKept() {
    byte[] body = Envelopes.body(1, 300);
    put(sharing(CAT, 2, body));
    var bare = sharing(BOB, 1, body).bare();
    var lying =
        new Arrived(
            bare.id(),
            bare.sender(),
            bare.pseudonym(),
            bare.destination(),
            bare.by(),
            bare.priority(),
            bare.at(),
            bare.expires(),
            bare.hash(),
            bare.bytes(),
            new Envelope.Body(Envelope.Body.of(body).hash(), 5),
            null);
    assertThat(put(lying)).isEqualTo(new Bodiless());
  }

  /** What it follows on becomes urgent, and stays what it is else. */
  @Test
  void urgentMailTakesBodiesWithIt() {
    byte[] body = Envelopes.body(1, 300);
    put(sharing(BOB, 1, body));
    put(arrived(ANN, BOB, 2, Priority.URGENT, START.plusSeconds(1_000_000), 100));
    whole(BOB, id(1), body);
    assertThat(store.totals().bodies()).isEqualTo(1);
    take(BOB, 1);
    assertThat(store.totals().bodies()).isZero();
  }

  @Test
  void nobodyTakesWhatIsForAnother() {
    put(arrived(ANN, BOB, 1));

    assertThat(take(CAT, 1)).isEmpty();
    assertThat(take(ANN, 1)).isEmpty();

    assertThat(waiting(BOB)).hasSize(1);
  }

  @Test
  void accountsOfANodeNameItsOwnEnvelopesAndWhetherSomeAreForIt() {
    put(arrived(ANN, BOB, 1));
    put(arrived(ANN, CAT, 2));
    put(arrived(CAT, BOB, 3));

    assertThat(account(ANN))
        .isEqualTo(new Account(List.of(pile(ANN, BOB, 1, 0), pile(ANN, CAT, 1, 0)), false));
    assertThat(account(BOB)).isEqualTo(new Account(List.of(), true));
  }

  @Test
  void quotasHoldForASenderADestinationAndAll() {
    assertThat(put(of(ANN, BOB, 1, 5_000))).isInstanceOf(Kept.class);
    assertThat(put(of(CAT, BOB, 2, 1))).isEqualTo(new Refused(Why.DESTINATION_QUOTA));
    assertThat(put(of(ANN, CAT, 3, 5_000))).isInstanceOf(Kept.class);
    assertThat(put(of(ANN, ANN, 4, 1))).isEqualTo(new Refused(Why.SENDER_QUOTA));
    var others = Envelopes.key(4);
    assertThat(put(of(others, ANN, 5, 5_000))).isInstanceOf(Kept.class);
    assertThat(put(of(others, others, 6, 5_000))).isInstanceOf(Kept.class);
    assertThat(put(of(BOB, Envelopes.key(5), 7, 1))).isEqualTo(new Refused(Why.TOTAL_QUOTA));

    take(BOB, 1);

    assertThat(put(of(CAT, BOB, 2, 1))).isInstanceOf(Kept.class);
    assertThat(put(of(ANN, ANN, 4, 1))).isEqualTo(new Refused(Why.DESTINATION_QUOTA));
    assertThat(store.totals()).isEqualTo(new Totals(4, 15_001, 0));
  }

  @Test
  void whatIsExpiredLapsesAndIsRememberedUntilItsSenderWasTold() {
    put(expiring(ANN, BOB, 1, 100));
    put(expiring(ANN, BOB, 2, 200));
    put(expiring(ANN, BOB, 3, 300));
    put(expiring(CAT, BOB, 4, 50));

    assertThat(lapse(START.plusSeconds(200), 10))
        .containsExactly(pile(CAT, BOB, 0, 1), pile(ANN, BOB, 1, 2));

    assertThat(waiting(BOB)).hasSize(1);
    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 2));
    assertThat(account(CAT).piles()).containsExactly(pile(CAT, BOB, 0, 1));
    store.told(pile(ANN, BOB, 1, 2));
    store.told(pile(CAT, BOB, 0, 1));
    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 0));
    assertThat(account(CAT).piles()).isEmpty();
  }

  @Test
  void whatLapsedSinceASenderWasToldStaysRemembered() {
    put(expiring(ANN, BOB, 1, 100));
    put(expiring(ANN, BOB, 2, 200));
    lapse(START.plusSeconds(100), 10);
    lapse(START.plusSeconds(200), 10);

    store.told(pile(ANN, BOB, 1, 1));

    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 0, 1));
  }

  @Test
  void lapsesTheOldestFirstAndSoManyAtOnce() {
    put(expiring(ANN, BOB, 1, 300));
    put(expiring(ANN, BOB, 2, 100));
    put(expiring(ANN, BOB, 3, 200));

    assertThat(lapse(START.plusSeconds(1_000), 2)).containsExactly(pile(ANN, BOB, 1, 2));

    assertThat(waiting(BOB))
        .singleElement()
        .satisfies(left -> assertThat(left.id()).isEqualTo(EnvelopeIds.of(id(1))));
    assertThat(lapse(START.plusSeconds(1_000), 2)).containsExactly(pile(ANN, BOB, 0, 1));
    assertThat(lapse(START.plusSeconds(1_000), 2)).isEmpty();
  }

  @Test
  void showsWhatIsHereForWhom() {
    for (int i = 1; i <= 12; i++) {
      put(of(i, i == 1 ? Priority.BULK : Priority.NORMAL));
    }
    put(arrived(ANN, CAT, 13));

    var all = store.mailboxes(null, 10);

    assertThat(all).extracting(MailboxStore.Mailbox::node).isSorted().hasSize(2);
    var bob = all.stream().filter(m -> m.node().equals(BOB.nodeId())).findFirst().orElseThrow();
    assertThat(bob.envelopes()).isEqualTo(12);
    assertThat(bob.bytes()).isEqualTo(1_200);
    assertThat(bob.oldest()).isEqualTo(START.plusSeconds(1));
    var newest = arrived(ANN, BOB, 12);
    assertThat(bob.last())
        .hasSize(MailboxStore.RECEIPTS)
        .startsWith(
            new InCustody(
                newest.id(), newest.sender(), newest.hash(), newest.at(), newest.expires()))
        .extracting(InCustody::at)
        .isSortedAccordingTo((a, b) -> b.compareTo(a));
    assertThat(store.mailboxes(all.getFirst().node(), 10)).containsExactly(all.getLast());
    assertThat(store.mailboxes(null, 1)).containsExactly(all.getFirst());
  }

  @Test
  void allThatWasForcedIsThereAfterACrash() {
    byte[] key = store.key().publicKey();
    put(arrived(ANN, BOB, 1));
    put(arrived(ANN, BOB, 2));
    put(expiring(ANN, CAT, 3, 1));
    take(BOB, 1);
    lapse(START.plusSeconds(1), 10);
    var waiting = waiting(BOB);

    crash();
    store = open();

    assertThat(store.key().publicKey()).isEqualTo(key);
    assertThat(waiting(BOB)).isEqualTo(waiting);
    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 0), pile(ANN, CAT, 0, 1));
    assertThat(store.totals()).isEqualTo(new Totals(1, 100, 0));
    put(arrived(ANN, BOB, 4));
    assertThat(waiting(BOB)).hasSize(2);
  }

  @Test
  void completesInTheOrderInWhichItWasAsked() {
    var order = new ArrayList<String>();
    var put = new CompletableFuture<Put>();
    var taken = new CompletableFuture<Optional<Pile>>();
    var account = new CompletableFuture<Account>();
    var _ = put.thenAccept(_ -> order.add("put"));
    var _ = taken.thenAccept(_ -> order.add("taken"));
    var done = account.thenApply(found -> order.add("account") ? found : null);

    store.put(arrived(ANN, BOB, 1), put);
    store.taken(BOB.nodeId(), EnvelopeIds.of(id(1)), taken);
    store.account(ANN.nodeId(), account);

    assertThat(await(done).piles()).isEmpty();
    assertThat(order).containsExactly("put", "taken", "account");
  }

  // ---- other relays

  private static final NodeKey SHIP = Envelopes.key(21);
  private static final NodeKey SHORE = Envelopes.key(22);
  private static final byte[] PASSAGE = Passage.sign(Envelopes.SPACE, SHORE.nodeId());

  private static Offered offer(Arrived envelope) {
    return new Offered(
        envelope.id(),
        envelope.hash(),
        envelope.sender(),
        envelope.destination(),
        envelope.bytes().length);
  }

  private Optional<Put> look(Arrived envelope) {
    return done(forced -> store.look(offer(envelope), forced));
  }

  private Optional<Pile> gone(long number, Hash... pseudonyms) {
    return done(forced -> store.gone(EnvelopeIds.of(id(number)), Set.of(pseudonyms), forced));
  }

  private void named(NodeKey... relays) {
    store.name(
        new Named(
            PSEUDONYM,
            PASSAGE,
            7,
            START.plusSeconds(50),
            Arrays.stream(relays)
                .map(relay -> new Sibling(relay.publicKey(), List.of("a:1", "b:2")))
                .toList()));
    account(ANN);
  }

  @Test
  void whatARelayBringsIsAPileOfItsOwnOfWhichTheSenderIsToldNothing() {
    put(arrived(ANN, BOB, 1));
    put(by(SHIP, arrived(ANN, BOB, 2)));
    put(by(SHORE, expiring(ANN, BOB, 3, 100)));

    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 0));
    assertThat(waiting(BOB)).hasSize(3);
    assertThat(lapse(START.plusSeconds(100), 10))
        .containsExactly(new Pile(ANN.nodeId(), PSEUDONYM, BOB.nodeId(), SHORE.nodeId(), 0, 1));
    assertThat(lapse(START.plusSeconds(100), 10)).isEmpty();
    assertThat(take(BOB, 2))
        .hasValue(new Pile(ANN.nodeId(), PSEUDONYM, BOB.nodeId(), SHIP.nodeId(), 0, 0));
    assertThat(account(ANN).piles()).containsExactly(pile(ANN, BOB, 1, 0));
  }

  @Test
  void whatARelayBringsCountsForItsSender() {
    put(by(SHIP, of(ANN, BOB, 1, 5_000)));
    put(of(ANN, CAT, 2, 4_990));
    assertThat(put(by(SHIP, of(ANN, ANN, 3, 100)))).isEqualTo(new Refused(Why.SENDER_QUOTA));
    assertThat(look(of(ANN, ANN, 3, 100))).hasValue(new Refused(Why.SENDER_QUOTA));
    assertThat(look(of(CAT, BOB, 4, 100))).hasValue(new Refused(Why.DESTINATION_QUOTA));
    assertThat(look(of(CAT, CAT, 4, 10))).isEmpty();
  }

  @Test
  void whatIsGoneIsNotTakenFromARelayAgainUntilItWouldHaveLapsed() {
    named(SHIP);
    var deposited = expiring(ANN, BOB, 1, 100);
    var brought = by(SHIP, expiring(ANN, BOB, 2, 200));
    put(deposited);
    put(brought);
    assertThat(look(deposited)).hasValue(new Kept(deposited.at()));
    take(BOB, 1);
    take(BOB, 2);

    crash();
    store = open();

    assertThat(look(deposited)).hasValue(new Gone());
    assertThat(put(by(SHIP, deposited))).isEqualTo(new Gone());
    assertThat(put(brought)).isEqualTo(new Gone());
    assertThat(put(deposited)).as("its sender may not have heard").isInstanceOf(Kept.class);
    take(BOB, 1);
    lapse(START.plusSeconds(100), 10);
    assertThat(look(deposited)).isEmpty();
    assertThat(look(brought)).hasValue(new Gone());
  }

  @Test
  void nothingIsRememberedWhereThereIsNoOtherRelay() {
    named(SHIP);
    named();
    put(arrived(ANN, BOB, 1));
    take(BOB, 1);
    assertThat(look(arrived(ANN, BOB, 1))).isEmpty();
  }

  @Test
  void whatLapsesIsNotGone() {
    named(SHIP);
    put(by(SHIP, expiring(ANN, BOB, 1, 100)));
    lapse(START.plusSeconds(100), 10);
    assertThat(look(arrived(ANN, BOB, 1))).isEmpty();
  }

  @Test
  void anotherRelaySaysWhatIsGoneOfItsSpacesAlone() {
    named(SHIP);
    put(arrived(ANN, BOB, 1));
    put(arrived(ANN, BOB, 2));

    assertThat(gone(1)).isEmpty();
    assertThat(gone(1, Hash.ZERO)).isEmpty();
    assertThat(waiting(BOB)).hasSize(2);
    assertThat(gone(1, Hash.ZERO, PSEUDONYM)).hasValue(pile(ANN, BOB, 1, 0));
    assertThat(gone(1, PSEUDONYM)).isEmpty();
    assertThat(gone(2, PSEUDONYM)).hasValue(pile(ANN, BOB, 0, 0));
    assertThat(look(arrived(ANN, BOB, 2))).hasValue(new Gone());
    assertThat(account(ANN).piles()).isEmpty();
  }

  @Test
  void otherBytesUnderAnIdThatIsHereAreRefusedWhenTheyAreOffered() {
    put(of(ANN, BOB, 1, 100));
    assertThat(look(of(ANN, BOB, 1, 50))).hasValue(new Refused(Why.OTHER_BYTES));
  }

  @Test
  void findsWhatIsHereForOneInTheOrderInWhichItCame() {
    put(of(1, Priority.NORMAL));
    put(by(SHIP, of(2, Priority.URGENT)));
    put(arrived(ANN, CAT, 3));
    put(of(4, Priority.BULK));
    take(BOB, 4);
    put(of(5, Priority.BULK));

    var held = store.held(PSEUDONYM, BOB.nodeId(), 0, 10);

    assertThat(held)
        .extracting(each -> EnvelopeIds.bytes(each.envelope().id()))
        .containsExactly(id(1), id(2), id(5));
    var second = held.get(1);
    var its = of(2, Priority.URGENT);
    assertThat(second)
        .isEqualTo(
            new Held(
                second.envelope(),
                its.hash(),
                ANN.nodeId(),
                PSEUDONYM,
                BOB.nodeId(),
                SHIP.nodeId(),
                its.expires(),
                null));
    assertThat(store.read(second.envelope())).hasValue(its.bytes());
    assertThat(store.held(PSEUDONYM, BOB.nodeId(), second.envelope().number(), 10))
        .containsExactly(held.getLast());
    assertThat(store.held(PSEUDONYM, BOB.nodeId(), 0, 1)).containsExactly(held.getFirst());
    assertThat(store.held(Hash.ZERO, BOB.nodeId(), 0, 10)).isEmpty();
    assertThat(store.brought(SHIP.nodeId(), 0, 10)).containsExactly(second);
    assertThat(store.brought(SHIP.nodeId(), second.envelope().number(), 10)).isEmpty();
    take(BOB, 2);
    assertThat(store.brought(SHIP.nodeId(), 0, 10)).isEmpty();
    assertThat(store.held(PSEUDONYM, BOB.nodeId(), 0, 10)).hasSize(2);
  }

  @Test
  void forgetsWhatARelayHasToldButNotThatItComes() {
    var itself = new Coming(SHIP.nodeId(), PSEUDONYM, SHIP.nodeId(), 0, START.plusSeconds(100));
    var told = new Coming(SHIP.nodeId(), PSEUDONYM, BOB.nodeId(), 2, START.plusSeconds(200));
    var other = new Coming(SHORE.nodeId(), PSEUDONYM, BOB.nodeId(), 2, START.plusSeconds(200));
    store.comes(List.of(itself, told, other));
    store.forget(SHIP.nodeId());
    account(ANN);
    assertThat(store.comings()).containsExactlyInAnyOrder(itself, other);
  }

  @Test
  void whoIsNamedAndWhoComesIsThereAfterACrash() {
    named(SHORE, SHIP);
    var direct = new Coming(BOB.nodeId(), PSEUDONYM, BOB.nodeId(), 0, START.plusSeconds(100));
    var told = new Coming(SHIP.nodeId(), PSEUDONYM, BOB.nodeId(), 2, START.plusSeconds(200));
    var later = new Coming(SHIP.nodeId(), PSEUDONYM, BOB.nodeId(), 1, START.plusSeconds(300));
    store.comes(List.of(direct, told));
    store.comes(List.of(later));
    account(ANN);

    crash();
    store = open();

    assertThat(store.named())
        .singleElement()
        .satisfies(named -> {
          assertThat(named.pseudonym()).isEqualTo(PSEUDONYM);
          assertThat(named.passage()).isEqualTo(PASSAGE);
          assertThat(named.records()).isEqualTo(7);
          assertThat(named.until()).isEqualTo(START.plusSeconds(50));
          assertThat(named.siblings())
              .extracting(Sibling::key)
              .containsExactly(SHORE.publicKey(), SHIP.publicKey());
          assertThat(named.siblings().getFirst().addresses()).containsExactly("a:1", "b:2");
        });
    assertThat(store.comings()).containsExactlyInAnyOrder(direct, later);
    lapse(START.plusSeconds(100), 10);
    assertThat(store.comings()).containsExactly(later);
    named(SHIP);
    assertThat(store.named().getFirst().siblings()).hasSize(1);
    named();
    assertThat(store.named())
        .singleElement()
        .satisfies(named -> {
          assertThat(named.siblings()).isEmpty();
          assertThat(named.records()).as("it was said that there is none").isEqualTo(7);
        });
  }
}
