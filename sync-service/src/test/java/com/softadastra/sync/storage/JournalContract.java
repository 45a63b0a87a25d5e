package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Receiver;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.SpaceState;
import com.softadastra.engine.space.Urgency;
import com.softadastra.engine.space.Write;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.Recording.Outcome;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a recording may expect of any journal, seen through a recording that has no thread. */
abstract class JournalContract {
  static final NodeKey SELF = key(1);
  static final NodeKey OTHER = key(2);
  private static final JsonText BODY = new JsonText("{\"by\":\"another life\"}");
  static final Incarnation LIFE = Incarnation.of(new byte[16]);

  final Membership membership = membership();
  final SpaceId space = membership.space();
  Journal journal;
  Recording recording;

  /** Opens the journal of this test; empty at first, then with what was left. */
  abstract Journal open() throws Exception;

  /** The power fails: what was not forced is gone. The journal was not closed. */
  abstract void powerFails() throws Exception;

  /** What the outbox holds, as sequences of this node. */
  abstract List<Long> outbox(Journal journal, SpaceId space) throws Exception;

  /** What the dead letters are, by position. */
  abstract Map<Long, Standing> deadLetters(Journal journal) throws Exception;

  static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  /** A space of {@code key(1)}, who made it, and {@code key(2)}, who may write in it. */
  static Membership membership() {
    var create = new MembershipRecord.Create(SELF.publicKey(), "self", "space", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(create, SELF)));
    var grant = alone.grant(SELF.nodeId(), OTHER.publicKey(), "other", Role.WRITER, 0);
    return alone.with(List.of(SpaceNames.sign(grant, SELF)));
  }

  @BeforeEach
  void start() throws Exception {
    journal = open();
    assertThat(journal.found()).isEmpty();
    recover(new Birth(LIFE, 0));
    administer(() -> recording.createSpace("space", membership));
  }

  @AfterEach
  void end() throws Exception {
    journal.close();
  }

  private void recover(Birth birth) {
    var machine =
        new Machine(
            InstantSource.system(),
            new Random(1),
            () -> Long.MAX_VALUE,
            Runnable::run,
            (file, cause) -> {
              throw new IllegalStateException(file, cause);
            });
    recording = Recording.open(journal, SELF, birth, RecordingSettings.DEFAULT, machine);
  }

  void restart(Birth birth) throws Exception {
    journal.close();
    journal = open();
    recover(birth);
  }

  void administer(Runnable work) {
    var done =
        recording.administer(() -> {
          work.run();
          return true;
        });
    recording.recordNext();
    assertThat(done).isCompleted();
  }

  private CompletableFuture<Outcome> submit(@Nullable String id, String document, String body) {
    return submit(id, document, body, Priority.NORMAL);
  }

  private CompletableFuture<Outcome> submit(
      @Nullable String id, String document, String body, Priority priority) {
    var put =
        new OperationRequest(
            OperationKind.PUT, "things", document, new JsonText(body), null, Condition.ANY);
    return recording.submit(space, new IntentRequest("space", id, null, priority, List.of(put)));
  }

  LoggedEntry put(@Nullable String id, String document, String body) {
    var done = submit(id, document, body);
    recording.recordNext();
    return done.join().entry();
  }

  private DocumentKey thing(String id) {
    return new DocumentKey(space, "things", id);
  }

  @Test
  void showsWhatWasCommitted() {
    var first = submit(null, "a", "{\"n\":1}");
    var second = submit("mine", "b", "{\"n\":2}");
    recording.recordNext();

    var one = first.join().entry();
    var two = second.join().entry();
    assertThat(journal.entry(one.position()).bytes()).isEqualTo(one.bytes());
    assertThat(journal.from(1, 10))
        .extracting(LoggedEntry::hash)
        .containsExactly(one.hash(), two.hash());
    assertThat(journal.from(two.position(), 1))
        .extracting(LoggedEntry::hash)
        .containsExactly(two.hash());
    assertThat(journal.find(space, recording.view(space).orElseThrow().self(), 2))
        .hasValueSatisfying(found -> assertThat(found.hash()).isEqualTo(two.hash()));
    assertThat(journal.find(space, recording.view(space).orElseThrow().self(), 3)).isEmpty();
    var state = journal.document(thing("b"));
    assertThat(state).isNotNull();
    assertThat(state.winner().body()).isEqualTo(new JsonText("{\"n\":2}"));
    assertThat(journal.document(thing("c"))).isNull();
  }

  @Test
  void findsIntentsByTheirIds() {
    var generated = put(null, "a", "{}");
    var given = put("mine", "a", "{\"n\":1}");

    var generatedId = generated.entry().intent().id();
    assertThat(journal.intent(space, generatedId))
        .hasValueSatisfying(found -> assertThat(found.hash()).isEqualTo(generated.hash()));
    assertThat(journal.intent(space, "mine"))
        .hasValueSatisfying(found -> assertThat(found.hash()).isEqualTo(given.hash()));
    assertThat(journal.intent(space, "another")).isEmpty();
  }

  @Test
  void findsIntentsByTheirIdsAfterARestart() throws Exception {
    var given = put("mine", "a", "{}");
    restart(new Birth(LIFE, 0));
    assertThat(journal.intent(space, "mine"))
        .hasValueSatisfying(found -> assertThat(found.hash()).isEqualTo(given.hash()));
    assertThat(put("mine", "a", "{}").hash()).isEqualTo(given.hash());
  }

  @Test
  void whatAnEarlierVersionHeldIsJudgedAtTheNextStart() throws Exception {
    put("first", "a", "{\"n\":1}");
    var second = put("second", "a", "{\"n\":2}");
    var whole = journal.document(thing("a"));
    hold(second);
    assertThat(journal.held()).containsExactly(second.position());
    assertThat(deadLetters(journal)).containsOnlyKeys(second.position());

    restart(new Birth(LIFE, 0));

    assertThat(journal.held()).isEmpty();
    assertThat(deadLetters(journal)).isEmpty();
    assertThat(journal.document(thing("a"))).isEqualTo(whole);
    assertThat(journal.entry(second.position()).standing()).isEqualTo(Standing.EFFECTIVE);
  }

  @Test
  void whatIsHeldIsJudgedAgainWhenThatIsAskedFor() throws Exception {
    var first = put("first", "a", "{\"n\":1}");
    hold(first);
    var judged = recording.administer(() -> recording.judgeAgain(first.position()));
    recording.recordNext();
    assertThat(judged).isCompletedWithValue(true);
    assertThat(journal.document(thing("a")).body()).isEqualTo(new JsonText("{\"n\":1}"));
    var again = recording.administer(() -> recording.judgeAgain(first.position()));
    recording.recordNext();
    assertThat(again).isCompletedWithValue(false);
  }

  /** As a version leaves an entry that can't judge it. */
  private void hold(LoggedEntry logged) {
    var key = thing("a");
    var held =
        DocumentUpdate.operations(key, logged.position(), journal).stream()
            .filter(known -> known.position() != logged.position())
            .toList();
    var batch = new Batch(journal, Instant.EPOCH);
    batch.add(
        List.of(
            new Write.Restand(journal.entry(logged.position()).standing(Standing.HELD)),
            new Write.PutDocument(DocumentFold.replay(key, held, logged.position()))));
    journal.commit(batch);
    journal.force();
  }

  @Test
  void urgencyOutlivesAStop() throws Exception {
    put(null, "a", "{}");
    var urgent = submit(null, "b", "{}", Priority.URGENT);
    submit(null, "c", "{}", Priority.BULK);
    recording.recordNext();
    var urgency = recording.view(space).orElseThrow().urgency();
    assertThat(urgency).isEqualTo(new Urgency(2, 2));
    assertThat(urgent.join().entry().position()).isEqualTo(2);

    restart(new Birth(LIFE, 0));
    assertThat(recording.view(space).orElseThrow().urgency()).as("read on").isEqualTo(urgency);
    put(null, "d", "{}");
    recording.finish();
    restart(new Birth(LIFE, 0));
    assertThat(recording.view(space).orElseThrow().urgency()).isEqualTo(new Urgency(2, 4));
  }

  @Test
  void signsTheLastEntryOfEachCommit() {
    submit(null, "a", "{}");
    submit(null, "b", "{}");
    recording.recordNext();

    assertThat(journal.from(1, 10))
        .extracting(logged -> logged.signature() != null)
        .containsExactly(false, true);
    assertThat(recording.log().signedRun(space, 0, 1, _ -> false)).hasSize(2);
    assertThat(recording.log().signedRun(space, 2, 1, _ -> false)).isEmpty();
  }

  @Test
  void isTheSameAfterARestart() throws Exception {
    var entry = put("mine", "a", "{\"n\":1}");
    var views = recording.views();

    restart(new Birth(LIFE, 0));

    assertThat(journal.found())
        .hasValueSatisfying(found -> {
          assertThat(found.incarnation()).isEqualTo(LIFE);
          assertThat(found.opened()).isEqualTo(2);
          assertThat(found.lastPosition()).isEqualTo(entry.position());
        });
    assertThat(recording.views().get(space).chains()).isEqualTo(views.get(space).chains());
    assertThat(recording.views().get(space).membership().records())
        .extracting(SignedRecord::hash)
        .isEqualTo(membership.records().stream().map(SignedRecord::hash).toList());
    assertThat(journal.intent(space, "mine")).isPresent();
    assertThat(journal.document(thing("a"))).isNotNull();
    assertThat(put(null, "a", "{\"n\":2}").position()).isEqualTo(entry.position() + 1);
  }

  @Test
  void startsFromTheChainsThatWereWrittenDown() throws Exception {
    put(null, "a", "{}");
    administer(recording::finish);
    put(null, "b", "{}");
    var chains = recording.view(space).orElseThrow().chains();

    restart(new Birth(LIFE, 0));

    assertThat(journal.recover().chainsPosition()).isEqualTo(1);
    assertThat(recording.view(space).orElseThrow().chains()).isEqualTo(chains);
  }

  @Test
  void aNewIncarnationGoesOnAboveTheOld() throws Exception {
    put(null, "a", "{}");
    var next = Incarnation.of(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});

    restart(new Birth(next, Birth.STRIDE));
    var entry = put(null, "a", "{\"n\":2}");

    assertThat(entry.position()).isEqualTo(Birth.STRIDE + 1);
    assertThat(entry.entry().sequence()).isEqualTo(1);
    assertThat(entry.entry().author().incarnation()).isEqualTo(next);
    restart(new Birth(next, 0));
    assertThat(recording.incarnation()).isEqualTo(next);
    assertThat(put(null, "b", "{}").position()).isEqualTo(Birth.STRIDE + 2);
  }

  @Test
  void losesNothingForcedWhenThePowerFails() throws Exception {
    var first = put("mine", "a", "{\"n\":1}");
    // the first of a collection may be forced in another way
    var second = put("yours", "b", "{\"n\":2}");
    // committed and not forced
    var unforced = new Batch(journal, Instant.EPOCH);
    unforced.oweEverything(space);
    unforced.chains(Map.of(), Map.of(), 0);
    journal.commit(unforced);
    var gone = new Batch(journal, Instant.EPOCH);
    gone.discharge(space, second.position());
    journal.commit(gone);
    assertThat(outbox(journal, space)).isEmpty();

    powerFails();
    journal = open();
    recover(new Birth(LIFE, 0));

    assertThat(journal.from(1, 10))
        .extracting(LoggedEntry::hash)
        .containsExactly(first.hash(), second.hash());
    assertThat(journal.intent(space, "mine")).isPresent();
    assertThat(journal.intent(space, "yours")).isPresent();
    assertThat(journal.document(thing("a"))).isNotNull();
    assertThat(journal.document(thing("b"))).isNotNull();
    assertThat(outbox(journal, space)).containsExactly(1L, 2L);
  }

  @Test
  void owesWhatTheOtherMemberIsNotKnownToHave() throws Exception {
    put(null, "a", "{}");
    put(null, "b", "{}");
    put(null, "c", "{}");
    assertThat(outbox(journal, space)).containsExactly(1L, 2L, 3L);
    var self = recording.view(space).orElseThrow().self();
    var by = new Replica(OTHER.nodeId(), LIFE);
    var statement = new Statement(space, by, 1, 1, Map.of(self, 2L));

    recording.note(new Ledger.Known(statement, statement.sign(OTHER).signature(), null));
    recording.recordNext();
    assertThat(discharge(10)).isEqualTo(2);

    assertThat(outbox(journal, space)).containsExactly(3L);
    powerFails();
    journal = open();
    recover(new Birth(LIFE, 0));
    assertThat(outbox(journal, space)).containsExactly(3L);
    restart(new Birth(LIFE, 0));
    assertThat(recording.ledger().covers(space, OTHER.nodeId(), new Dot(self, 2))).isTrue();
    assertThat(discharge(10)).isZero();
  }

  @Test
  void owesNothingToARetiredMemberAndAllToOneThatCountsAgain() throws Exception {
    put(null, "a", "{}");
    var second = put(null, "b", "{}");
    var self = recording.view(space).orElseThrow().self();
    note(new Statement(space, new Replica(OTHER.nodeId(), LIFE), 1, 1, Map.of(self, 1L)));
    assertThat(recording.ledger().isAlone(membership, SELF.nodeId(), new Dot(self, 1))).isFalse();
    var told = new ArrayList<String>();
    recording.ledger().onChange(() -> told.add("others count"));
    var end = membership.retirement(SELF.nodeId(), OTHER.nodeId(), 1);
    var retired = membership.with(List.of(SpaceNames.sign(end, SELF)));

    administer(() -> recording.putMembership(retired));
    assertThat(told).containsExactly("others count");
    assertThat(recording.ledger().isAlone(retired, SELF.nodeId(), new Dot(self, 1))).isTrue();
    assertThat(discharge(10)).isEqualTo(2);
    var third = put(null, "c", "{}");
    assertThat(outbox(journal, space)).isEmpty();
    restart(new Birth(LIFE, 0));
    assertThat(recording.view(space).orElseThrow().membership().isActive(OTHER.nodeId())).isFalse();

    var grant = retired.grant(SELF.nodeId(), OTHER.publicKey(), "other", Role.WRITER, 2);
    administer(() -> recording.putMembership(retired.with(List.of(SpaceNames.sign(grant, SELF)))));
    assertThat(outbox(journal, space)).contains(second.position(), third.position());
  }

  @Test
  void owesAllToOneThatCountsAgainWhileAnotherIsRetired() throws Exception {
    var third = key(3);
    var grant = membership.grant(SELF.nodeId(), third.publicKey(), "third", Role.WRITER, 1);
    var three = membership.with(List.of(SpaceNames.sign(grant, SELF)));
    var end = three.retirement(SELF.nodeId(), third.nodeId(), 2);
    var without = three.with(List.of(SpaceNames.sign(end, SELF)));
    administer(() -> recording.putMembership(without));
    var written = put(null, "a", "{}");
    var self = recording.view(space).orElseThrow().self();
    note(new Statement(space, new Replica(OTHER.nodeId(), LIFE), 1, 1, Map.of(self, 1L)));
    discharge(10);
    assertThat(outbox(journal, space)).isEmpty();

    var again = without.grant(SELF.nodeId(), third.publicKey(), "third", Role.WRITER, 3);
    var back = without.with(List.of(SpaceNames.sign(again, SELF)));
    var other = back.retirement(SELF.nodeId(), OTHER.nodeId(), 4);
    administer(() -> recording.putMembership(back.with(List.of(SpaceNames.sign(other, SELF)))));
    assertThat(outbox(journal, space)).containsExactly(written.position());
  }

  @Test
  void whoHasSeenVeryManyChainsWritesAndStarts() throws Exception {
    var lives = new ArrayList<ReceivedEntry>();
    for (int n = 1; n <= Bounds.CAUSES + 1; n++) {
      lives.add(byTheOther("theirs-" + n, "theirs-" + n, Incarnation.of(life(n))));
    }
    receive(lives);
    put("mine", "a", "{}");

    var written = journal.from(lives.size() + 1, 10);
    assertThat(written)
        .extracting(logged -> logged.entry().kind())
        .containsExactly(Entry.OBSERVATION, Entry.DATA);
    assertThat(written).allMatch(logged -> logged.signature() != null);
    assertThat(deadLetters(journal)).isEmpty();
    var chains = recording.view(space).orElseThrow().chains();
    restart(new Birth(LIFE, 0));
    assertThat(recording.view(space).orElseThrow().chains()).isEqualTo(chains);
    assertThat(put(null, "a", "{}").entry().causes()).isEmpty();
  }

  private static byte[] life(int n) {
    return java.nio.ByteBuffer.allocate(Incarnation.BYTES).putInt(n).array();
  }

  @Test
  void owesAgainWhatARestoredMemberHasLost() throws Exception {
    put(null, "a", "{}");
    put(null, "b", "{}");
    var self = recording.view(space).orElseThrow().self();
    var other = new Replica(OTHER.nodeId(), LIFE);
    note(new Statement(space, other, 1, 1, Map.of(self, 2L)));
    discharge(10);
    assertThat(outbox(journal, space)).isEmpty();
    var atRisk = put(null, "c", "{}").dot();
    var restored =
        new Replica(
            OTHER.nodeId(),
            Incarnation.of(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}));

    note(new Statement(space, restored, 2, 2, Map.of(self, 1L)));
    discharge(10);

    assertThat(outbox(journal, space)).containsExactly(2L, 3L);
    assertThat(recording.ledger().isAlone(membership, SELF.nodeId(), new Dot(self, 1))).isFalse();

    assertThat(recording.ledger().isAlone(membership, SELF.nodeId(), new Dot(self, 2))).isTrue();
    assertThat(recording.ledger().isAlone(membership, SELF.nodeId(), atRisk)).isTrue();

    powerFails();
    journal = open();
    recover(new Birth(LIFE, 0));
    assertThat(outbox(journal, space)).containsExactly(2L, 3L);
  }

  @Test
  void owesAgainNothingButWhatARestoredMemberHasLost() throws Exception {
    receive(List.of(byTheOther("theirs")));
    for (int n = 1; n <= 200; n++) {
      put(null, "a", "{}");
    }
    var self = recording.view(space).orElseThrow().self();
    var other = new Replica(OTHER.nodeId(), LIFE);
    note(new Statement(space, other, 1, 1, Map.of(self, 200L, other, 1L)));
    discharge(1000);
    assertThat(outbox(journal, space)).isEmpty();

    note(new Statement(space, other, 2, 2, Map.of(self, 197L, other, 1L)));

    assertThat(outbox(journal, space)).containsExactly(198L, 199L, 200L);
    note(new Statement(space, other, 3, 3, Map.of(self, 200L, other, 1L)));
    discharge(1000);
    note(new Statement(space, restored(), 4, 4, Map.of(self, 199L)));
    assertThat(outbox(journal, space))
        .as("what it wrote in its earlier life too")
        .containsExactly(1L, 200L);
  }

  private static Replica restored() {
    return new Replica(OTHER.nodeId(), Incarnation.of(life(7)));
  }

  @Test
  void whatAMemberHasLostIsOwedAPageAtATimeAndThenItsStatementCounts() throws Exception {
    int many = 3 * FallenBack.PAGE;
    putMany(many);
    var self = recording.view(space).orElseThrow().self();
    var before =
        new Statement(space, new Replica(OTHER.nodeId(), LIFE), 1, 1, Map.of(self, (long) many));
    note(before);
    assertThat(discharge(10_000)).isEqualTo(many);
    var after = new Statement(space, restored(), 2, 2, Map.of(self, 10L));

    note(after);
    assertThat(said()).isEqualTo(before);
    assertThat(outbox(journal, space)).hasSizeBetween(1, FallenBack.PAGE);
    // nothing of it goes again, whatever else happens meanwhile
    assertThat(discharge(10_000)).isZero();
    var meanwhile = new Statement(space, restored(), 3, 3, Map.of(self, 5L));
    note(meanwhile);
    recordAll();
    assertThat(said()).isEqualTo(meanwhile);
    assertThat(outbox(journal, space)).hasSize(many - 5).startsWith(6L, 7L).endsWith((long) many);
  }

  @Test
  void whatAMemberHasLostIsFoundAgainWhenItSpeaksAfterAStart() throws Exception {
    int many = 2 * FallenBack.PAGE;
    putMany(many);
    var self = recording.view(space).orElseThrow().self();
    var before =
        new Statement(space, new Replica(OTHER.nodeId(), LIFE), 1, 1, Map.of(self, (long) many));
    note(before);
    discharge(10_000);
    var after = new Statement(space, restored(), 2, 2, Map.of());
    note(after);

    restart(new Birth(LIFE, 0));
    assertThat(said()).isEqualTo(before);
    note(after);
    recordAll();
    assertThat(said()).isEqualTo(after);
    assertThat(outbox(journal, space)).hasSize(many);
  }

  private Statement said() {
    return recording.ledger().by(space, OTHER.nodeId()).orElseThrow().statement();
  }

  private void putMany(int many) {
    for (int n = 1; n <= many; n++) {
      submit(null, "a", "{}");
      if (n % 128 == 0 || n == many) {
        recordAll();
      }
    }
  }

  /** How many rows of the outbox went. */
  private int discharge(int most) {
    var done = recording.discharge(most);
    recording.recordNext();
    assertThat(done).isCompleted();
    return done.join();
  }

  private void recordAll() {
    while (recording.recordNext()) {}
  }

  private void note(Statement statement) {
    recording.note(new Ledger.Known(statement, statement.sign(OTHER).signature(), null));
    recording.recordNext();
  }

  @Test
  void keepsTheRecordsOfANewMember() throws Exception {
    put(null, "a", "{}");
    var third = key(3);
    var grant = membership.grant(SELF.nodeId(), third.publicKey(), "third", Role.READER, 1);
    var more = membership.with(List.of(SpaceNames.sign(grant, SELF)));

    administer(() -> recording.putMembership(more));
    restart(new Birth(LIFE, 0));

    assertThat(recording.view(space).orElseThrow().membership().member(third.nodeId())).isPresent();
    assertThat(outbox(journal, space)).containsExactly(1L);
  }

  /** An intent as the other member recorded it. */
  ReceivedEntry byTheOther(String intentId) {
    return byTheOther(intentId, "theirs", LIFE);
  }

  private ReceivedEntry byTheOther(String intentId, String document, Incarnation life) {
    var put = new Operation("things", document, List.of(), List.of(), new Change.Put(BODY));
    var intent = new Intent(intentId, null, Priority.NORMAL, null, List.of(put));
    var bytes =
        EntryCodec.encode(
            new Entry(
                Entry.DATA,
                space,
                new com.softadastra.contracts.Replica(OTHER.nodeId(), life),
                1,
                Long.MAX_VALUE >> 1,
                Hash.ZERO,
                List.of(),
                membership.authority(OTHER.nodeId()).orElseThrow(),
                EntryCodec.encode(intent),
                intent));
    var hash = Hash.sha256(bytes);
    return new ReceivedEntry(
        EntryCodec.decode(bytes), bytes, hash, OTHER.sign(Purpose.ENTRY, hash));
  }

  @Test
  void keepsADeadLetterForAsLongAsItHasNoEffect() throws Exception {
    var first = put(null, "a", "{}");
    var second = put("mine", "a", "{\"n\":1}");
    receive(List.of(byTheOther("mine")));

    assertThat(deadLetters(journal)).isEqualTo(Map.of(3L, Standing.DUPLICATE));
    powerFails();
    journal = open();
    recover(new Birth(LIFE, 0));
    assertThat(deadLetters(journal)).isEqualTo(Map.of(3L, Standing.DUPLICATE));

    // the entry that came first loses its effect, so the other one has it
    receive(anotherLife(first, 1));

    assertThat(journal.entry(3).standing()).isEqualTo(Standing.EFFECTIVE);
    var forked = Map.of(second.position(), Standing.FORKED, 4L, Standing.FORKED);
    assertThat(deadLetters(journal)).isEqualTo(forked);
    restart(new Birth(recording.incarnation(), 0));
    assertThat(deadLetters(journal)).isEqualTo(forked);
  }

  /** What another life of this node wrote after an entry, where it doesn't know what followed. */
  private List<ReceivedEntry> anotherLife(LoggedEntry after, int count) {
    var entries = new ArrayList<ReceivedEntry>();
    long sequence = after.entry().sequence();
    var previous = after.hash();
    for (int i = 0; i < count; i++) {
      var put = new Operation("things", "other" + i, List.of(), List.of(), new Change.Put(BODY));
      var intent = new Intent("other-" + i, null, Priority.NORMAL, null, List.of(put));
      var bytes =
          EntryCodec.encode(
              new Entry(
                  Entry.DATA,
                  space,
                  after.entry().author(),
                  ++sequence,
                  1,
                  previous,
                  List.of(),
                  after.entry().authority(),
                  EntryCodec.encode(intent),
                  intent));
      previous = Hash.sha256(bytes);
      entries.add(
          new ReceivedEntry(
              EntryCodec.decode(bytes), bytes, previous, SELF.sign(Purpose.ENTRY, previous)));
    }
    return entries;
  }

  void receive(List<ReceivedEntry> entries) {
    var stored = recording.store(space, new Checked(entries, Map.of()));
    recording.recordNext();
    assertThat(stored).isCompletedWithValue(Map.of());
  }

  @Test
  void splitsAChainThatWasForked() throws Exception {
    var first = put(null, "a", "{}");
    // beyond a mark, so that marks move too
    var rest = new ArrayList<LoggedEntry>();
    for (int n = 0; n < 130; n++) {
      rest.add(put(n == 0 ? "mine" : null, "a", "{\"n\":" + n + "}"));
    }
    var author = first.entry().author();
    var other = anotherLife(first, 2);

    receive(other);

    var left = EntryCodec.branch(author, rest.getFirst().hash());
    var right = EntryCodec.branch(author, other.getFirst().hash());
    var self = recording.view(space).orElseThrow().self();
    assertThat(self).isNotEqualTo(author);
    var vector = new HashMap<com.softadastra.contracts.Replica, Long>();
    recording
        .view(space)
        .orElseThrow()
        .chains()
        .forEach((name, head) -> vector.put(name, head.sequence()));
    assertThat(vector).isEqualTo(Map.of(author, 1L, left, 131L, right, 3L, self, 132L));
    assertThat(recording.view(space).orElseThrow().entries()).isEqualTo(1 + 130 + 2 + 132);
    var chains = recording.view(space).orElseThrow().chains();
    restart(new Birth(recording.incarnation(), 0));
    assertThat(recording.view(space).orElseThrow().chains()).isEqualTo(chains);
    assertThat(journal.from(1, 1000)).hasSize(1 + 130 + 2 + 132);

    assertThat(journal.find(space, author, 2)).isEmpty();
    for (var logged : rest) {
      assertThat(journal.find(space, left, logged.entry().sequence()))
          .hasValueSatisfying(found -> {
            assertThat(found.hash()).isEqualTo(logged.hash());
            assertThat(found.standing()).isEqualTo(Standing.FORKED);
          });
      var id = logged.entry().intent().id();
      assertThat(journal.intents(space, id)).hasSize(2);
      assertThat(journal.intent(space, id))
          .hasValueSatisfying(found -> assertThat(found.chain()).isEqualTo(self));
    }
    assertThat(journal.run(space, left, 100))
        .extracting(logged -> logged.entry().sequence())
        .first()
        .isEqualTo(100L);
    assertThat(journal.run(space, left, 2)).hasSize(130);
    assertThat(journal.run(space, right, 1)).hasSize(2);
    assertThat(journal.document(thing("a")).winner().body()).isEqualTo(new JsonText("{\"n\":129}"));
    assertThat(journal.document(thing("other1")).exists()).isTrue();
    assertThat(outbox(journal, space)).hasSize(1 + 130 + 2 + 132);
  }

  @Test
  void splitsABranchAgainWhereALowerForkIsFound() throws Exception {
    var first = put(null, "a", "{}");
    for (int n = 0; n < 70; n++) {
      put(null, "a", "{\"n\":" + n + "}");
    }
    var author = first.entry().author();
    var upper = journal.find(space, author, 68).orElseThrow();
    receive(anotherLife(upper, 3));
    receive(anotherLife(journal.find(space, author, 2).orElseThrow(), 1));

    var chains = recording.view(space).orElseThrow().chains();
    assertThat(chains.get(author).sequence()).isEqualTo(2);
    assertThat(chains.values().stream().filter(c -> c.author().equals(author) && c.branch()))
        .extracting(c -> c.after() + " to " + c.sequence())
        .containsExactlyInAnyOrder("2 to 3", "2 to 68", "68 to 71", "68 to 71");
    restart(new Birth(recording.incarnation(), 0));
    assertThat(recording.view(space).orElseThrow().chains()).isEqualTo(chains);
    for (var chain : chains.entrySet()) {
      assertThat(journal.run(space, chain.getKey(), 1))
          .hasSize((int) chain.getValue().entries())
          .last()
          .satisfies(logged -> assertThat(logged.hash()).isEqualTo(chain.getValue().hash()));
    }
  }

  @Test
  void recordsAgainAtStartWhatWasForkedAndHasNoEffect() throws Exception {
    var first = put(null, "a", "{}");
    var second = put("mine", "a", "{\"n\":1}");
    // the fork is found by a decision that could not record anything again
    var receiver = new SpaceStateOf(membership, recording);
    var batch = receiver.received(anotherLife(first, 1).getFirst(), journal);
    journal.commit(batch);
    journal.force();

    restart(
        new Birth(Incarnation.of(new byte[] {9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}), 0));

    assertThat(journal.intent(space, "mine"))
        .hasValueSatisfying(found -> {
          assertThat(found.standing().effective()).isTrue();
          assertThat(found.hash()).isNotEqualTo(second.hash());
        });
    assertThat(journal.intent(space, "other-0"))
        .hasValueSatisfying(found -> {
          assertThat(found.standing().effective()).isTrue();
          assertThat(found.signature()).isNotNull();
        });
  }

  /** The space as the recording has it, for a decision outside of it. */
  private record SpaceStateOf(Membership membership, Recording recording) {
    Batch received(ReceivedEntry entry, Journal journal) {
      var view = recording.view(membership.space()).orElseThrow();
      var state = new SpaceState(membership, view.self(), view.chains());
      var batch = new Batch(journal, Instant.EPOCH);
      var verdict = Receiver.receive(entry, state, batch, Instant.EPOCH, recording.durable() + 1);
      batch.add(((Receiver.Verdict.Stored) verdict).writes());
      batch.chains(Map.of(membership.space(), state.chains()), Map.of(), recording.durable() + 1);
      return batch;
    }
  }
}
