package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal as tables of the embedded database. A batch is one transaction. Where all of it is in
 * the {@link RedoLog}, forcing that is enough; else, and where the log is full or old or the batch
 * large, a checkpoint forces the database through the guard.
 */
public final class H2Journal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(H2Journal.class);
  private static final long CHECKPOINT_NANOS = 10_000_000_000L;

  /**
   * A commit of more bytes is checkpointed at once, and its pages aren't kept. H2 writes a changed
   * row up to five times and lets several such writes wait; and a page of one large row counts in
   * its cache as those of small ones do.
   */
  private static final long LARGE_BYTES = Runtime.getRuntime().maxMemory() / 128;

  /** With more intents a start would take too long to read their slots. */
  private static final int SLOTS_READ = 100_000;

  private static final Comparator<DocumentState> BY_INDEX =
      Comparator.comparing((DocumentState state) -> state.key().space())
          .thenComparing(state -> state.key().collection())
          .thenComparing(state -> state.key().id());

  private final Connection connection;
  private final Statements sql;
  private final Rows rows;
  private final Numbers numbers;
  private final DocumentCache cache;
  private final Readers readers;
  private final @Nullable RedoLog redo;
  private final PreparedStatement lastCommit;
  // that may be taken in the table of intents; null where they are too many to read, or can't be
  private final @Nullable BloomFilter slots;
  private final LongSupplier nanoTime;
  // by space, the number of the last change of a conflict
  private final Map<SpaceId, Long> conflictChanges = new HashMap<>();

  // The number of the last commit that the redo log has or could have.
  private long commits;
  // Whether something is committed that neither the redo log nor a checkpoint holds.
  private boolean beyondLog;
  private long checkpointedNanos;
  // What went wrong when it was written or forced: from then on it takes nothing more.
  private @Nullable Exception failure;

  private H2Journal(Database database, LongSupplier nanoTime) throws SQLException {
    this.nanoTime = nanoTime;
    checkpointedNanos = nanoTime.getAsLong();
    connection = database.connect();
    connection.setAutoCommit(false);
    sql = new Statements(connection);
    lastCommit = connection.prepareStatement("update redo_log set last_commit = ?");
    var log = database.redoLog();
    redo = log == null ? null : openLog(log);
    numbers = new Numbers(connection);
    rows = new Rows(connection, numbers);
    cache = new DocumentCache(1 + number("select max(document_no) from document"), rows);
    slots = number("select count(*) from intent") <= SLOTS_READ ? slots() : null;
    readers = new Readers(database, numbers);
  }

  private @Nullable BloomFilter slots() {
    var taken = new BloomFilter();
    try {
      rows.forEachIntent(taken::add);
      return taken;
    } catch (RuntimeException e) {
      LOG.warn("every intent is looked up on the disk, since their slots can't be read", e);
      return null;
    }
  }

  /** Applies what the log has beyond the database, or begins one. */
  private RedoLog openLog(Database.RedoLogFile file) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("select log, last_commit from redo_log")) {
      if (row.next()) {
        var log = RedoLog.open(file.path(), uuid(row.getBytes(1)));
        commits = row.getLong(2);
        log.forEachAfter(commits, this::again);
        checkpoint();
        return log;
      }
    }
    var id = UUID.randomUUID();
    var log = RedoLog.create(file.path(), file.bytes(), id);
    try (var insert = connection.prepareStatement("insert into redo_log values (1, ?, 0)")) {
      insert.setBytes(
          1,
          ByteBuffer.allocate(16)
              .putLong(id.getMostSignificantBits())
              .putLong(id.getLeastSignificantBits())
              .array());
      insert.executeUpdate();
    }
    connection.commit();
    checkpoint();
    return log;
  }

  private static UUID uuid(byte[] bytes) {
    var buffer = ByteBuffer.wrap(bytes);
    return new UUID(buffer.getLong(), buffer.getLong());
  }

  private void again(long number, ByteBuffer changes) {
    try {
      RowChanges.again(changes, sql::change);
      sql.forget();
      commits = number;
      lastCommit.setLong(1, number);
      lastCommit.executeUpdate();
      connection.commit();
    } catch (SQLException e) {
      throw new StorageException("commit " + number + " can't be made again: " + e.getMessage(), e);
    }
  }

  public static H2Journal open(Database database) {
    return open(database, System::nanoTime);
  }

  /**
   * @param nanoTime by which the redo log grows old
   */
  public static H2Journal open(Database database, LongSupplier nanoTime) {
    try {
      return new H2Journal(database, nanoTime);
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
    }
  }

  Optional<RedoLog> redoLog() {
    return Optional.ofNullable(redo);
  }

  Readers readers() {
    return readers;
  }

  // ---- reading

  @Override
  public Optional<Found> found() {
    try (var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select incarnation, opened, greatest(first_position, coalesce((select max(position) from wal), 0)) from node")) {
      return row.next()
          ? Optional.of(new Found(Incarnation.of(row.getBytes(1)), row.getLong(2), row.getLong(3)))
          : Optional.empty();
    } catch (SQLException e) {
      throw new StorageException("The database can't be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Recovered recover() {
    try (var statement = connection.createStatement()) {
      Node node = null;
      long chainsPosition = 0;
      try (var row =
          statement.executeQuery(
              "select incarnation, opened, first_position, chains_position from node")) {
        if (row.next()) {
          node = new Node(Incarnation.of(row.getBytes(1)), row.getLong(2), row.getLong(3));
          chainsPosition = row.getLong(4);
        }
      }
      var records = new LinkedHashMap<SpaceId, List<SignedRecord>>();
      try (var row =
          statement.executeQuery(
              "select space_no, record, signature from membership_record order by record_no")) {
        while (row.next()) {
          records
              .computeIfAbsent(numbers.space(row.getInt(1)), _ -> new ArrayList<>())
              .add(new SignedRecord(row.getBytes(2), row.getBytes(3)));
        }
      }
      var chains = new LinkedHashMap<SpaceId, Map<Replica, ChainHead>>();
      try (var row =
          statement.executeQuery(
              "select space_no, replica_no, author_no, parent_no, after, sequence, hash, position from chain")) {
        while (row.next()) {
          chains
              .computeIfAbsent(numbers.space(row.getInt(1)), _ -> new LinkedHashMap<>())
              .put(numbers.replica(row.getInt(2)), chain(row));
        }
      }
      var urgency = new LinkedHashMap<SpaceId, Urgency>();
      try (var row =
          statement.executeQuery("select space_no, urgent_position, normal_position from space")) {
        while (row.next()) {
          urgency.put(numbers.space(row.getInt(1)), new Urgency(row.getLong(2), row.getLong(3)));
        }
      }
      var statements = new ArrayList<Ledger.Known>();
      try (var row = statement.executeQuery("select statement, signature, via from statement")) {
        while (row.next()) {
          statement(row).ifPresent(statements::add);
        }
      }
      var followed = new HashSet<SpaceId>();
      try (var row = statement.executeQuery("select space_no from space where clocks_followed")) {
        while (row.next()) {
          followed.add(numbers.space(row.getInt(1)));
        }
      }
      return new Recovered(node, records, chains, urgency, chainsPosition, statements, followed);
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
    }
  }

  /** What a damaged row said its member says again, and peers tell. */
  private static Optional<Ledger.Known> statement(ResultSet row) throws SQLException {
    var via = row.getString(3);
    try {
      return Optional.of(
          new Ledger.Known(
              Statement.decode(row.getBytes(1)),
              row.getBytes(2),
              via == null ? null : NodeId.parse(via)));
    } catch (Malformed | IllegalArgumentException e) {
      LOG.warn("what a member says to have can't be read, until it says so again", e);
      return Optional.empty();
    }
  }

  private ChainHead chain(ResultSet row) throws SQLException {
    int parent = row.getInt(4);
    return new ChainHead(
        numbers.replica(row.getInt(3)),
        parent == 0 ? null : numbers.replica(parent),
        row.getLong(5),
        row.getLong(6),
        Hash.of(row.getBytes(7)),
        row.getLong(8));
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    return cache.state(key, rows);
  }

  @Override
  public LoggedEntry entry(long position) {
    return rows.entry(position);
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    return slots == null || slots.mayHave(Rows.slot(space, id))
        ? rows.intents(space, id)
        : rows.ledIntents(space, id);
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId space) {
    return rows.disputed(space);
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    return rows.run(space, chain, from);
  }

  @Override
  public List<LoggedEntry> from(long position, int limit) {
    return rows.from(position, limit);
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
    return rows.find(space, replica, sequence);
  }

  @Override
  public Optional<Place> place(long position) {
    return rows.place(position);
  }

  @Override
  public OutboxRows outboxRows(long after, long last, int limit) {
    return rows.outboxRows(after, last, limit);
  }

  @Override
  public Optional<Stretch> stretch(SpaceId space, Replica chain, long from, long to) {
    return rows.stretch(space, chain, from, to);
  }

  @Override
  public Standing standing(long position) {
    try (var select =
        connection.prepareStatement("select standing from dead_letter where position = ?")) {
      select.setLong(1, position);
      try (var row = select.executeQuery()) {
        return row.next() ? Standing.values()[row.getInt(1)] : Standing.EFFECTIVE;
      }
    } catch (SQLException e) {
      throw new StorageException("reading the dead letters failed", e);
    }
  }

  @Override
  public List<Long> held() {
    var positions = new ArrayList<Long>();
    try (var select =
        connection.prepareStatement(
            "select position from dead_letter where standing = ? order by position")) {
      select.setInt(1, Standing.HELD.ordinal());
      try (var row = select.executeQuery()) {
        while (row.next()) {
          positions.add(row.getLong(1));
        }
      }
      return positions;
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Optional<LoggedEntry> mended(long position, Place place, ReceivedEntry received) {
    return rows.mended(position, place, received, standing(position));
  }

  @Override
  public boolean wasWritten(DocumentState state) {
    return rows.wasWritten(state);
  }

  @Override
  public Log log(LongSupplier durable) {
    return new Log() {
      @Override
      public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
        return readers.read(reader -> reader.find(space, replica, sequence));
      }

      @Override
      public List<LoggedEntry> signedRun(
          SpaceId space, long position, int bytes, LongPredicate leftOut) {
        return readers.read(
            reader -> reader.signedRun(space, position, durable.getAsLong(), bytes, leftOut));
      }
    };
  }

  private long number(String query) throws SQLException {
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  // ---- writing

  @Override
  public void commit(Batch batch) {
    write(batch);
    beyondLog = true;
  }

  @Override
  public void record(Batch batch) {
    boolean whole = write(batch) && !beyondLog;
    boolean large = sql.made().length() > LARGE_BYTES;
    if (redo != null
        && whole
        && !large
        && redo.fits(sql.made())
        && nanoTime.getAsLong() - checkpointedNanos < CHECKPOINT_NANOS) {
      try {
        redo.append(commits, sql.made());
      } catch (RuntimeException e) {
        throw inDoubt("a force failed", e);
      }
    } else {
      force();
    }
    if (large) {
      clearPages();
    }
  }

  private void requireSound() {
    if (failure != null) {
      throw new StorageException("the journal has failed before: " + failure.getMessage(), failure);
    }
  }

  /** Half a transaction may be left, which nothing later must commit. */
  private StorageException inDoubt(String what, Exception cause) {
    failure = cause;
    return new StorageException(what + ": " + cause.getMessage(), cause);
  }

  /**
   * Commits.
   *
   * @return whether the row changes that were made are all there was
   */
  private boolean write(Batch batch) {
    requireSound();
    try {
      sql.forget();
      int given = numbers.given();
      putNode(batch);
      putSpaces(batch);
      putDischarged(batch);
      putOwedAgain(batch);
      putStatements(batch);
      putDocuments(batch);
      putIntents(batch);
      putConflicts(batch);
      tellConflicts(batch);
      putBranches(batch);
      putMended(batch);
      putStandings(batch);
      putEntries(batch);
      putDeadLetters(batch);
      putChains(batch);
      if (redo != null) {
        lastCommit.setLong(1, ++commits);
        lastCommit.executeUpdate();
      }
      connection.commit();
      batch.documents().forEach(cache::remember);
      batch.appended().forEach(rows::placed);
      batch.restood().forEach(rows::placed);
      cache.trim();
      return batch.isOfRows() && numbers.given() == given;
    } catch (SQLException | RuntimeException e) {
      throw inDoubt("a commit failed", e);
    }
  }

  @Override
  public void force() {
    requireSound();
    try {
      checkpoint();
    } catch (SQLException | RuntimeException e) {
      throw inDoubt("a force failed", e);
    }
  }

  private void clearPages() {
    try {
      sql.clearPages();
    } catch (SQLException e) {
      throw inDoubt("the pages in memory can't be let go of", e);
    }
  }

  private void checkpoint() throws SQLException {
    sql.checkpoint();
    if (redo != null) {
      redo.checkpointed();
    }
    beyondLog = false;
    checkpointedNanos = nanoTime.getAsLong();
  }

  private void putNode(Batch batch) throws SQLException {
    if (batch.node().isEmpty()) {
      return;
    }
    var node = batch.node().get();
    try (var merge =
        connection.prepareStatement(
            "merge into node (id, incarnation, opened, first_position, chains_position) values (1, ?, ?, ?, coalesce((select chains_position from node), 0))")) {
      merge.setBytes(1, node.incarnation().bytes());
      merge.setLong(2, node.opened());
      merge.setLong(3, node.firstPosition());
      merge.executeUpdate();
    }
    conflictChanges.clear();
  }

  private void putSpaces(Batch batch) throws SQLException {
    for (var space : batch.names().entrySet()) {
      try (var insert =
          connection.prepareStatement(
              "insert into space (id, name, clocks_followed) values (?, ?, true)",
              java.sql.Statement.RETURN_GENERATED_KEYS)) {
        insert.setBytes(1, space.getKey().hash().bytes());
        insert.setString(2, space.getValue());
        numbers.put(space.getKey(), Numbers.generated(insert));
      }
    }
    for (var records : batch.records().entrySet()) {
      try (var insert =
          connection.prepareStatement(
              "insert into membership_record (space_no, record, signature) values (?, ?, ?)")) {
        for (var record : records.getValue()) {
          insert.setInt(1, numbers.space(records.getKey()));
          insert.setBytes(2, record.bytes());
          insert.setBytes(3, record.signature());
          insert.executeUpdate();
        }
      }
    }
    for (var space : batch.clocksFollowed().entrySet()) {
      try (var update =
          connection.prepareStatement("update space set clocks_followed = ? where space_no = ?")) {
        update.setBoolean(1, space.getValue());
        update.setInt(2, numbers.space(space.getKey()));
        update.executeUpdate();
      }
    }
    for (var space : batch.owedWhole()) {
      try (var insert =
          connection.prepareStatement(
              """
              insert into outbox (position, space_no, replica_no, sequence, bytes, recorded_at)
              select position, space_no, replica_no, sequence, octet_length(entry), recorded_at from wal
              where space_no = ? and position not in (select position from outbox)
              """)) {
        insert.setInt(1, numbers.space(space));
        insert.executeUpdate();
      }
    }
  }

  private void putDischarged(Batch batch) throws SQLException {
    for (var front : batch.discharged().entrySet()) {
      sql.change(RowChange.DELETE_OUTBOX, numbers.space(front.getKey()), front.getValue());
    }
  }

  private void putOwedAgain(Batch batch) throws SQLException {
    if (batch.owedAgain().isEmpty()) {
      return;
    }
    var there = new HashSet<Long>();
    try (var select =
        connection.prepareStatement(
            "select position from outbox where position >= ? and position <= ?")) {
      select.setLong(1, batch.owedAgain().firstKey());
      select.setLong(2, batch.owedAgain().lastKey());
      try (var row = select.executeQuery()) {
        while (row.next()) {
          there.add(row.getLong(1));
        }
      }
    }
    for (var row : batch.owedAgain().values()) {
      if (!there.contains(row.position())) {
        sql.changeLater(
            RowChange.INSERT_OUTBOX,
            row.position(),
            numbers.space(row.space()),
            numbers.replica(row.dot().replica(), connection),
            row.dot().sequence(),
            row.bytes(),
            row.recordedAt());
      }
    }
    sql.changeAll(RowChange.INSERT_OUTBOX);
  }

  private void putStatements(Batch batch) throws SQLException {
    for (var known : batch.statements()) {
      var via = known.via();
      sql.change(
          RowChange.MERGE_STATEMENT,
          numbers.space(known.statement().space()),
          known.statement().by().node().hash().bytes(),
          known.signed().bytes(),
          known.signature(),
          via == null ? null : via.toString());
    }
  }

  private void putStandings(Batch batch) throws SQLException {
    for (var logged : batch.restood()) {
      sql.change(
          RowChange.UPDATE_ENTRY,
          numbers.replica(logged.chain(), connection),
          logged.standing().ordinal(),
          crc(logged, Rows.positions(logged.previous())),
          logged.position());
    }
  }

  private void putMended(Batch batch) throws SQLException {
    for (var logged : batch.mended()) {
      byte[] previous = Rows.positions(logged.previous());
      sql.change(
          RowChange.MEND_ENTRY,
          numbers.space(logged.entry().space()),
          numbers.replica(logged.chain(), connection),
          logged.entry().sequence(),
          logged.standing().ordinal(),
          logged.recordedAt().toEpochMilli(),
          previous,
          logged.signature(),
          logged.bytes(),
          crc(logged, previous),
          logged.position());
    }
  }

  private void putDeadLetters(Batch batch) throws SQLException {
    for (var logged : batch.restood()) {
      if (logged.standing().effective()) {
        sql.change(RowChange.DELETE_DEAD_LETTER, logged.position());
        continue;
      }
      int replicaNo = numbers.replica(logged.chain(), connection);
      int standing = logged.standing().ordinal();
      // when it was first noticed stays
      if (sql.change(RowChange.UPDATE_DEAD_LETTER, replicaNo, standing, logged.position()) == 0) {
        putDeadLetter(logged, batch);
      }
    }
    for (var logged : batch.appended()) {
      if (!logged.standing().effective()) {
        putDeadLetter(logged, batch);
      }
    }
  }

  private void putDeadLetter(LoggedEntry logged, Batch batch) throws SQLException {
    sql.change(
        RowChange.INSERT_DEAD_LETTER,
        logged.position(),
        numbers.space(logged.entry().space()),
        numbers.replica(logged.chain(), connection),
        logged.entry().sequence(),
        logged.standing().ordinal(),
        batch.now().toEpochMilli());
  }

  /** What a parent has beyond a fork is the branch's from now on, in every table but the log. */
  private void putBranches(Batch batch) throws SQLException {
    for (var branch : batch.branches()) {
      int spaceNo = numbers.space(branch.space());
      int branchNo = numbers.replica(branch.branch(), connection);
      int parentNo = numbers.replica(branch.parent(), connection);
      for (var table : List.of("wal_mark", "outbox")) {
        try (var update =
            connection.prepareStatement(
                "update "
                    + table
                    + " set replica_no = ? where space_no = ? and replica_no = ? and sequence > ?")) {
          update.setInt(1, branchNo);
          update.setInt(2, spaceNo);
          update.setInt(3, parentNo);
          update.setLong(4, branch.after());
          update.executeUpdate();
        }
      }
      sql.change(RowChange.PUT_MARK, spaceNo, branchNo, branch.after() + 1, branch.first());
    }
  }

  private void putEntries(Batch batch) throws SQLException {
    boolean marks = false;
    boolean outbox = false;
    for (var logged : batch.signed()) {
      var entry = logged.entry();
      int spaceNo = numbers.space(entry.space());
      int replicaNo = numbers.replica(logged.chain(), connection);
      byte[] previous = Rows.positions(logged.previous());
      sql.changeLater(
          RowChange.INSERT_ENTRY,
          logged.position(),
          spaceNo,
          replicaNo,
          entry.sequence(),
          logged.standing().ordinal(),
          logged.recordedAt().toEpochMilli(),
          previous,
          logged.signature(),
          logged.bytes(),
          crc(logged, previous));
      if (entry.sequence() % Rows.MARK_EVERY == 1) {
        sql.changeLater(
            RowChange.PUT_MARK, spaceNo, replicaNo, entry.sequence(), logged.position());
        marks = true;
      }
      if (batch.owed(logged)) {
        sql.changeLater(
            RowChange.INSERT_OUTBOX,
            logged.position(),
            spaceNo,
            replicaNo,
            entry.sequence(),
            logged.bytes().length,
            logged.recordedAt().toEpochMilli());
        outbox = true;
      }
    }
    if (!batch.appended().isEmpty()) {
      sql.changeAll(RowChange.INSERT_ENTRY);
    }
    if (marks) {
      sql.changeAll(RowChange.PUT_MARK);
    }
    if (outbox) {
      sql.changeAll(RowChange.INSERT_OUTBOX);
    }
  }

  private int crc(LoggedEntry logged, byte[] previous) throws SQLException {
    var entry = logged.entry();
    return Rows.entryCrc(
        logged.position(),
        numbers.space(entry.space()),
        numbers.replica(logged.chain(), connection),
        entry.sequence(),
        logged.standing().ordinal(),
        logged.recordedAt().toEpochMilli(),
        previous,
        logged.signature(),
        logged.bytes());
  }

  private void putDocuments(Batch batch) throws SQLException {
    boolean inserts = false;
    boolean updates = false;
    // in the order of their index, whose pages then are gone through once and not all over
    for (var state : batch.documents().stream().sorted(BY_INDEX).toList()) {
      var key = state.key();
      int collection = numbers.collection(key.space(), key.collection(), connection);
      boolean live = state.exists() && !state.deleted();
      byte[] bytes = StateCodec.encode(state);
      int crc = Rows.documentCrc(collection, key.id(), live, bytes);
      if (batch.isRebuilt(key) && cache.documentNo(key) == null) {
        cache.adopt(state, rows.documentNo(key).orElseThrow());
      }
      Long documentNo = cache.documentNo(key);
      if (documentNo == null) {
        sql.changeLater(
            RowChange.INSERT_DOCUMENT, cache.number(key), collection, key.id(), live, bytes, crc);
        inserts = true;
      } else {
        sql.changeLater(RowChange.UPDATE_DOCUMENT, live, bytes, crc, documentNo);
        updates = true;
      }
    }
    if (inserts) {
      sql.changeAll(RowChange.INSERT_DOCUMENT);
    }
    if (updates) {
      sql.changeAll(RowChange.UPDATE_DOCUMENT);
    }
  }

  private void putIntents(Batch batch) throws SQLException {
    var taken = new HashSet<Long>();
    for (var intent : batch.intents().entrySet()) {
      var key = intent.getKey();
      long slot = Rows.slot(key.space(), key.id());
      for (long position : intent.getValue()) {
        while (!taken.add(slot) || sql.slotTaken(slot)) {
          slot++;
        }
        if (slots != null) {
          slots.add(slot);
        }
        sql.changeLater(
            RowChange.INSERT_INTENT, slot, numbers.space(key.space()), key.id(), position);
      }
    }
    if (!taken.isEmpty()) {
      sql.changeAll(RowChange.INSERT_INTENT);
    }
  }

  private void putConflicts(Batch batch) throws SQLException {
    for (var conflict : batch.conflicts()) {
      var key = conflict.key();
      var encoded = new CborWriter(64);
      StateCodec.hashes(conflict.sides(), encoded);
      byte[] sides = encoded.toByteArray();
      byte[] id = conflict.id().bytes();
      var base = conflict.base();
      var replacedBy = conflict.replacedBy() == null ? null : conflict.replacedBy().bytes();
      long change = nextConflictChange(key.space());
      // when it was first noticed stays
      if (sql.change(RowChange.UPDATE_CONFLICT, conflict.open(), sides, replacedBy, change, id)
          == 0) {
        sql.change(
            RowChange.INSERT_CONFLICT,
            id,
            numbers.space(key.space()),
            numbers.collection(key.space(), key.collection(), connection),
            key.id(),
            conflict.open(),
            base == null ? null : base.bytes(),
            sides,
            replacedBy,
            conflict.detectedAt().toEpochMilli(),
            change);
      }
    }
  }

  /** They stay as they are, under a later number. */
  private void tellConflicts(Batch batch) throws SQLException {
    for (var undone : batch.undone().entrySet()) {
      byte[] id = undone.getKey().bytes();
      try (var select =
          connection.prepareStatement(
              "select open, sides, replaced_by from conflict where id = ? and space_no = ?")) {
        select.setBytes(1, id);
        select.setInt(2, numbers.space(undone.getValue()));
        try (var row = select.executeQuery()) {
          if (row.next()) {
            long change = nextConflictChange(undone.getValue());
            sql.change(
                RowChange.UPDATE_CONFLICT,
                row.getBoolean(1),
                row.getBytes(2),
                row.getBytes(3),
                change,
                id);
          }
        }
      }
    }
  }

  /**
   * As positions do, numbers go on above all that an earlier life can have given out, which a
   * restored database doesn't know.
   */
  private long nextConflictChange(SpaceId space) throws SQLException {
    Long last = conflictChanges.get(space);
    if (last == null) {
      try (var select =
          connection.prepareStatement(
              "select greatest(coalesce(max(change_no), 0), coalesce((select first_position from node), 0))"
                  + " from conflict where space_no = ?")) {
        select.setInt(1, numbers.space(space));
        try (var row = select.executeQuery()) {
          row.next();
          last = row.getLong(1);
        }
      }
    }
    conflictChanges.put(space, last + 1);
    return last + 1;
  }

  private void putChains(Batch batch) throws SQLException {
    if (batch.chains().isEmpty()) {
      return;
    }
    var chains = batch.chains().get();
    for (var space : chains.ends().entrySet()) {
      for (var chain : space.getValue().entrySet()) {
        var head = chain.getValue();
        sql.change(
            RowChange.MERGE_CHAIN,
            numbers.space(space.getKey()),
            numbers.replica(chain.getKey(), connection),
            numbers.replica(head.author(), connection),
            head.parent() == null ? null : numbers.replica(head.parent(), connection),
            head.after(),
            head.sequence(),
            head.hash().bytes(),
            head.position());
      }
    }
    for (var space : chains.urgency().entrySet()) {
      sql.change(
          RowChange.UPDATE_URGENCY,
          space.getValue().urgent(),
          space.getValue().normal(),
          numbers.space(space.getKey()));
    }
    sql.change(RowChange.CHAINS_POSITION, chains.position());
  }

  @Override
  public Front settled(SpaceId space, Predicate<Dot> owed, int most) {
    requireSound();
    try (var select =
        connection.prepareStatement(
            "select position, replica_no, sequence from outbox where space_no = ? order by position limit ?")) {
      select.setInt(1, numbers.space(space));
      select.setInt(2, most);
      int rows = 0;
      long upTo = 0;
      try (var row = select.executeQuery()) {
        while (row.next() && !owed.test(new Dot(numbers.replica(row.getInt(2)), row.getLong(3)))) {
          rows++;
          upTo = row.getLong(1);
        }
      }
      return new Front(rows, upTo);
    } catch (SQLException e) {
      throw inDoubt("the outbox can't be read", e);
    }
  }

  /** Closes the connections; the database stays open. */
  @Override
  public void close() {
    readers.close();
    try {
      if (failure != null) {
        connection.rollback();
      } else if (redo != null) {
        retire();
      }
      if (redo != null) {
        redo.close();
      }
      connection.close();
    } catch (SQLException e) {
      throw new StorageException("The log did not close properly: " + e.getMessage(), e);
    }
  }

  /** After a proper stop the database is complete without the redo log. */
  private void retire() throws SQLException {
    try (var delete = connection.createStatement()) {
      delete.execute("delete from redo_log");
    }
    connection.commit();
    sql.checkpoint();
  }
}
