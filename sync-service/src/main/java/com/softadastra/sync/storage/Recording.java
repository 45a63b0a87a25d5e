package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.Admission;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.Receiver;
import com.softadastra.engine.space.Recorder;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.SpaceState;
import com.softadastra.engine.space.Write;
import com.softadastra.sync.guard.FailStop;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Group commit: one thread, never interrupted, owns the write connection. It takes what waits,
 * decides, writes all of it in one transaction, forces it to disk, and only then answers; meanwhile
 * the next group gathers.
 *
 * <p>Everything that changes the database runs here, so nothing that is committed can escape the
 * next force. A failed write or force ends the process: what the disk then holds is known only to
 * the next start.
 */
public final class Recording implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Recording.class);
  private static final long CHAINS_EVERY = 1024;

  // How long a statement waits for company.
  private static final long NOTE_NANOS = 20_000_000;

  private final RecordingSettings settings;
  private final NodeKey key;
  private final InstantSource clock;
  private final LongSupplier freeBytes;
  private final FailStop failStop;
  private final SecureRandom random = new SecureRandom();
  private final Recorder recorder;
  private final BlockingQueue<Unit> queue;
  private final Thread thread;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  private final Connection connection;
  private final Statements sql;
  private final Rows rows;
  private final Numbers numbers;
  private final DocumentCache cache;
  private final Map<SpaceId, SpaceState> spaces = new LinkedHashMap<>();
  private Incarnation incarnation;
  private long lastPosition;
  private long chainsPosition;

  private volatile Map<SpaceId, SpaceView> views = Map.of();
  private volatile long durable;
  private volatile long committed;
  private volatile boolean full;
  private volatile boolean closing;
  private final Ledger ledger = new Ledger();
  private final Measures measures = new Measures();

  /** Counts since the start, for metrics. */
  public static final class Measures {
    private volatile long commits;
    private volatile long intents;
    private volatile long received;
    private volatile long lastBatch;
    private volatile long lastCommitNanos;
    private volatile long commitNanos;

    public long commits() {
      return commits;
    }

    public long intents() {
      return intents;
    }

    public long received() {
      return received;
    }

    public long lastBatch() {
      return lastBatch;
    }

    public long lastCommitNanos() {
      return lastCommitNanos;
    }

    public long commitNanos() {
      return commitNanos;
    }
  }

  /** What waits for the thread. */
  private sealed interface Unit {
    void fail(Throwable cause);

    record Submitted(IntentRequest request, SpaceId space, CompletableFuture<Outcome> done)
        implements Unit {
      @Override
      public void fail(Throwable cause) {
        done.completeExceptionally(cause);
      }
    }

    record Received(SpaceId space, Checked batch, CompletableFuture<Map<Replica, String>> done)
        implements Unit {
      @Override
      public void fail(Throwable cause) {
        done.completeExceptionally(cause);
      }
    }

    /** A statement to keep; waits a moment for company, since nobody waits for it. */
    record Noted(Ledger.Known known) implements Unit {
      @Override
      public void fail(Throwable cause) {
        LOG.debug("a statement was not kept; its member will make another", cause);
      }
    }

    record Administered<T>(Callable<T> work, CompletableFuture<T> done) implements Unit {
      @Override
      public void fail(Throwable cause) {
        done.completeExceptionally(cause);
      }
    }
  }

  /**
   * An intent's answer.
   *
   * @param replayed it was recorded before
   */
  public record Outcome(LoggedEntry entry, boolean replayed, boolean created) {}

  private Recording(
      Database database,
      NodeKey key,
      Birth birth,
      RecordingSettings settings,
      InstantSource clock,
      LongSupplier freeBytes,
      FailStop failStop)
      throws SQLException {
    this.settings = settings;
    this.key = key;
    this.clock = clock;
    this.freeBytes = freeBytes;
    this.failStop = failStop;
    this.recorder = new Recorder(settings.documentBytes());
    this.queue = new ArrayBlockingQueue<>(settings.queueUnits());
    this.incarnation = birth.incarnation();
    connection = database.connect();
    connection.setAutoCommit(false);
    numbers = new Numbers(connection);
    rows = new Rows(connection, numbers);
    sql = new Statements(connection);
    cache = new DocumentCache(1 + number("select max(document_no) from document"));
    recover(birth);
    thread = Thread.ofPlatform().name("recording").unstarted(this::run);
  }

  /**
   * Recovers the state from what is on disk and starts to record.
   *
   * @param freeBytes how much room the disk has
   * @throws StorageException where the log is damaged
   */
  public static Recording open(
      Database database,
      NodeKey key,
      Birth birth,
      RecordingSettings settings,
      InstantSource clock,
      LongSupplier freeBytes,
      FailStop failStop) {
    try {
      var recording = new Recording(database, key, birth, settings, clock, freeBytes, failStop);
      recording.thread.start();
      return recording;
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
    }
  }

  /** Who is known to have what. */
  public Ledger ledger() {
    return ledger;
  }

  /** Called after every force, on the recording thread; must not block. */
  public void onForced(Runnable listener) {
    listeners.add(listener);
  }

  /** The spaces as of the last force. */
  public Map<SpaceId, SpaceView> views() {
    return views;
  }

  public Optional<SpaceView> view(SpaceId space) {
    return Optional.ofNullable(views.get(space));
  }

  /** The position up to which everything is forced. */
  public long durable() {
    return durable;
  }

  /** The position up to which readers may see entries that are not forced yet. */
  public long committed() {
    return committed;
  }

  public Incarnation incarnation() {
    return incarnation;
  }

  public boolean full() {
    return full;
  }

  public Measures measures() {
    return measures;
  }

  public int waiting() {
    return queue.size();
  }

  Numbers numbers() {
    return numbers;
  }

  /** Completes when the intent is forced, or with {@link Refused}. Blocks while too many wait. */
  public CompletableFuture<Outcome> submit(SpaceId space, IntentRequest request) {
    var done = new CompletableFuture<Outcome>();
    enqueue(new Unit.Submitted(request, space, done));
    return done;
  }

  /**
   * Completes when what is genuine of the batch is forced, with the replicas that are refused and
   * why.
   */
  public CompletableFuture<Map<Replica, String>> store(SpaceId space, Checked batch) {
    var done = new CompletableFuture<Map<Replica, String>>();
    enqueue(new Unit.Received(space, batch, done));
    return done;
  }

  /**
   * Keeps a member's statement, in the next group commit; the ledger shows it once it is forced.
   */
  public void note(Ledger.Known known) {
    enqueue(new Unit.Noted(known));
  }

  /**
   * Runs work that changes the database by other means, between two group commits, and forces it.
   * The work commits its own transactions, and may use {@link #createSpace} and the like.
   */
  public <T> CompletableFuture<T> administer(Callable<T> work) {
    var done = new CompletableFuture<T>();
    enqueue(new Unit.Administered<>(work, done));
    return done;
  }

  private void enqueue(Unit unit) {
    if (closing) {
      unit.fail(new Refused(ProblemCode.NOT_RECORDING, "this node is stopping"));
      return;
    }
    try {
      queue.put(unit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      unit.fail(new Refused(ProblemCode.NOT_RECORDING, "interrupted while waiting"));
      return;
    }
    if (closing && !thread.isAlive() && queue.remove(unit)) {
      unit.fail(new Refused(ProblemCode.NOT_RECORDING, "this node is stopping"));
    }
  }

  // ---- on the recording thread, within administer

  /** Makes a space known under a name, with its membership. */
  public void createSpace(String name, Membership membership) throws SQLException {
    ensureOwner();
    try (var insert =
        connection.prepareStatement(
            "insert into space (id, name) values (?, ?)",
            java.sql.Statement.RETURN_GENERATED_KEYS)) {
      insert.setBytes(1, membership.space().hash().bytes());
      insert.setString(2, name);
      numbers.put(membership.space(), Numbers.generated(insert));
    }
    putRecords(membership.space(), membership.records());
    connection.commit();
    spaces.put(membership.space(), new SpaceState(membership, self(), Map.of()));
  }

  /** Gives a collection its row, where it has none. @return the space's row number */
  public int collection(SpaceId space, String name) throws SQLException {
    ensureOwner();
    numbers.collection(space, name, connection);
    connection.commit();
    return numbers.space(space);
  }

  /** Takes an empty space out of its name's way. */
  public void renameSpace(SpaceId space, String name) throws SQLException {
    ensureOwner();
    try (var update = connection.prepareStatement("update space set name = ? where space_no = ?")) {
      update.setString(1, name);
      update.setInt(2, numbers.space(space));
      update.executeUpdate();
    }
    connection.commit();
  }

  /** Replaces the membership by one with more records. */
  public void putMembership(Membership membership) throws SQLException {
    ensureOwner();
    var state = spaces.get(membership.space());
    if (state == null) {
      throw new Refused(ProblemCode.SPACE_UNKNOWN, "no such space");
    }
    var known = state.membership().records().stream().map(SignedRecord::hash).toList();
    putRecords(
        membership.space(),
        membership.records().stream().filter(r -> !known.contains(r.hash())).toList());
    if (membership.members().size() > state.membership().members().size()) {
      oweEverything(membership.space());
    }
    connection.commit();
    state.membership(membership);
  }

  /** A new member has nothing yet: all that is recorded goes into the outbox that isn't there. */
  private void oweEverything(SpaceId space) throws SQLException {
    try (var insert =
        connection.prepareStatement(
            """
            insert into outbox (position, space_no, replica_no, sequence, bytes, recorded_at)
            select position, space_no, replica_no, sequence, octet_length(entry), recorded_at from wal
            where space_no = ? and standing <> ? and position not in (select position from outbox)
            """)) {
      insert.setInt(1, numbers.space(space));
      insert.setInt(2, Standing.REPLACED.ordinal());
      insert.executeUpdate();
    }
  }

  /**
   * Forgets what is owed to nobody any more, at the front of a space's outbox.
   *
   * @return how many rows went
   */
  public int discharge(SpaceId space, int most) throws SQLException {
    ensureOwner();
    int gone = ledger.discharge(connection, numbers, membership(space), key.nodeId(), most);
    connection.commit();
    return gone;
  }

  /**
   * The connection of this thread, for further statements of administration; they commit with it.
   */
  public Connection connection() {
    ensureOwner();
    return connection;
  }

  /** A space's membership with everything decided so far. */
  public Membership membership(SpaceId space) {
    ensureOwner();
    var state = spaces.get(space);
    if (state == null) {
      throw new Refused(ProblemCode.SPACE_UNKNOWN, "no such space");
    }
    return state.membership();
  }

  /**
   * Takes a new incarnation, because entries of the present one are known elsewhere that are not
   * known here. What this replica wrote beyond {@code common} is written again, with the same
   * intent ids.
   *
   * @param common by space, the last sequence that others are known to have
   */
  public void reborn(Birth birth, Map<SpaceId, Long> common) throws SQLException {
    ensureOwner();
    var old = self();
    incarnation = birth.incarnation();
    lastPosition = Math.max(lastPosition, birth.firstPosition());
    try (var update =
        connection.prepareStatement("update node set incarnation = ?, first_position = ?")) {
      update.setBytes(1, incarnation.bytes());
      update.setLong(2, lastPosition);
      update.executeUpdate();
    }
    var batch = new Batch(connection, rows, numbers, cache, this::replicas);
    for (var space : spaces.values()) {
      space.reborn(self());
      writeAgain(space, old, common.getOrDefault(space.id(), 0L), batch);
    }
    batch.flush(sql, this::owed, () -> sign(batch));
    Batch.putChains(sql, numbers, connection, chains(), lastPosition);
    committed = lastPosition;
    connection.commit();
    batch.remember();
    cache.trim();
    LOG.warn("this node has taken incarnation {} after {}", incarnation, old.incarnation());
  }

  private void writeAgain(SpaceState space, Replica old, long common, Batch batch)
      throws SQLException {
    var chain = space.chain(old);
    for (long sequence = common + 1; sequence <= chain.sequence(); sequence++) {
      var first = rows.find(space.id(), old, sequence).orElseThrow();
      var intent = first.entry().intent();
      var writes = new ArrayList<Write>();
      writes.add(new Write.Restand(first.position(), Standing.REPLACED));
      batch.add(writes);
      if (intent != null && first.standing().effective()) {
        var again = recorder.again(intent, space, batch, draw());
        batch.add(again.writes());
        lastPosition = again.entry().position();
      }
    }
    if (common < chain.sequence()) {
      var end = common == 0 ? null : rows.find(space.id(), old, common).orElseThrow();
      space.cut(
          old, end == null ? ChainHead.NONE : new ChainHead(common, end.hash(), end.position()));
      try (var delete =
          connection.prepareStatement(
              "delete from wal_mark where space_no = ? and replica_no = ? and sequence > ?")) {
        delete.setInt(1, numbers.space(space.id()));
        delete.setInt(2, numbers.replica(old, connection));
        delete.setLong(3, common);
        delete.executeUpdate();
      }
      try (var delete =
          connection.prepareStatement("delete from chain where space_no = ? and replica_no = ?")) {
        delete.setInt(1, numbers.space(space.id()));
        delete.setInt(2, numbers.replica(old, connection));
        delete.executeUpdate();
      }
    }
  }

  // ---- the thread

  private void run() {
    var batch = new ArrayList<Unit>();
    while (true) {
      try {
        Unit first = queue.poll(100, TimeUnit.MILLISECONDS);
        if (first == null) {
          if (closing) {
            break;
          }
          full = freeBytes.getAsLong() < settings.reserveBytes();
          continue;
        }
        if (first instanceof Unit.Administered<?> alone) {
          administer(alone);
        } else {
          batch.clear();
          batch.add(first);
          gather(batch);
          var last =
              batch.getLast() instanceof Unit.Administered<?> administered ? administered : null;
          if (last != null) {
            batch.removeLast();
          }
          commit(batch);
          if (last != null) {
            administer(last);
          }
        }
      } catch (InterruptedException e) {
        // nobody interrupts this thread; an interrupt would close H2's files under it
        failStop.stop("recording", e);
        return;
      }
    }
  }

  private void gather(List<Unit> batch) throws InterruptedException {
    int bytes = size(batch.getFirst());
    long deadline = System.nanoTime() + NOTE_NANOS;
    boolean awaited = !(batch.getFirst() instanceof Unit.Noted);
    while (batch.size() < settings.batchUnits()) {
      var next = queue.peek();
      if (next != null && bytes + size(next) > settings.batchBytes()) {
        return;
      }
      if (next == null && !awaited && !closing && System.nanoTime() < deadline) {
        next = queue.poll(1, TimeUnit.MILLISECONDS);
        if (next instanceof Unit.Administered<?> administered) {
          batch.add(administered);
          return;
        }
        if (next == null) {
          continue;
        }
      } else if (next == null || next instanceof Unit.Administered<?>) {
        return;
      } else {
        queue.remove();
      }
      batch.add(next);
      bytes += size(next);
      awaited |= !(next instanceof Unit.Noted);
    }
  }

  private static int size(Unit unit) {
    return switch (unit) {
      case Unit.Submitted(var request, _, _) ->
          request.operations().stream().mapToInt(Recording::size).sum();
      case Unit.Received(_, var batch, _) ->
          batch.genuine().stream().mapToInt(r -> r.bytes().length).sum();
      case Unit.Noted _, Unit.Administered<?> _ -> 0;
    };
  }

  private static int size(OperationRequest operation) {
    var patch = operation.patch();
    int chars = patch == null ? 0 : patch.text().text().length();
    return 256 + chars + (operation.body() == null ? 0 : operation.body().text().length());
  }

  private <T> void administer(Unit.Administered<T> unit) {
    T result;
    try {
      result = unit.work().call();
    } catch (Throwable e) {
      try {
        connection.rollback();
      } catch (SQLException rollback) {
        failStop.stop("recording", rollback);
      }
      if (e instanceof SQLException) {
        // what is in memory may be ahead of the disk
        failStop.stop("recording", e);
      }
      unit.fail(e);
      return;
    }
    try {
      force();
    } catch (Throwable e) {
      failStop.stop("recording", e);
      unit.fail(e);
      return;
    }
    published(spaces.keySet());
    unit.done().complete(result);
  }

  private void commit(List<Unit> units) {
    long began = System.nanoTime();
    full = freeBytes.getAsLong() < settings.reserveBytes();
    var batch = new Batch(connection, rows, numbers, cache, this::replicas);
    var touched = new LinkedHashSet<SpaceId>();
    var answers = new ArrayList<Runnable>(units.size());
    var notes = new ArrayList<Ledger.Known>();
    for (var unit : units) {
      try {
        switch (unit) {
          case Unit.Submitted submitted -> answers.add(decide(submitted, batch, touched));
          case Unit.Received received -> answers.add(decide(received, batch, touched));
          case Unit.Noted(var known) -> notes.add(known);
          case Unit.Administered<?> _ -> throw new IllegalStateException("not in a batch");
        }
      } catch (RuntimeException e) {
        LOG.error("a write could not be decided on", e);
        answers.add(() -> unit.fail(e));
      }
    }
    try {
      var kept = ledger.newest(notes);
      if (!batch.isEmpty() || !kept.isEmpty()) {
        Ledger.put(kept, sql.mergeStatement, numbers);
        var signed = CompletableFuture.supplyAsync(() -> signatures(batch));
        batch.flush(sql, this::owed, () -> signed.join().forEach(batch::sign));
        if (lastPosition - chainsPosition >= CHAINS_EVERY) {
          Batch.putChains(sql, numbers, connection, chains(), lastPosition);
          chainsPosition = lastPosition;
        }
        committed = lastPosition;
        connection.commit();
        force();
        batch.remember();
        ledger.publish(kept);
      }
    } catch (Throwable e) {
      failStop.stop("recording", e);
      units.forEach(
          unit -> unit.fail(new Refused(ProblemCode.DISK_FAILED, "the write could not be forced")));
      return;
    }
    cache.trim();
    published(touched);
    measures.commits++;
    measures.lastBatch = units.size();
    measures.lastCommitNanos = System.nanoTime() - began;
    measures.commitNanos += measures.lastCommitNanos;
    answers.forEach(Runnable::run);
  }

  private void force() throws SQLException {
    sql.checkpoint.execute();
    if (Thread.currentThread().isInterrupted()) {
      throw new StorageException("the recording thread was interrupted while it forced", null);
    }
  }

  private Runnable decide(Unit.Submitted unit, Batch batch, Set<SpaceId> touched) {
    var space = spaces.get(unit.space());
    if (space == null) {
      return refuse(unit, Problem.of(ProblemCode.SPACE_UNKNOWN, "no such space"));
    }
    if (full) {
      return refuse(
          unit,
          Problem.of(ProblemCode.STORAGE_FULL, "less room than the reserve is left on the disk"));
    }
    return switch (recorder.record(unit.request(), space, batch, draw())) {
      case Admission.Declined(var problem) -> refuse(unit, problem);
      case Admission.Replayed(var entry) ->
          () -> unit.done().complete(new Outcome(entry, true, false));
      case Admission.Accepted(var entry, var created, var writes) -> {
        batch.add(writes);
        lastPosition = entry.position();
        touched.add(space.id());
        measures.intents++;
        yield () -> unit.done().complete(new Outcome(entry, false, created));
      }
    };
  }

  private static Runnable refuse(Unit.Submitted unit, Problem problem) {
    return () -> unit.done().completeExceptionally(new Refused(problem));
  }

  private Runnable decide(Unit.Received unit, Batch batch, Set<SpaceId> touched) {
    var space = spaces.get(unit.space());
    var refused = new HashMap<Replica, String>(unit.batch().refused());
    if (space == null) {
      return () -> unit.fail(new Refused(ProblemCode.SPACE_UNKNOWN, "no such space"));
    }
    for (var received : unit.batch().genuine()) {
      if (refused.containsKey(received.entry().author())
          && !unit.batch().refused().containsKey(received.entry().author())) {
        continue;
      }
      switch (Receiver.receive(received, space, batch, now(), lastPosition + 1)) {
        case Receiver.Verdict.Known _ -> {}
        case Receiver.Verdict.Rejected(var replica, var reason) -> {
          LOG.warn("entries of {} are refused: {}", replica, reason);
          refused.put(replica, reason);
        }
        case Receiver.Verdict.Stored(var entry, var writes) -> {
          batch.add(writes);
          lastPosition = entry.position();
          touched.add(space.id());
          measures.received++;
        }
      }
    }
    return () -> unit.done().complete(refused);
  }

  private boolean owed(LoggedEntry logged) {
    return ledger.owed(
        space(logged.entry().space()).membership(), key.nodeId(), logged.entry().dot());
  }

  /** To the millisecond, which is what rows keep, so that a later answer says the same. */
  private Instant now() {
    return clock.instant().truncatedTo(ChronoUnit.MILLIS);
  }

  private Recorder.Draw draw() {
    var bytes = new byte[5];
    random.nextBytes(bytes);
    return new Recorder.Draw(now(), lastPosition + 1, bytes);
  }

  /**
   * The author signs, per space, its last entry of the group: the hash chain covers those before
   * it.
   */
  private Map<Long, byte[]> signatures(Batch batch) {
    var last = new HashMap<SpaceId, LoggedEntry>();
    for (var logged : batch.appended()) {
      if (logged.entry().author().equals(self())) {
        last.put(logged.entry().space(), logged);
      }
    }
    var signatures = new HashMap<Long, byte[]>();
    last.values()
        .forEach(
            logged -> signatures.put(logged.position(), key.sign(Purpose.ENTRY, logged.hash())));
    return signatures;
  }

  private void sign(Batch batch) {
    signatures(batch).forEach(batch::sign);
  }

  private void published(Iterable<SpaceId> touched) {
    var next = new LinkedHashMap<>(views);
    for (var id : touched) {
      var space = spaces.get(id);
      if (space != null) {
        next.put(id, new SpaceView(space.membership(), space.self(), space.chains()));
      }
    }
    // whoever reads the position first finds chains that hold at least as much
    views = Map.copyOf(next);
    durable = lastPosition;
    listeners.forEach(Runnable::run);
  }

  // ---- recovery

  private void recover(Birth birth) throws SQLException {
    long first;
    try (var statement = connection.createStatement();
        var node =
            statement.executeQuery(
                "select incarnation, first_position, chains_position from node")) {
      if (node.next()) {
        boolean same = Incarnation.of(node.getBytes(1)).equals(birth.incarnation());
        first = same ? node.getLong(2) : birth.firstPosition();
        chainsPosition = node.getLong(3);
      } else {
        first = birth.firstPosition();
        statement.execute("insert into node values (1, X'" + "00".repeat(16) + "', 0, 0, 0)");
      }
    }
    recoverSpaces();
    recoverChains();
    ledger.recover(connection, numbers);
    lastPosition = Math.max(lastPosition, first);
    try (var update =
        connection.prepareStatement(
            "update node set incarnation = ?, opened = opened + 1, first_position = ?")) {
      update.setBytes(1, incarnation.bytes());
      update.setLong(2, first);
      update.executeUpdate();
    }
    connection.commit();
    force();
    published(spaces.keySet());
  }

  private void recoverSpaces() throws SQLException {
    var records = new LinkedHashMap<Integer, List<SignedRecord>>();
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select space_no, record, signature from membership_record order by record_no")) {
      while (row.next()) {
        records
            .computeIfAbsent(row.getInt(1), _ -> new ArrayList<>())
            .add(new SignedRecord(row.getBytes(2), row.getBytes(3)));
      }
    }
    for (var space : records.values()) {
      var membership = new Membership(space);
      spaces.put(membership.space(), new SpaceState(membership, self(), Map.of()));
    }
  }

  /**
   * The chains as they were written down, then what the log has after that; checks that it hangs
   * together.
   */
  private void recoverChains() throws SQLException {
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select space_no, replica_no, sequence, hash, position from chain")) {
      while (row.next()) {
        var head = new ChainHead(row.getLong(3), Hash.of(row.getBytes(4)), row.getLong(5));
        space(numbers.space(row.getInt(1))).cut(numbers.replica(row.getInt(2)), head);
      }
    }
    lastPosition = chainsPosition;
    while (true) {
      var entries = rows.from(lastPosition + 1, 512);
      if (entries.isEmpty()) {
        return;
      }
      for (var logged : entries) {
        lastPosition = logged.position();
        if (logged.standing() == Standing.REPLACED) {
          continue;
        }
        var entry = logged.entry();
        var space = space(entry.space());
        var chain = space.chain(entry.author());
        if (entry.sequence() != chain.sequence() + 1 || !entry.previous().equals(chain.hash())) {
          throw new StorageException(
              "the log doesn't hang together at position " + logged.position(), null);
        }
        space.cut(
            entry.author(), new ChainHead(entry.sequence(), logged.hash(), logged.position()));
      }
    }
  }

  private SpaceState space(SpaceId id) {
    return java.util.Objects.requireNonNull(spaces.get(id));
  }

  private java.util.Collection<Replica> replicas(SpaceId space) {
    return space(space).chains().keySet();
  }

  private Map<SpaceId, Map<Replica, ChainHead>> chains() {
    var chains = new LinkedHashMap<SpaceId, Map<Replica, ChainHead>>();
    spaces.forEach((id, space) -> chains.put(id, space.chains()));
    return chains;
  }

  private Replica self() {
    return new Replica(key.nodeId(), incarnation);
  }

  private void putRecords(SpaceId space, List<SignedRecord> records) throws SQLException {
    try (var insert =
        connection.prepareStatement(
            "insert into membership_record (space_no, record, signature) values (?, ?, ?)")) {
      for (var record : records) {
        insert.setInt(1, numbers.space(space));
        insert.setBytes(2, record.bytes());
        insert.setBytes(3, record.signature());
        insert.executeUpdate();
      }
    }
  }

  private long number(String query) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private void ensureOwner() {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException("only the recording thread may do this");
    }
  }

  /** Answers what waits, writes down the chains, and stops. The database stays open. */
  @Override
  public void close() {
    closing = true;
    try {
      thread.join();
      for (Unit unit = queue.poll(); unit != null; unit = queue.poll()) {
        unit.fail(new Refused(ProblemCode.NOT_RECORDING, "this node is stopping"));
      }
      Batch.putChains(sql, numbers, connection, chains(), lastPosition);
      connection.commit();
      sql.checkpoint.execute();
      connection.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException e) {
      throw new StorageException("The log did not close properly: " + e.getMessage(), e);
    }
  }

  @Override
  public String toString() {
    return "Recording[" + self() + " at " + durable + "]";
  }
}
