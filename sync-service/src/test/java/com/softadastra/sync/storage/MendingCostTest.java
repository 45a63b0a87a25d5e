package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Write;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the recording thread does for damaged rows, counted. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class MendingCostTest {
  private static final int ENTRIES = 2_000;
  private static final int DOCUMENTS = 40;

  /** Pages that one reading of the log has. */
  private static final int PAGES = ENTRIES / 512 + 1;

  private final NodeKey key = JournalContract.key(1);
  private final NodeKey other = JournalContract.key(2);
  private final Membership membership = JournalContract.membership();
  private final InMemoryJournal.Medium medium = new InMemoryJournal.Medium();
  private Recording recording;
  private int pages;
  private int mostRestood;
  private Runnable inRecord = () -> {};

  /** Rows don't prove what was written. */
  private boolean moreIsDamaged;

  @BeforeEach
  void write() {
    open(RecordingSettings.DEFAULT);
    var done =
        recording.administer(() -> {
          recording.createSpace("space", membership);
          return true;
        });
    recordAll();
    assertThat(done).isCompleted();
    for (int i = 0; i < ENTRIES; i++) {
      submit(document(i % DOCUMENTS));
    }
    recordAll();
  }

  private void open(RecordingSettings settings) {
    var journal = new InMemoryJournal(medium);
    var counted =
        (Journal)
            Proxy.newProxyInstance(
                Journal.class.getClassLoader(),
                new Class<?>[] {Journal.class},
                (_, method, arguments) -> {
                  switch (method.getName()) {
                    case "from" -> pages++;
                    case "mended" -> {
                      if (moreIsDamaged) {
                        return Optional.empty();
                      }
                    }
                    case "commit", "record" ->
                        mostRestood =
                            Math.max(mostRestood, ((Batch) arguments[0]).restood().size());
                    default -> {}
                  }
                  try {
                    return method.invoke(journal, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    var machine =
        new Machine(
            () -> Instant.ofEpochSecond(1_800_000_000),
            new Random(1),
            () -> {
              inRecord.run();
              return Long.MAX_VALUE;
            },
            Runnable::run,
            (file, cause) -> {
              throw new AssertionError(file, cause);
            });
    recording =
        Recording.open(
            counted,
            key,
            new Birth(Incarnation.of(new byte[Incarnation.BYTES]), 0),
            settings,
            machine);
    pages = 0;
  }

  private void recordAll() {
    while (recording.recordNext()) {}
  }

  private static String document(int number) {
    return "d" + number;
  }

  private DocumentKey key(String document) {
    return new DocumentKey(membership.space(), "things", document);
  }

  private CompletableFuture<Recording.Outcome> submit(String document) {
    var put =
        new OperationRequest(
            OperationKind.PUT, "things", document, new JsonText("{}"), null, Condition.ANY);
    return recording.submit(
        membership.space(), new IntentRequest("space", null, null, Priority.NORMAL, List.of(put)));
  }

  private void damage(String document) {
    assertThat(medium.turnDocument(key(document), 100)).isTrue();
  }

  @Test
  void aDocumentThatWaitsForAnEntryIsNotLookedForAgain() {
    assertThat(medium.turnEntry(700, 100)).isTrue();
    var document = document(699 % DOCUMENTS);
    damage(document);
    recording.noticed(DamagedRow.ofDocument(key(document)));
    recordAll();
    assertThat(recording.damaged()).extracting(DamagedEntry::position).containsExactly(700L);
    int before = pages;
    for (int i = 0; i < 100; i++) {
      recording.noticed(DamagedRow.ofDocument(key(document)));
      var refused = submit(document);
      recordAll();
      assertThat(refused).isCompletedExceptionally();
    }
    assertThat(pages).isEqualTo(before);
  }

  @Test
  void theLogIsReadOnceForAllThatIsDamaged() {
    for (int i = 0; i < 20; i++) {
      damage(document(i));
      recording.noticed(DamagedRow.ofDocument(key(document(i))));
    }
    recordAll();
    assertThat(medium.damaged()).isZero();
    assertThat(pages).isBetween(1, PAGES + 1);
  }

  @Test
  void othersGoOnWhileTheLogIsRead() {
    damage("d1");
    recording.noticed(DamagedRow.ofDocument(key("d1")));
    var waits = submit("d1");
    var first = submit("d2");
    assertThat(recording.recordNext()).isTrue();
    assertThat(pages).isEqualTo(1);
    assertThat(first).isCompleted();
    assertThat(waits).isNotDone();
    var second = submit("d2");
    assertThat(recording.recordNext()).isTrue();
    assertThat(pages).isEqualTo(2);
    assertThat(second).isCompleted();
    recordAll();
    assertThat(waits).isCompleted();
    assertThat(waits.join().created()).isFalse();
    assertThat(medium.damaged()).isZero();
  }

  @Test
  void whatStillWaitsAtAStopIsRefused() {
    damage("d1");
    var waits = submit("d1");
    recording.recordNext();
    assertThat(waits).isNotDone();
    recording.end();
    recording.finish();
    assertThat(waits).isCompletedExceptionally();
  }

  private ReceivedEntry byTheOther(int n) {
    var put =
        new Operation(
            "things",
            "theirs",
            List.of(),
            List.of(),
            new Change.Put(new JsonText("{\"n\":" + n + "}")));
    var intent = new Intent("theirs-" + n, null, Priority.NORMAL, null, List.of(put));
    var bytes =
        EntryCodec.encode(
            new Entry(
                Entry.DATA,
                membership.space(),
                new Replica(other.nodeId(), Incarnation.of(new byte[Incarnation.BYTES])),
                1,
                1,
                Hash.ZERO,
                List.of(),
                membership.authority(other.nodeId()).orElseThrow(),
                EntryCodec.encode(intent),
                intent));
    var hash = Hash.sha256(bytes);
    return new ReceivedEntry(
        EntryCodec.decode(bytes), bytes, hash, other.sign(Purpose.ENTRY, hash));
  }

  @Test
  void ofTwoWithOneNumberEachIsTakenForItself() {
    var entries = new ArrayList<ReceivedEntry>();
    for (int n = 0; n < 2; n++) {
      entries.add(byTheOther(n));
      recording.store(membership.space(), new Checked(List.of(entries.get(n)), Map.of()));
      recordAll();
    }
    for (long position = ENTRIES + 1; position <= ENTRIES + 2; position++) {
      assertThat(medium.turnEntry(position, 100)).isTrue();
      recording.noticed(DamagedRow.ofLog(position));
    }
    recordAll();
    assertThat(recording.damaged()).hasSize(2);
    for (var entry : entries.reversed()) {
      recording.mend(membership.space(), List.of(entry));
      recordAll();
    }
    assertThat(recording.damaged()).isEmpty();
    assertThat(medium.damaged()).isZero();
  }

  @Test
  void whatWaitsForWhatIsDamagedIsCountedInBytes() {
    var entry = byTheOther(0);
    moreIsDamaged = true;
    // 32 groups' bytes may wait
    open(new RecordingSettings(1 << 20, 512, entry.bytes().length, 8192, 0));
    recording.store(membership.space(), new Checked(List.of(entry), Map.of()));
    recordAll();
    assertThat(medium.turnEntry(ENTRIES + 1, 100)).isTrue();
    recording.noticed(DamagedRow.ofLog(ENTRIES + 1));
    recordAll();
    var waiting = new ArrayList<CompletableFuture<Boolean>>();
    for (int i = 0; i < 4; i++) {
      waiting.add(recording.mend(membership.space(), Collections.nCopies(10, entry)));
    }
    recordAll();
    assertThat(recording.damaged()).isEmpty();
    assertThat(waiting)
        .extracting(CompletableFuture::isCompletedExceptionally)
        .containsExactly(false, false, false, true);
  }

  @Test
  void damageIsNoticedWhereTheQueueIsFull() {
    open(new RecordingSettings(1 << 20, 1, 1 << 20, 1, 0));
    assertThat(medium.turnEntry(1, 100)).isTrue();
    damage("d0");
    var refused = submit("d0");
    inRecord =
        () -> {
          inRecord = () -> {};
          submit("d1");
        };
    assertTimeoutPreemptively(Duration.ofSeconds(20), this::recordAll);
    assertThat(refused).isCompletedExceptionally();
    assertThat(recording.damaged()).extracting(DamagedEntry::position).containsExactly(1L);
  }

  @Test
  void whatIsHeldIsJudgedInSeveralCommits() {
    var journal = new InMemoryJournal(medium);
    var batch = new Batch(journal, Instant.EPOCH);
    for (long position = 1; position <= 300; position++) {
      batch.add(List.of(new Write.Restand(journal.entry(position).standing(Standing.HELD))));
    }
    journal.commit(batch);
    journal.force();
    open(RecordingSettings.DEFAULT);
    assertThat(new InMemoryJournal(medium).held()).isEmpty();
    assertThat(mostRestood).isBetween(1, 64);
  }
}
