package com.softadastra.sync.storage;

import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.disk.CrashSubject;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.documents.SpaceNames;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The storage as a node opens it, put through power failures. Commit n records 1 to 8 intents at
 * once, each of one document of a few hundred bytes; the recording thread makes one or more group
 * commits of them.
 */
final class RecordedIntents implements CrashSubject {
  private static final int DOCUMENTS = 300;
  // so little that every few commits are a checkpoint, and the power fails in those too
  private static final int REDO_BYTES = 8 << 10;
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file + " stopped", cause);
      };

  private final long seed;
  private final boolean guarded;
  private final int journalBytes;
  private final NodeKey key = new NodeKey(new byte[NodeKey.SEED_BYTES]);
  private final Membership membership;

  /**
   * What was acknowledged: the entry's bytes by position, and the last position after each commit.
   */
  private final ConcurrentHashMap<Long, byte[]> entries = new ConcurrentHashMap<>();

  private final ConcurrentHashMap<Integer, Long> ends = new ConcurrentHashMap<>();

  RecordedIntents(long seed, boolean guarded, int journalBytes) {
    this.seed = seed;
    this.journalBytes = journalBytes;
    this.guarded = guarded;
    var create = new MembershipRecord.Create(key.publicKey(), "node", "space", 0, new byte[16]);
    membership = new Membership(List.of(SpaceNames.sign(create, key)));
  }

  private Storage open(String files) {
    var settings = GuardSettings.production().withJournalBytes(journalBytes).withFailStop(THROWING);
    var database =
        guarded
            ? Database.open(files, settings, REDO_BYTES)
            : Database.openUnguarded(files, settings);
    return Storage.open(
        database,
        key,
        found -> new Birth(found.map(Found::incarnation).orElse(Incarnation.of(new byte[16])), 0),
        RecordingSettings.DEFAULT,
        Clock.systemUTC(),
        () -> Long.MAX_VALUE,
        THROWING);
  }

  private List<IntentRequest> intents(int number) {
    var random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    int count = 1 + random.nextInt(random.nextInt(4) == 0 ? 8 : 2);
    var intents = new ArrayList<IntentRequest>();
    for (int i = 0; i < count; i++) {
      var body =
          "{\"commit\":"
              + number
              + ",\"filling\":\""
              + Long.toHexString(random.nextLong()).repeat(16)
              + "\"}";
      var operation =
          new OperationRequest(
              OperationKind.PUT,
              "documents",
              "d" + random.nextInt(DOCUMENTS),
              new JsonText(body),
              null,
              Condition.ANY);
      var id = random.nextInt(4) == 0 ? "intent-" + number + "-" + i : null;
      intents.add(new IntentRequest("space", id, null, Priority.NORMAL, List.of(operation)));
    }
    return intents;
  }

  @Override
  public Session start(String files) throws Exception {
    var storage = open(files);
    storage
        .recording()
        .administer(() -> {
          storage.recording().createSpace("space", membership);
          return true;
        })
        .get();
    return new Session() {
      @Override
      public void commit(int number) {
        var done =
            intents(number).stream()
                .map(i -> storage.recording().submit(membership.space(), i))
                .toList();
        long end = 0;
        for (var answer : done) {
          var entry = answer.join().entry();
          entries.put(entry.position(), entry.bytes());
          end = Math.max(end, entry.position());
        }
        ends.put(number, end);
      }

      @Override
      public void close() {
        storage.close();
      }
    };
  }

  @Override
  public Optional<String> violation(String files, int acknowledged) {
    try (var storage = open(files)) {
      long end = acknowledged == 0 ? 0 : ends.get(acknowledged);
      return storage.readers().read(reader -> violation(reader, membership.space(), end));
    } catch (RuntimeException e) {
      return Optional.of("does not open: " + e);
    }
  }

  private Optional<String> violation(Readers.Reader reader, SpaceId space, long end)
      throws java.sql.SQLException {
    long last = 0;
    try (var select = reader.connection().createStatement();
        var row = select.executeQuery("select position, entry from wal order by position")) {
      while (row.next()) {
        long position = row.getLong(1);
        if (position != last + 1) {
          return Optional.of("position " + (last + 1) + " is missing");
        }
        last = position;
        // what was on its way when the power failed may be there, if it is whole
        var expected = entries.get(position);
        if (expected == null || !Arrays.equals(expected, row.getBytes(2))) {
          return Optional.of("position " + position + " has other bytes");
        }
      }
    }
    if (last < end) {
      return Optional.of("the log ends at " + last + ", acknowledged was " + end);
    }
    return documents(reader, space, last);
  }

  private Optional<String> documents(Readers.Reader reader, SpaceId space, long last) {
    for (int i = 0; i < DOCUMENTS; i++) {
      var state = reader.document(new DocumentKey(space, "documents", "d" + i));
      if (state == null) {
        continue;
      }
      var head = state.winner();
      if (head.position() > last) {
        return Optional.of("document d" + i + " is ahead of the log");
      }
      var entry = com.softadastra.engine.log.EntryCodec.decode(entries.get(head.position()));
      var put = (com.softadastra.engine.log.Change.Put) entry.operations().getFirst().change();
      if (!entry.operations().getFirst().id().equals("d" + i) || !put.body().equals(head.body())) {
        return Optional.of("document d" + i + " has another body than its entry");
      }
    }
    return Optional.empty();
  }
}
