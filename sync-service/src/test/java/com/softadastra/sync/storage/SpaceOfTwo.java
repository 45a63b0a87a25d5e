package com.softadastra.sync.storage;

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
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.ledger.Statement;
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
import java.io.ByteArrayOutputStream;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
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

  private static final Instant NOW = Instant.ofEpochSecond(1_800_000_000);
  private static final Incarnation LIFE = Incarnation.of(new byte[Incarnation.BYTES]);

  /** By the scheme of the disk: the guard's settings are one for all that are open. */
  private static final Map<String, FailStop> STOPS = new ConcurrentHashMap<>();

  private final int documents;
  private final NodeKey key = new NodeKey(filled(1));
  private final NodeKey other = new NodeKey(filled(2));
  private final Membership membership;
  private final List<LoggedEntry> received;

  /** What logs come to, by all of their bytes: of many that are opened, many are alike. */
  private final Map<Hash, Folded> folded = new ConcurrentHashMap<>();

  /**
   * @param documents each as {@link #look} shows it, by its number
   * @param conflicts each in a line, in any order
   */
  private record Folded(List<String> documents, Set<String> conflicts) {}

  /**
   * @param seed of all bodies
   * @param received how many intents the other writer has recorded
   */
  SpaceOfTwo(long seed, int received) {
    this(seed, received, DOCUMENTS);
  }

  /**
   * @param documents how many of them the intents are about
   */
  SpaceOfTwo(long seed, int received, int documents) {
    this.documents = documents;
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

  /** Whoever opens a storage of it goes on as who wrote there. */
  static Birth birth(Optional<Found> found) {
    return found.map(known -> new Birth(known.incarnation(), 0)).orElse(born());
  }

  /** The time that never goes on, of both writers. */
  static Instant now() {
    return NOW;
  }

  /** Of the writer with the storage. */
  NodeKey key() {
    return key;
  }

  private static Machine machine(int seed, FailStop failStop) {
    return new Machine(
        SpaceOfTwo::now, new SplittableRandom(seed), () -> Long.MAX_VALUE, Runnable::run, failStop);
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
    int first = random.nextInt(documents);
    for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
      operations.add(
          new OperationRequest(
              OperationKind.PUT,
              "documents",
              "d" + (first + i) % documents,
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

    /** Owns the database, also where it fails. */
    Opened(Database database, FailStop failStop) {
      this.database = database;
      try {
        journal = H2Journal.open(database);
        recording =
            Recording.open(
                journal,
                key,
                birth(journal.found()),
                RecordingSettings.DEFAULT,
                machine(1, failStop));
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
    private final Set<String> offered;
    private final Set<Statement> said;
    private final List<Answer> answers;
    private boolean hasSpace;

    Story(long seed) {
      this.seed = seed;
      offered = ConcurrentHashMap.newKeySet();
      said = ConcurrentHashMap.newKeySet();
      // noted by whoever completes an answer
      answers = Collections.synchronizedList(new ArrayList<>());
      received.forEach(logged -> offered.addAll(wordsOf(logged)));
    }

    private Story(Story other, int upTo) {
      seed = other.seed;
      offered = other.offered;
      said = other.said;
      answers = List.copyOf(other.answers.subList(0, upTo));
      hasSpace = other.hasSpace;
    }

    /** As it is now: what is acknowledged later is not in it. */
    Story soFar() {
      return upTo(answers());
    }

    /** As it was when there were so many answers. */
    Story upTo(int count) {
      return new Story(this, count);
    }

    int answers() {
      return answers.size();
    }

    /**
     * @param disk the scheme of the disk
     * @param files what the database's URL says
     */
    Opened open(String disk, String files, FailStop failStop) {
      STOPS.put(disk, failStop);
      var settings =
          GuardSettings.production()
              .withJournalBytes(1 << 16)
              .withNanoTime(() -> 0)
              .withBackground(Runnable::run)
              .withFailStop(SpaceOfTwo::stop);
      return new Opened(Database.open(files, settings, REDO_BYTES), failStop);
    }

    /** Creates the space where it isn't yet. */
    void createSpace(Opened storage) {
      storage.await(createSpace(storage.recording));
    }

    CompletableFuture<?> createSpace(Recording recording) {
      return recording
          .administer(() -> {
            if (recording.view(space()).isEmpty()) {
              recording.createSpace("space", membership);
            }
            return true;
          })
          .thenAccept(created -> hasSpace = created);
    }

    /** Records intents as one group; what is acknowledged is noted even if others fail. */
    void record(Opened storage, int from, int count) {
      record(storage.recording, from, count).forEach(storage::await);
    }

    /** Hands intents in; each answer is noted before it is given. */
    List<CompletableFuture<?>> record(Recording recording, int from, int count) {
      var recorded = new ArrayList<CompletableFuture<?>>();
      for (int number = from; number < from + count; number++) {
        var id = number % 3 == 0 ? null : "intent-" + number;
        var request = intent(seed, number, id);
        request
            .operations()
            .forEach(each -> offered.add(each.id() + Objects.requireNonNull(each.body()).text()));
        recorded.add(
            recording
                .submit(space(), request)
                .thenAccept(outcome -> {
                  var entry = outcome.entry();
                  answers.add(new Answer.Kept(entry.hash()));
                  if (id != null) {
                    answers.add(new Answer.Named(id, entry.position()));
                  }
                }));
      }
      return recorded;
    }

    void receive(Opened storage, int from, int upTo) {
      storage.await(receive(storage.recording, from, upTo));
    }

    /** Hands in what the other writer recorded. */
    CompletableFuture<?> receive(Recording recording, int from, int upTo) {
      return recording
          .store(space(), batch(from, upTo))
          .thenAccept(refused -> {
            if (!refused.isEmpty()) {
              throw new AssertionError(refused.toString());
            }
            received
                .subList(from, upTo)
                .forEach(logged -> answers.add(new Answer.Kept(logged.hash())));
          });
    }

    void hear(Opened storage, long upTo) {
      storage.await(hear(storage.recording, upTo));
    }

    /**
     * Hands in that the other one has what was recorded here up to a sequence, and lets go what is
     * no longer owed.
     */
    CompletableFuture<?> hear(Recording recording, long upTo) {
      var statement =
          new Statement(
              space(),
              new Replica(other.nodeId(), LIFE),
              received.size() + upTo,
              NOW.toEpochMilli(),
              Map.of(new Replica(key.nodeId(), LIFE), upTo));
      said.add(statement);
      recording.note(new Ledger.Known(statement, statement.sign(other).signature(), null));
      // in the same group commit, or one after it
      return recording
          .discharge(Integer.MAX_VALUE)
          .thenAccept(_ -> answers.add(new Answer.Heard(statement)));
    }

    /** Opens what is left, compares, and lets it go. */
    Optional<String> violation(String disk, String files) {
      return violation(() -> open(disk, files, stopped()));
    }

    /**
     * @param opening of what is left
     */
    Optional<String> violation(Supplier<Opened> opening) {
      Opened storage;
      try {
        storage = opening.get();
      } catch (RuntimeException | AssertionError e) {
        return Optional.of("does not open: " + e);
      }
      try (storage) {
        return violation(storage);
      } catch (RuntimeException | AssertionError e) {
        quietly(storage.database::abandon);
        return Optional.of("can't be read: " + e);
      }
    }

    Optional<String> violation(Opened storage) {
      if (hasSpace && storage.recording.view(space()).isEmpty()) {
        return Optional.of("the space is missing");
      }
      var log = storage.journal.from(0, Integer.MAX_VALUE);
      var hashes = new HashSet<Hash>();
      long last = 0;
      for (var logged : log) {
        if (logged.position() != ++last) {
          return Optional.of("position " + last + " is missing");
        }
        hashes.add(logged.hash());
        if (!offered.containsAll(wordsOf(logged))) {
          return Optional.of("position " + last + " was never offered");
        }
      }
      for (var answer : answers) {
        var broken = broken(answer, storage, hashes);
        if (broken.isPresent()) {
          return broken.map(("the log ends at " + last + "; ")::concat);
        }
      }
      return folded(storage, log).or(() -> owed(storage, log));
    }

    private Optional<String> broken(Answer answer, Opened storage, Set<Hash> log) {
      return switch (answer) {
        case Answer.Kept(var hash) ->
            log.contains(hash) ? Optional.empty() : Optional.of(hash + " is missing");
        case Answer.Named(var id, var position) ->
            storage
                    .journal
                    .intent(space(), id)
                    .filter(found -> found.position() == position)
                    .isPresent()
                ? Optional.empty()
                : Optional.of(id + " does not lead to its entry");
        case Answer.Heard(var statement) -> {
          var known = known(storage);
          yield known == null || statement.laterThan(known)
              ? Optional.of("what the other one has said is forgotten")
              : said.contains(known)
                  ? Optional.empty()
                  : Optional.of("the other one never said this");
        }
      };
    }

    private @Nullable Statement known(Opened storage) {
      return storage
          .recording
          .ledger()
          .by(space(), other.nodeId())
          .map(Ledger.Known::statement)
          .orElse(null);
    }

    /** Where each intent that was named leads. */
    List<Optional<Long>> positionsIn(Opened storage) {
      return answers.stream()
          .filter(Answer.Named.class::isInstance)
          .map(answer -> ((Answer.Named) answer).id())
          .sorted()
          .map(id -> storage.journal.intent(space(), id).map(LoggedEntry::position))
          .toList();
    }

    /** Documents and conflicts as the log, told again to a storage in memory, makes them. */
    private Optional<String> folded(Opened storage, List<LoggedEntry> log) {
      var expected = folded.computeIfAbsent(hashOf(log), _ -> fold(log));
      var looks = looks(storage.journal);
      for (int i = 0; i < documents; i++) {
        if (!looks.get(i).equals(expected.documents().get(i))) {
          return Optional.of("document d" + i + " is not what the log makes of it");
        }
      }
      var conflicts = new HashSet<String>();
      try (var connection = storage.database.connect();
          var select = connection.createStatement();
          var row = select.executeQuery("select id, open, sides, replaced_by from conflict")) {
        while (row.next()) {
          var replacedBy = row.getBytes(4);
          conflicts.add(
              line(
                  Hash.of(row.getBytes(1)),
                  row.getBoolean(2),
                  Readers.hashes(row.getBytes(3)),
                  replacedBy == null ? null : Hash.of(replacedBy)));
        }
      } catch (SQLException e) {
        return Optional.of("the conflicts can't be read: " + e);
      }
      return conflicts.equals(expected.conflicts())
          ? Optional.empty()
          : Optional.of("the conflicts are not what the log makes of them");
    }

    private Optional<String> owed(Opened storage, List<LoggedEntry> log) {
      var owed = new HashSet<Long>();
      try (var connection = storage.database.connect();
          var select = connection.createStatement();
          var row = select.executeQuery("select position from outbox")) {
        while (row.next()) {
          owed.add(row.getLong(1));
        }
      } catch (SQLException e) {
        return Optional.of("the outbox can't be read: " + e);
      }
      var known = known(storage);
      for (var logged : log) {
        boolean own = logged.entry().author().node().equals(key.nodeId());
        // what the other one has may be owed still: it is let go later
        boolean needed = own && (known == null || !known.covers(logged.dot()));
        boolean isOwed = owed.contains(logged.position());
        if (needed && !isOwed || isOwed && !own) {
          return Optional.of(
              "position " + logged.position() + (isOwed ? " is owed" : " is not owed"));
        }
      }
      return Optional.empty();
    }
  }

  /** What must be so from when it was said on. */
  private sealed interface Answer {
    /** The log has an entry. */
    record Kept(Hash entry) implements Answer {}

    /** The id of an intent leads to its entry. */
    record Named(String id, long position) implements Answer {}

    /** What the other writer has is known: this, or what it said later. */
    record Heard(Statement statement) implements Answer {}
  }

  private static Hash hashOf(List<LoggedEntry> log) {
    var bytes = new ByteArrayOutputStream();
    log.forEach(each -> bytes.writeBytes(each.hash().bytes()));
    return Hash.sha256(bytes.toByteArray());
  }

  private Folded fold(List<LoggedEntry> log) {
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
    return new Folded(
        looks(journal),
        journal.conflicts().stream()
            .map(each -> line(each.id(), each.open(), each.sides(), each.replacedBy()))
            .collect(Collectors.toSet()));
  }

  private static String line(Hash id, boolean open, List<Hash> sides, @Nullable Hash replacedBy) {
    return id + " " + open + " " + sides + " " + replacedBy;
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
    for (int i = 0; i < documents; i++) {
      looks.add(look(journal.document(new DocumentKey(space(), "documents", "d" + i))));
    }
    return looks;
  }

  /** Ends a database at once that may still be open in this process, and be it broken. */
  static void shutDown(String files) {
    try (var connection =
            DriverManager.getConnection("jdbc:h2:" + files + ";IFEXISTS=TRUE", "sa", "");
        var statement = connection.createStatement()) {
      statement.execute("SHUTDOWN IMMEDIATELY");
    } catch (SQLException _) {
      // it wasn't open, or is no more
    }
  }
}
