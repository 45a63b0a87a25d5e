package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.BatchCheck;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.documents.SpaceNames;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A space with two writers. One is a storage on a disk that is put through something; it records,
 * and receives what the other, which is in memory, has recorded. Keeps what was offered to the
 * storage and what it acknowledged, and says whether an opened one has it.
 *
 * <p>Safe for several storages at once, each with a {@link Story} of its own.
 */
final class SpaceOfTwo {
  // each of many disks in memory has one
  private static final int REDO_BYTES = 64 << 10;

  static final int DOCUMENTS = 12;

  private static final Incarnation LIFE = Incarnation.of(new byte[Incarnation.BYTES]);

  /** By the scheme of the disk: the guard's settings are one for all that are open. */
  private static final Map<String, FailStop> STOPS = new ConcurrentHashMap<>();

  private final NodeKey key = new NodeKey(filled(1));
  private final NodeKey other = new NodeKey(filled(2));
  private final Membership membership;
  private final List<LoggedEntry> received;

  /**
   * @param seed of all bodies
   * @param received how many intents the other writer has recorded
   */
  SpaceOfTwo(long seed, int received) {
    var created = new MembershipRecord.Create(key.publicKey(), "one", "space", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(created, key)));
    var grant = alone.grant(key.nodeId(), other.publicKey(), "two", Role.WRITER, 0);
    membership = alone.with(List.of(SpaceNames.sign(grant, key)));
    this.received = recordedByTheOther(seed, received);
  }

  private static byte[] filled(int value) {
    var bytes = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private List<LoggedEntry> recordedByTheOther(long seed, int count) {
    var journal = new InMemoryJournal(new InMemoryJournal.Medium());
    var recording =
        Recording.open(journal, other, born(), RecordingSettings.DEFAULT, machine(0, stopped()));
    drive(
        recording,
        recording.administer(() -> {
          recording.createSpace("space", membership);
          return true;
        }));
    for (int i = 0; i < count; i++) {
      drive(recording, recording.submit(space(), intent(seed, 1_000_000 + i, null)));
    }
    return journal.from(0, Integer.MAX_VALUE);
  }

  static FailStop stopped() {
    return (file, cause) -> {
      throw new AssertionError(file, cause);
    };
  }

  private static Birth born() {
    return new Birth(LIFE, 0);
  }

  private static Machine machine(int seed, FailStop failStop) {
    return new Machine(
        () -> Instant.ofEpochSecond(1_800_000_000),
        new SplittableRandom(seed),
        () -> Long.MAX_VALUE,
        Runnable::run,
        failStop);
  }

  private static <T> T drive(Recording recording, CompletableFuture<T> answer) {
    while (!answer.isDone() && recording.recordNext()) {}
    return answer.join();
  }

  SpaceId space() {
    return membership.space();
  }

  /** An intent whose content follows from its number. */
  IntentRequest intent(long seed, int number, @Nullable String id) {
    var random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    var body =
        "{\"filling\":\"%s\",\"number\":%d}"
            .formatted(Long.toHexString(random.nextLong()).repeat(random.nextInt(1, 24)), number);
    var operations = new ArrayList<OperationRequest>();
    int first = random.nextInt(DOCUMENTS);
    for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
      operations.add(
          new OperationRequest(
              OperationKind.PUT,
              "documents",
              "d" + (first + i) % DOCUMENTS,
              new JsonText(body),
              null,
              Condition.ANY));
    }
    return new IntentRequest("space", id, null, Priority.NORMAL, List.copyOf(operations));
  }

  /** A part of what the other writer recorded, as a session hands it over. */
  Checked batch(int from, int upTo) {
    var offered =
        received.subList(from, upTo).stream()
            .map(logged -> new BatchCheck.Offered(logged.bytes(), logged.signature()))
            .toList();
    return BatchCheck.check(
        space(),
        offered,
        node -> node.equals(other.nodeId()) ? other.publicKey() : null,
        _ -> false);
  }

  /** A storage that is open on the thread of the test. */
  final class Opened implements AutoCloseable {
    final Database database;
    final H2Journal journal;
    final Recording recording;

    private Opened(String files, FailStop failStop) {
      var settings =
          GuardSettings.production()
              .withJournalBytes(1 << 16)
              .withNanoTime(() -> 0)
              .withBackground(Runnable::run)
              .withFailStop(SpaceOfTwo::stop);
      database = Database.open(files, settings, REDO_BYTES);
      try {
        journal = H2Journal.open(database);
        var birth = journal.found().map(found -> new Birth(found.incarnation(), 0)).orElse(born());
        recording =
            Recording.open(journal, key, birth, RecordingSettings.DEFAULT, machine(1, failStop));
      } catch (RuntimeException e) {
        quietly(database::close);
        throw e;
      }
    }

    <T> T await(CompletableFuture<T> answer) {
      return drive(recording, answer);
    }

    @Override
    public void close() {
      recording.end();
      while (recording.recordNext()) {}
      recording.finish();
      journal.close();
      database.close();
    }
  }

  /** The guard knows a file by the file systems before it, the disk's last. */
  private static void stop(String file, Throwable cause) {
    var schemes = file.substring(0, file.lastIndexOf(':'));
    STOPS
        .getOrDefault(schemes.substring(schemes.lastIndexOf(':') + 1), stopped())
        .stop(file, cause);
  }

  static void quietly(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException _) {
      // whoever fails here has failed before
    }
  }

  /** What was offered to one storage, and what it acknowledged. */
  final class Story {
    private final long seed;
    private final Set<String> offered = new HashSet<>();
    private final Map<Integer, String> ids = new HashMap<>();

    /** The bytes of entries that must be there, by hash; the positions of answers by intent. */
    private final Map<Hash, byte[]> acknowledged = new HashMap<>();

    private final Map<Integer, Long> positions = new HashMap<>();
    private boolean hasSpace;

    Story(long seed) {
      this.seed = seed;
      received.forEach(logged -> offered.addAll(wordsOf(logged)));
    }

    private Story(Story other) {
      seed = other.seed;
      offered.addAll(other.offered);
      ids.putAll(other.ids);
      acknowledged.putAll(other.acknowledged);
      positions.putAll(other.positions);
      hasSpace = other.hasSpace;
    }

    /** As it is now: what is offered or acknowledged later is not in it. */
    Story soFar() {
      return new Story(this);
    }

    int answers() {
      return acknowledged.size();
    }

    /**
     * @param disk the scheme of the disk
     * @param files what the database's URL says
     */
    Opened open(String disk, String files, FailStop failStop) {
      STOPS.put(disk, failStop);
      return new Opened(files, failStop);
    }

    /** Creates the space where it isn't yet. */
    void createSpace(Opened storage) {
      if (storage.recording.view(space()).isEmpty()) {
        storage.await(
            storage
                .recording
                .administer(() -> {
                  storage.recording.createSpace("space", membership);
                  return true;
                })
                .thenAccept(created -> hasSpace = created));
      }
    }

    /** Records intents as one group; what is acknowledged is noted even if others fail. */
    void record(Opened storage, int from, int count) {
      var answers = new ArrayList<CompletableFuture<?>>();
      for (int i = from; i < from + count; i++) {
        int number = i;
        var id = number % 3 == 0 ? null : "intent-" + number;
        var request = intent(seed, number, id);
        if (id != null) {
          ids.put(number, id);
        }
        request
            .operations()
            .forEach(each -> offered.add(each.id() + Objects.requireNonNull(each.body()).text()));
        answers.add(
            storage
                .recording
                .submit(space(), request)
                .thenAccept(outcome -> {
                  acknowledged.put(outcome.entry().hash(), outcome.entry().bytes());
                  positions.put(number, outcome.entry().position());
                }));
      }
      answers.forEach(storage::await);
    }

    void receive(Opened storage, int from, int upTo) {
      var refused =
          storage.await(
              storage
                  .recording
                  .store(space(), batch(from, upTo))
                  .thenApply(each -> {
                    received
                        .subList(from, upTo)
                        .forEach(logged -> acknowledged.put(logged.hash(), logged.bytes()));
                    return each;
                  }));
      if (!refused.isEmpty()) {
        throw new AssertionError(refused.toString());
      }
    }

    /** Opens what is left, compares, and lets it go. */
    Optional<String> violation(String disk, String files) {
      Opened storage;
      try {
        storage = open(disk, files, stopped());
      } catch (RuntimeException e) {
        return Optional.of("does not open: " + e);
      }
      try (storage) {
        return violation(storage);
      } catch (RuntimeException | AssertionError e) {
        return Optional.of("can't be read: " + e);
      }
    }

    Optional<String> violation(Opened storage) {
      if (hasSpace && storage.recording.view(space()).isEmpty()) {
        return Optional.of("the space is missing");
      }
      var log = storage.journal.from(0, Integer.MAX_VALUE);
      var missing = new HashMap<>(acknowledged);
      long last = 0;
      for (var logged : log) {
        if (logged.position() != ++last) {
          return Optional.of("position " + last + " is missing");
        }
        missing.remove(logged.hash());
        if (!offered.containsAll(wordsOf(logged))) {
          return Optional.of("position " + last + " was never offered");
        }
      }
      if (!missing.isEmpty()) {
        return Optional.of(
            "%d of %d acknowledged are missing; the log ends at %d"
                .formatted(missing.size(), acknowledged.size(), last));
      }
      for (var answered : positions.entrySet()) {
        var id = ids.get(answered.getKey());
        if (id != null
            && storage
                .journal
                .intent(space(), id)
                .filter(found -> found.position() == answered.getValue())
                .isEmpty()) {
          return Optional.of(id + " does not lead to its entry");
        }
      }
      return states(storage, log).or(() -> owed(storage, log));
    }

    /** Where each intent that was named leads. */
    List<Optional<Long>> positionsIn(Opened storage) {
      return ids.values().stream()
          .sorted()
          .map(id -> storage.journal.intent(space(), id).map(LoggedEntry::position))
          .toList();
    }

    /** Documents as the log, told again to a storage in memory, makes them. */
    private Optional<String> states(Opened storage, List<LoggedEntry> log) {
      if (log.isEmpty()) {
        return Optional.empty();
      }
      var journal = new InMemoryJournal(new InMemoryJournal.Medium());
      var again =
          Recording.open(
              journal,
              new NodeKey(filled(3)),
              born(),
              RecordingSettings.DEFAULT,
              machine(2, stopped()));
      drive(
          again,
          again.administer(() -> {
            again.createSpace("space", membership);
            return true;
          }));
      var all =
          log.stream()
              .map(each ->
                  new ReceivedEntry(each.entry(), each.bytes(), each.hash(), each.signature()))
              .toList();
      drive(again, again.store(space(), new Checked(all, Map.of())));
      for (int i = 0; i < DOCUMENTS; i++) {
        var document = new DocumentKey(space(), "documents", "d" + i);
        var kept = storage.journal.document(document);
        var rebuilt = journal.document(document);
        if (!look(kept).equals(look(rebuilt))) {
          return Optional.of("document d" + i + " is not what the log makes of it");
        }
      }
      return Optional.empty();
    }

    private Optional<String> owed(Opened storage, List<LoggedEntry> log) {
      var owed = new HashSet<Long>();
      try (var connection = storage.database.connect();
          var select = connection.createStatement();
          var row = select.executeQuery("select position from outbox")) {
        while (row.next()) {
          owed.add(row.getLong(1));
        }
      } catch (java.sql.SQLException e) {
        return Optional.of("the outbox can't be read: " + e);
      }
      for (var logged : log) {
        boolean own = logged.entry().author().node().equals(key.nodeId());
        if (own != owed.contains(logged.position())) {
          return Optional.of("position " + logged.position() + (own ? " is not owed" : " is owed"));
        }
      }
      return Optional.empty();
    }
  }

  private static List<String> wordsOf(LoggedEntry logged) {
    return logged.entry().operations().stream()
        .map(operation -> operation.id() + ((Change.Put) operation.change()).body().text())
        .toList();
  }

  static String look(@Nullable DocumentState state) {
    return state == null || !state.exists()
        ? "none"
        : state.headVersions() + " " + state.conflict() + " " + state.winner().body();
  }

  /** Each document as a reader by its id gets it. */
  List<String> looks(Journal journal) {
    var looks = new ArrayList<String>();
    for (int i = 0; i < DOCUMENTS; i++) {
      looks.add(look(journal.document(new DocumentKey(space(), "documents", "d" + i))));
    }
    return looks;
  }

  /** Ends a database at once that may still be open in this process, and be it broken. */
  static void shutDown(String files) {
    try (var connection =
            java.sql.DriverManager.getConnection("jdbc:h2:" + files + ";IFEXISTS=TRUE", "sa", "");
        var statement = connection.createStatement()) {
      statement.execute("SHUTDOWN IMMEDIATELY");
    } catch (java.sql.SQLException _) {
      // it wasn't open, or is no more
    }
  }
}
