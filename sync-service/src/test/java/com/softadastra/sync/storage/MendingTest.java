package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.Write;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Rows of a database that are changed behind the recording's back. */
class MendingTest {
  private static final int INTENTS = 150;

  private final SpaceOfTwo space = new SpaceOfTwo(1, 40);
  private final SpaceOfTwo.Story story = space.new Story(1);
  private ModelDisk disk;
  private SpaceOfTwo.Opened storage;
  private Map<Long, String> rows;
  private List<LoggedEntry> log;

  @BeforeEach
  void open() throws SQLException {
    disk = ModelDisk.register("mend");
    storage = story.open("mend", "mend:/db", SpaceOfTwo.stopped());
    story.createSpace(storage);
    for (int i = 0; i < INTENTS; i += 50) {
      story.record(storage, i, 50);
    }
    story.receive(storage, 0, 40);
    reopen();
    log = storage.journal.from(0, Integer.MAX_VALUE);
    rows = rows();
  }

  @AfterEach
  void close() {
    storage.close();
    disk.close();
  }

  private void reopen() {
    storage.close();
    storage = story.open("mend", "mend:/db", SpaceOfTwo.stopped());
    storage.journal.readers().onDamage(storage.recording::noticed);
  }

  private void change(String sql) throws SQLException {
    try (var connection = storage.database.connect();
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  private Map<Long, String> rows() throws SQLException {
    var found = new TreeMap<Long, String>();
    try (var connection = storage.database.connect();
        var select = connection.createStatement();
        var row = select.executeQuery("select * from wal")) {
      while (row.next()) {
        var columns = new ArrayList<String>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
          columns.add(row.getString(i));
        }
        found.put(row.getLong("position"), columns.toString());
      }
    }
    return found;
  }

  private void scrub() {
    try (var schedule = new ThreadSchedule();
        var scrubber = new Scrubber(storage.journal.readers(), schedule)) {
      while (scrubber.report().passes() == 0) {
        scrubber.step();
      }
    }
    recordAll();
  }

  private void recordAll() {
    while (storage.recording.recordNext()) {}
  }

  private LoggedEntry at(long position) {
    return log.get((int) position - 1);
  }

  private static ReceivedEntry sent(LoggedEntry logged) {
    return new ReceivedEntry(logged.entry(), logged.bytes(), logged.hash(), logged.signature());
  }

  private void receive(LoggedEntry... entries) {
    var sent = new ArrayList<ReceivedEntry>();
    for (var entry : entries) {
      sent.add(sent(entry));
    }
    storage.await(storage.recording.mend(space.space(), sent));
  }

  @Test
  void aDocumentIsWrittenAgainFromTheLog() throws SQLException {
    var looks = space.looks(storage.journal);
    reopen();
    change("update document set state = substring(state, 2) where id = 'd3'");
    change("update document set live = not live where id = 'd4'");
    scrub();
    assertThat(space.looks(storage.journal)).isEqualTo(looks);
    reopen();
    assertThat(space.looks(storage.journal)).isEqualTo(looks);
    assertThat(story.violation(storage)).isEmpty();
  }

  @Test
  void aWriteOnADamagedDocumentMendsItFirst() throws SQLException {
    change("update document set crc = crc + 1 where id = 'd3'");
    var key = new DocumentKey(space.space(), "documents", "d3");
    assertThatThrownBy(() -> storage.journal.document(key)).isInstanceOf(DamagedRow.class);
    story.record(storage, INTENTS, 30);
    assertThat(storage.journal.document(key)).isNotNull();
    reopen();
    assertThat(story.violation(storage)).isEmpty();
  }

  @Test
  void whoAsksForWhatIsDamagedIsToldSoAndItIsMended() throws SQLException {
    change("update wal set crc = crc + 1 where position = 70");
    var judged = storage.recording.administer(() -> storage.recording.judgeAgain(70));
    recordAll();
    assertThat(judged)
        .completesExceptionallyWithin(Duration.ZERO)
        .withThrowableThat()
        .havingCause()
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.problem().code()).isEqualTo(ProblemCode.UNREADABLE));
    assertThat(storage.recording.damaged()).extracting(DamagedEntry::position).containsExactly(70L);
  }

  @Test
  void anEntryIsTakenFromAPeer() throws SQLException {
    change("update wal set entry = substring(entry, 3) where position = 70");
    scrub();
    assertThat(storage.recording.damaged())
        .extracting(DamagedEntry::toString)
        .containsExactly(
            "entry 70 of %s in space %s, at position 70"
                .formatted(at(70).entry().author(), space.space()));
    assertThatThrownBy(() -> storage.journal.entry(70)).isInstanceOf(DamagedRow.class);
    assertThat(storage.journal.from(60, 50)).hasSize(10);
    receive(at(69), at(71));
    assertThat(storage.recording.damaged()).hasSize(1);
    receive(at(70));
    assertThat(storage.recording.damaged()).isEmpty();
    assertThat(rows()).isEqualTo(rows);
    reopen();
    assertThat(rows()).isEqualTo(rows);
    assertThat(story.violation(storage)).isEmpty();
  }

  @Test
  void nothingElseIsTakenInItsPlace() throws SQLException {
    change("update wal set entry = substring(entry, 3) where position = 70");
    scrub();
    var entry = at(70).entry();
    byte[] payload = at(71).entry().payload();
    byte[] bytes =
        EntryCodec.encode(
            new com.softadastra.engine.log.Entry(
                entry.kind(),
                entry.space(),
                entry.author(),
                entry.sequence(),
                entry.clock(),
                entry.previous(),
                entry.causes(),
                entry.authority(),
                payload,
                EntryCodec.decode(at(71).bytes()).intent()));
    storage.await(
        storage.recording.mend(
            space.space(),
            List.of(
                new ReceivedEntry(
                    EntryCodec.decode(bytes), bytes, Hash.sha256(bytes), at(70).signature()))));
    assertThat(storage.recording.damaged()).hasSize(1);
  }

  @Test
  void whatElseTheRowHadIsToldFromTheLog() throws SQLException {
    for (var column :
        List.of(
            "previous = x'8119ffff'",
            "recorded_at = recorded_at + 5",
            "standing = 3",
            "signature = null",
            "crc = crc + 1")) {
      change("update wal set " + column + " where position = 150");
      scrub();
      assertThat(storage.recording.damaged()).as(column).hasSize(1);
      receive(at(150));
      assertThat(storage.recording.damaged()).as(column).isEmpty();
      assertThat(rows()).as(column).isEqualTo(rows);
    }
  }

  @Test
  void ofSeveralInARowTheLastTellsTheOthers() throws SQLException {
    for (int position = 70; position < 73; position++) {
      change("update wal set entry = substring(entry, 3) where position = " + position);
    }
    scrub();
    assertThat(storage.recording.damaged())
        .extracting(entry -> entry.hash() != null)
        .containsExactly(false, false, true);
    receive(at(70), at(71));
    assertThat(storage.recording.damaged()).hasSize(3);
    receive(at(72));
    receive(at(71));
    receive(at(70));
    assertThat(storage.recording.damaged()).isEmpty();
    assertThat(rows()).isEqualTo(rows);
  }

  @Test
  void theEndOfAChainNeedsItsSignature() throws SQLException {
    long last = log.size();
    change("update wal set entry = substring(entry, 3) where position = " + last);
    reopen();
    recordAll();
    assertThat(storage.recording.damaged()).hasSize(1);
    var end = at(last);
    storage.await(
        storage.recording.mend(
            space.space(), List.of(new ReceivedEntry(end.entry(), end.bytes(), end.hash(), null))));
    assertThat(storage.recording.damaged()).hasSize(1);
    receive(end);
    assertThat(rows()).isEqualTo(rows);
  }

  @Test
  void aStartGoesAroundADamagedEntryThatAnotherFollowsOn() throws SQLException {
    story.record(storage, INTENTS, 20);
    long from = log.size();
    log = storage.journal.from(0, Integer.MAX_VALUE);
    rows = rows();
    change("update wal set entry = substring(entry, 3) where position = " + (from + 5));
    reopenAfterACrash();
    recordAll();
    assertThat(storage.recording.damaged()).hasSize(1);
    receive(at(from + 5));
    assertThat(rows()).isEqualTo(rows);
  }

  @Test
  void aStartIsRefusedWhereTheEndOfAChainIsDamaged() throws SQLException {
    story.record(storage, INTENTS, 20);
    change("update wal set entry = substring(entry, 3) where position = " + (log.size() + 20));
    storage.journal.force();
    try (var _ = ModelDisk.register("refused", disk.image())) {
      assertThatThrownBy(() -> story.open("refused", "refused:/db", SpaceOfTwo.stopped()))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("The last entry of a chain can't be read");
      SpaceOfTwo.shutDown("guard:refused:/db");
    }
  }

  @Test
  void aStartGoesAroundSeveralDamagedEntriesInARow() throws SQLException {
    story.record(storage, INTENTS, 20);
    long from = log.size();
    log = storage.journal.from(0, Integer.MAX_VALUE);
    rows = rows();
    change("update wal set entry = substring(entry, 3) where position = " + (from + 5));
    change("update wal set entry = substring(entry, 3) where position = " + (from + 6));
    reopenAfterACrash();
    recordAll();
    assertThat(storage.recording.damaged()).hasSize(2);
    receive(at(from + 6));
    receive(at(from + 5));
    assertThat(rows()).isEqualTo(rows);
  }

  @Test
  void aStartGoesAroundARowThatDoesNotSayWhoseItIs() throws SQLException {
    story.record(storage, INTENTS, 20);
    long from = log.size();
    change("update wal set replica_no = 77 where position = " + (from + 5));
    reopenAfterACrash();
    recordAll();
    assertThat(storage.recording.damaged())
        .extracting(DamagedEntry::position)
        .containsExactly(from + 5);
    assertThat(storage.recording.found().lastPosition()).isEqualTo(from + 20);
  }

  @Test
  void neighboursWhoseRowsHaveToBeToldAreMended() throws SQLException {
    for (int position = 70; position < 73; position++) {
      change(
          "update wal set entry = substring(entry, 3), previous = x'8119ffff', crc = crc + 1"
              + " where position = "
              + position);
    }
    scrub();
    assertThat(storage.recording.damaged()).hasSize(3);
    receive(at(72));
    receive(at(71));
    receive(at(70));
    assertThat(storage.recording.damaged()).isEmpty();
    assertThat(rows()).isEqualTo(rows);
  }

  /** A document that an entry does nothing to. */
  private String untouchedBy(LoggedEntry logged) {
    for (int i = 0; i < SpaceOfTwo.DOCUMENTS; i++) {
      var id = "d" + i;
      if (logged.entry().operations().stream().noneMatch(each -> each.id().equals(id))) {
        return id;
      }
    }
    throw new AssertionError("it does something to all");
  }

  private boolean isWhole(String document) {
    try {
      return storage.journal.document(new DocumentKey(space.space(), "documents", document))
          != null;
    } catch (DamagedRow _) {
      return false;
    }
  }

  @Test
  void aLostEntryKeepsNoOtherDocumentFromBeingRebuilt() throws SQLException {
    reopen();
    var other = untouchedBy(at(70));
    change("update wal set entry = substring(entry, 3) where position = 70");
    change("update document set crc = crc + 1 where id = '" + other + "'");
    scrub();
    assertThat(isWhole(other)).isTrue();
  }

  @Test
  void aLostEntryAfterADocumentsLastKeepsItFromBeingRebuiltUnlessItsRowSaysThatAllIsThere()
      throws SQLException {
    reopen();
    long last = log.size();
    var one = untouchedBy(at(last));
    var changed = at(last).entry().operations().getFirst().id();
    change("update wal set entry = substring(entry, 3) where position = " + last);
    change("update document set state = substring(state, 2) where id = '" + one + "'");
    change("update document set state = substring(state, 2) where id = '" + changed + "'");
    scrub();
    assertThat(isWhole(one)).isTrue();
    assertThat(isWhole(changed)).isFalse();
    receive(at(last));
    recordAll();
    assertThat(isWhole(changed)).isTrue();
    reopen();
    assertThat(story.violation(storage)).isEmpty();
  }

  /** As a version leaves entries that can't judge them. */
  private void hold(long from, long upTo) {
    for (long position = from; position < upTo; position++) {
      var batch = new Batch(storage.journal, Instant.ofEpochSecond(1_800_000_000));
      batch.add(
          List.of(new Write.Restand(storage.journal.entry(position).standing(Standing.HELD))));
      storage.journal.commit(batch);
    }
  }

  @Test
  void whatIsHeldAndCantBeJudgedKeepsNeitherTheStartNorTheOthers() throws SQLException {
    hold(20, 25);
    change("update dead_letter set position = 999999 where position = 22");
    reopen();
    assertThat(storage.journal.held()).containsExactly(999_999L);
    assertThat(storage.journal.entry(24).standing()).isEqualTo(Standing.EFFECTIVE);
  }

  @Test
  void whatIsHeldIsJudgedWhereItsDocumentHasToBeMendedFirst() throws SQLException {
    var looks = space.looks(storage.journal);
    hold(20, 25);
    try (var connection = storage.database.connect();
        var statement = connection.createStatement()) {
      statement.executeUpdate("update document set state = substring(state, 2)");
    }
    reopen();
    recordAll();
    assertThat(storage.journal.held()).isEmpty();
    scrub();
    assertThat(space.looks(storage.journal)).isEqualTo(looks);
  }

  @Test
  void whatIsHeldIsJudgedOnceAnEntryThatItNeedsIsThereAgain() throws SQLException {
    hold(20, 25);
    change("update wal set entry = substring(entry, 3) where position = 22");
    reopen();
    recordAll();
    assertThat(storage.journal.held()).contains(22L);
    receive(at(22));
    recordAll();
    assertThat(storage.journal.held()).isEmpty();
  }

  private void reopenAfterACrash() {
    storage.journal.force();
    var image = disk.image();
    storage.journal.close();
    storage.database.abandon();
    disk.close();
    disk = ModelDisk.register("mend", image);
    storage = story.open("mend", "mend:/db", SpaceOfTwo.stopped());
  }
}
