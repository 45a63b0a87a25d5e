package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.Decided;
import com.softadastra.engine.document.Definition;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Offered;
import com.softadastra.engine.space.Clocks;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Write;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is open because a clock is suspect is so at every node, whatever it hears first. */
class SuspectClocksTest {
  private static final SpaceId SPACE = JournalContract.membership().space();
  private static final DocumentKey ONE = new DocumentKey(SPACE, "orders", "one");

  private final Member right = new Member(1, 1_000_000);
  private final Member wrong = new Member(2, 9_000_000);
  private final Member third = new Member(3, 1_000_000);

  private static final class Member {
    final NodeKey key;
    final InMemoryJournal.Medium medium = new InMemoryJournal.Medium();
    private final Birth birth;
    private final Machine machine;
    InMemoryJournal journal = new InMemoryJournal(medium);
    Recording recording;
    long clock;

    Member(int n, long clock) {
      this.key = JournalContract.key(n);
      this.clock = clock;
      var life = new byte[Incarnation.BYTES];
      Arrays.fill(life, (byte) n);
      this.birth = new Birth(Incarnation.of(life), 0);
      this.machine =
          new Machine(
              () -> Instant.ofEpochMilli(this.clock++),
              new Random(n),
              () -> Long.MAX_VALUE,
              Runnable::run,
              (file, cause) -> {
                throw new IllegalStateException(file, cause);
              });
      this.recording = Recording.open(journal, key, birth, RecordingSettings.DEFAULT, machine);
      administer(() -> {
        recording.createSpace("space", JournalContract.membership());
        return true;
      });
    }

    void restart() {
      journal.close();
      journal = new InMemoryJournal(medium);
      recording = Recording.open(journal, key, birth, RecordingSettings.DEFAULT, machine);
    }

    void recordAll() {
      while (recording.recordNext()) {}
    }

    <T> T administer(Callable<T> work) {
      var done = recording.administer(work);
      recording.recordNext();
      return done.join();
    }

    Replica replica() {
      return recording.view(SPACE).orElseThrow().self();
    }

    void put(String collection, String id, JsonText body) {
      var operation =
          new OperationRequest(OperationKind.PUT, collection, id, body, null, Condition.ANY);
      var done =
          recording.submit(
              SPACE, new IntentRequest("space", null, null, Priority.NORMAL, List.of(operation)));
      recording.recordNext();
      assertThat(done).isCompleted();
    }

    void put(String body) {
      put("orders", "one", JsonText.parse(body));
    }

    void hears(Member from, long after) {
      for (var logged : from.journal.from(after + 1, 1000)) {
        var checked =
            BatchCheck.check(
                SPACE,
                List.of(new Offered(logged.bytes(), logged.signature())),
                node ->
                    List.of(JournalContract.key(1), JournalContract.key(2)).stream()
                        .filter(member -> member.nodeId().equals(node))
                        .map(NodeKey::publicKey)
                        .findFirst()
                        .orElse(null),
                _ -> false);
        var done = recording.store(SPACE, checked);
        recording.recordNext();
        assertThat(done.join()).isEmpty();
      }
    }

    long end() {
      return recording.durable();
    }

    DocumentState one() {
      return document(ONE);
    }

    DocumentState document(DocumentKey key) {
      var state = Objects.requireNonNull(journal.document(key));
      assertThat(DocumentUpdate.rebuilt(key, state.lastPosition(), journal)).isEqualTo(state);
      return state;
    }

    Decided.Standing standing() {
      return standing(ONE);
    }

    Decided.Standing standing(DocumentKey key) {
      return document(key).decided().getFirst().standing();
    }

    boolean openRow() {
      var id = Decided.conflictId(ONE, one().decided().getFirst().loser());
      return journal.conflicts().stream()
          .filter(conflict -> conflict.id().equals(id))
          .findFirst()
          .orElseThrow()
          .open();
    }

    boolean suspect(Replica replica, boolean suspect, long from) {
      var done = recording.suspect(SPACE, replica, suspect, from);
      recording.recordNext();
      return done.join();
    }
  }

  @BeforeEach
  void writeApart() {
    right.put(
        Operation.DEFINITIONS,
        "orders",
        Definition.body(1, new CollectionDefinition(Policy.MERGE)));
    right.put("{\"n\":0}");
    wrong.hears(right, 0);
    right.put("{\"n\":1}");
    wrong.put("{\"n\":2}");
  }

  private void meet() {
    long here = right.end();
    long there = wrong.end();
    right.hears(wrong, 0);
    wrong.hears(right, 0);
    assertThat(right.end()).isGreaterThanOrEqualTo(here);
    assertThat(wrong.end()).isGreaterThanOrEqualTo(there);
  }

  @Test
  void whatASuspectClockDecidedIsOpenAtEveryNode() {
    meet();
    assertThat(right.standing()).isEqualTo(Decided.Standing.STANDS);
    long before = right.end();
    assertThat(right.suspect(wrong.replica(), true, 1)).isTrue();
    wrong.hears(right, before);
    third.hears(right, 0);
    for (var member : List.of(right, wrong, third)) {
      assertThat(member.standing()).isEqualTo(Decided.Standing.DOUBTED);
      assertThat(member.openRow()).isTrue();
      assertThat(member.one().body()).isEqualTo(right.one().body());
    }
  }

  @Test
  void whatIsSaidBeforehandHoldsForWhatComesAfter() {
    right.suspect(wrong.replica(), true, 1);
    meet();
    assertThat(right.standing()).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.standing()).isEqualTo(Decided.Standing.DOUBTED);
  }

  @Test
  void onlyTheSequencesBetweenAreSuspect() {
    meet();
    right.suspect(wrong.replica(), true, 2);
    assertThat(right.standing()).isEqualTo(Decided.Standing.STANDS);
    right.suspect(wrong.replica(), false, 5);
    var marks = Clocks.Marks.of(right.journal.document(Clocks.key(SPACE, wrong.replica())));
    assertThat(List.of(1L, 2L, 4L, 5L))
        .map(marks::suspect)
        .containsExactly(false, true, true, false);
  }

  @Test
  void itIsSaidOnceForEachChange() {
    assertThat(right.suspect(wrong.replica(), false, 1)).isFalse();
    assertThat(right.suspect(wrong.replica(), true, 1)).isTrue();
    long end = right.end();
    assertThat(right.suspect(wrong.replica(), true, 1)).isFalse();
    assertThat(right.end()).isEqualTo(end);
    assertThat(right.suspect(wrong.replica(), false, 9)).isTrue();
  }

  @Test
  void ofWhatTwoSayApartNothingIsLost() {
    right.suspect(wrong.replica(), true, 1);
    wrong.suspect(wrong.replica(), true, 1);
    meet();
    long before = right.end();
    right.suspect(wrong.replica(), false, 1);
    wrong.hears(right, before);
    // it says so itself still
    assertThat(right.standing()).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.standing()).isEqualTo(Decided.Standing.DOUBTED);
    before = wrong.end();
    wrong.suspect(wrong.replica(), false, 1);
    right.hears(wrong, before);
    assertThat(right.standing()).isEqualTo(Decided.Standing.STANDS);
    assertThat(wrong.standing()).isEqualTo(Decided.Standing.STANDS);
    assertThat(right.openRow()).isFalse();
  }

  @Test
  void whoeverPutsTheDocumentAfterBothCloses() {
    right.suspect(wrong.replica(), true, 1);
    meet();
    long before = right.end();
    right.put(right.one().body() == null ? "{}" : right.one().body().text());
    wrong.hears(right, before);
    for (var member : List.of(right, wrong)) {
      assertThat(member.standing()).isEqualTo(Decided.Standing.OVERWRITTEN);
      assertThat(member.openRow()).isFalse();
    }
  }

  private static DocumentKey order(int n) {
    return new DocumentKey(SPACE, "orders", "order-" + n);
  }

  /** Of each of these both write the same field apart, and then know it. */
  private void disputed(int many) {
    for (int n = 1; n <= many; n++) {
      right.put("orders", order(n).id(), JsonText.parse("{\"n\":1}"));
      wrong.put("orders", order(n).id(), JsonText.parse("{\"n\":2}"));
    }
    meet();
  }

  @Test
  void whatIsDamagedKeepsNoOtherBackAndFollowsWhenItIsMended() {
    disputed(3);
    long before = right.end();
    right.suspect(wrong.replica(), true, 1);
    assertThat(wrong.medium.turnDocument(order(2), 77)).isTrue();
    wrong.hears(right, before);

    assertThat(wrong.standing(order(1))).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.standing(order(3))).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.journal.recover().clocksFollowed()).isEmpty();
    wrong.recordAll();
    assertThat(wrong.standing(order(2))).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.journal.recover().clocksFollowed()).containsExactly(SPACE);
  }

  @Test
  void whatWaitsForADamagedEntryFollowsAfterAStartToo() {
    disputed(2);
    long before = right.end();
    right.suspect(wrong.replica(), true, 1);
    long entry = wrong.document(order(1)).lastPosition();
    var whole = wrong.journal.entry(entry);
    assertThat(wrong.medium.turnEntry(entry, 77)).isTrue();
    wrong.hears(right, before);
    wrong.recordAll();
    assertThat(wrong.standing(order(2))).isEqualTo(Decided.Standing.DOUBTED);

    wrong.restart();
    wrong.recordAll();
    var sent = new ReceivedEntry(whole.entry(), whole.bytes(), whole.hash(), whole.signature());
    wrong.recording.mend(SPACE, List.of(sent));
    wrong.recordAll();
    assertThat(wrong.standing(order(1))).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.journal.recover().clocksFollowed()).containsExactly(SPACE);
  }

  @Test
  void manyDocumentsFollowInMoreThanOneCommitAndAfterAStart() {
    int many = 2 * Refolding.PAGE;
    disputed(many);
    long before = right.end();
    right.suspect(wrong.replica(), true, 1);
    wrong.hears(right, before);
    assertThat(wrong.journal.recover().clocksFollowed()).isEmpty();

    wrong.restart();
    wrong.recordAll();
    for (int n = 1; n <= many; n++) {
      assertThat(wrong.standing(order(n))).isEqualTo(Decided.Standing.DOUBTED);
    }
    assertThat(wrong.journal.recover().clocksFollowed()).containsExactly(SPACE);
  }

  @Test
  void whatSoftwareThatKnewNothingOfClocksHasStoredIsFollowedAfterAnUpgrade() {
    disputed(1);
    var asBefore = wrong.document(order(1));
    long before = right.end();
    right.suspect(wrong.replica(), true, 1);
    wrong.hears(right, before);
    assertThat(wrong.standing(order(1))).isEqualTo(Decided.Standing.DOUBTED);
    // as that left it
    var batch = new Batch(wrong.journal, Instant.EPOCH);
    batch.add(List.of(new Write.PutDocument(asBefore)));
    batch.followClocks(SPACE, false);
    wrong.journal.commit(batch);
    wrong.journal.force();

    wrong.restart();
    wrong.recordAll();
    assertThat(wrong.standing(order(1))).isEqualTo(Decided.Standing.DOUBTED);
    assertThat(wrong.journal.recover().clocksFollowed()).containsExactly(SPACE);
  }
}
