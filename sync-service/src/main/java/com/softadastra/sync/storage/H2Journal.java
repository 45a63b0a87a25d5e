package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.SignedRecord;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The journal as tables of the embedded database. A batch is one transaction; {@code CHECKPOINT
 * SYNC} forces it, through the guard.
 */
public final class H2Journal implements Journal {
  private final Connection connection;
  private final Statements sql;
  private final Rows rows;
  private final Numbers numbers;
  private final DocumentCache cache;
  private final Readers readers;

  private H2Journal(Database database) throws SQLException {
    connection = database.connect();
    connection.setAutoCommit(false);
    numbers = new Numbers(connection);
    rows = new Rows(connection, numbers);
    sql = new Statements(connection);
    cache = new DocumentCache(1 + number("select max(document_no) from document"));
    readers = new Readers(database, numbers);
  }

  public static H2Journal open(Database database) {
    try {
      return new H2Journal(database);
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
    }
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
              .put(
                  numbers.replica(row.getInt(2)),
                  chain(row));
        }
      }
      var statements = new ArrayList<Ledger.Known>();
      try (var row = statement.executeQuery("select statement, signature, via from statement")) {
        while (row.next()) {
          var signed = new Statement.Signed(row.getBytes(1), row.getBytes(2));
          var via = row.getString(3);
          statements.add(
              new Ledger.Known(
                  Statement.decode(signed.bytes()),
                  signed,
                  via == null ? null : NodeId.parse(via)));
        }
      }
      return new Recovered(node, records, chains, chainsPosition, statements);
    } catch (SQLException e) {
      throw new StorageException("The log can't be read: " + e.getMessage(), e);
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
    try {
      return cache.state(key, rows);
    } catch (SQLException e) {
      throw new StorageException("reading a document failed", e);
    }
  }

  @Override
  public LoggedEntry entry(long position) {
    try {
      return rows.find(position)
          .orElseThrow(
              () -> new StorageException("the log has nothing at position " + position, null));
    } catch (SQLException e) {
      throw new StorageException("reading the log failed", e);
    }
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    try {
      return rows.intents(space, id);
    } catch (SQLException e) {
      throw new StorageException("looking for an intent failed", e);
    }
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica chain, long from) {
    try {
      return rows.run(space, chain, from);
    } catch (SQLException e) {
      throw new StorageException("reading the log failed", e);
    }
  }

  @Override
  public List<LoggedEntry> from(long position, int limit) {
    try {
      return rows.from(position, limit);
    } catch (SQLException e) {
      throw new StorageException("reading the log failed", e);
    }
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
    try {
      return rows.find(space, replica, sequence);
    } catch (SQLException e) {
      throw new StorageException("reading the log failed", e);
    }
  }

  @Override
  public Log log(LongSupplier durable) {
    return new Log() {
      @Override
      public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
        return readers.read(reader -> reader.find(space, replica, sequence));
      }

      @Override
      public List<LoggedEntry> signedRun(SpaceId space, long position, int bytes) {
        return readers.read(
            reader -> reader.signedRun(space, position, durable.getAsLong(), bytes));
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
    try {
      putNode(batch);
      putSpaces(batch);
      putStatements(batch);
      putDocuments(batch);
      putIntents(batch);
      putConflicts(batch);
      putBranches(batch);
      putStandings(batch);
      putEntries(batch);
      putChains(batch);
      connection.commit();
      batch.documents().forEach(cache::remember);
      cache.trim();
    } catch (SQLException e) {
      throw new StorageException("a commit failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void force() {
    try {
      sql.checkpoint.execute();
    } catch (SQLException e) {
      throw new StorageException("a force failed: " + e.getMessage(), e);
    }
  }

  /** Commits a row for a collection that has none. @return the space's row number */
  int collection(SpaceId space, String name) {
    try {
      numbers.collection(space, name, connection);
      connection.commit();
      return numbers.space(space);
    } catch (SQLException e) {
      throw new StorageException("a collection can't be entered: " + e.getMessage(), e);
    }
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
  }

  private void putSpaces(Batch batch) throws SQLException {
    for (var space : batch.names().entrySet()) {
      if (batch.created().contains(space.getKey())) {
        try (var insert =
            connection.prepareStatement(
                "insert into space (id, name) values (?, ?)",
                java.sql.Statement.RETURN_GENERATED_KEYS)) {
          insert.setBytes(1, space.getKey().hash().bytes());
          insert.setString(2, space.getValue());
          numbers.put(space.getKey(), Numbers.generated(insert));
        }
      } else {
        try (var update =
            connection.prepareStatement("update space set name = ? where space_no = ?")) {
          update.setString(1, space.getValue());
          update.setInt(2, numbers.space(space.getKey()));
          update.executeUpdate();
        }
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

  private void putStatements(Batch batch) throws SQLException {
    for (var known : batch.statements()) {
      var via = known.via();
      sql.mergeStatement.setInt(1, numbers.space(known.statement().space()));
      sql.mergeStatement.setBytes(2, known.statement().by().node().hash().bytes());
      sql.mergeStatement.setBytes(3, known.signed().bytes());
      sql.mergeStatement.setBytes(4, known.signed().signature());
      sql.mergeStatement.setString(5, via == null ? null : via.toString());
      sql.mergeStatement.executeUpdate();
    }
  }

  private void putStandings(Batch batch) throws SQLException {
    for (var logged : batch.restood()) {
      bindEntry(sql.updateEntry, logged, true);
      sql.updateEntry.executeUpdate();
    }
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
      sql.putMark.setInt(1, spaceNo);
      sql.putMark.setInt(2, branchNo);
      sql.putMark.setLong(3, branch.after() + 1);
      sql.putMark.setLong(4, branch.first());
      sql.putMark.executeUpdate();
    }
  }

  private void putEntries(Batch batch) throws SQLException {
    boolean marks = false;
    boolean outbox = false;
    for (var logged : batch.signed()) {
      var entry = logged.entry();
      int spaceNo = numbers.space(entry.space());
      int replicaNo = numbers.replica(logged.chain(), connection);
      bindEntry(sql.insertEntry, logged, false);
      sql.insertEntry.addBatch();
      if (entry.sequence() % Rows.MARK_EVERY == 1) {
        sql.putMark.setInt(1, spaceNo);
        sql.putMark.setInt(2, replicaNo);
        sql.putMark.setLong(3, entry.sequence());
        sql.putMark.setLong(4, logged.position());
        sql.putMark.addBatch();
        marks = true;
      }
      if (batch.owed(logged)) {
        sql.insertOutbox.setLong(1, logged.position());
        sql.insertOutbox.setInt(2, spaceNo);
        sql.insertOutbox.setInt(3, replicaNo);
        sql.insertOutbox.setLong(4, entry.sequence());
        sql.insertOutbox.setInt(5, logged.bytes().length);
        sql.insertOutbox.setLong(6, logged.recordedAt().toEpochMilli());
        sql.insertOutbox.addBatch();
        outbox = true;
      }
    }
    if (!batch.appended().isEmpty()) {
      sql.insertEntry.executeBatch();
    }
    if (marks) {
      sql.putMark.executeBatch();
    }
    if (outbox) {
      sql.insertOutbox.executeBatch();
    }
  }

  private void putDocuments(Batch batch) throws SQLException {
    boolean inserts = false;
    boolean updates = false;
    for (var state : batch.documents()) {
      var key = state.key();
      int collection = numbers.collection(key.space(), key.collection(), connection);
      boolean live = state.exists() && !state.deleted();
      byte[] bytes = StateCodec.encode(state);
      int crc = Rows.documentCrc(collection, key.id(), live, bytes);
      Long documentNo = cache.documentNo(key);
      if (documentNo == null) {
        long number = cache.number(key);
        sql.insertDocument.setLong(1, number);
        sql.insertDocument.setInt(2, collection);
        sql.insertDocument.setString(3, key.id());
        sql.insertDocument.setBoolean(4, live);
        sql.insertDocument.setBytes(5, bytes);
        sql.insertDocument.setInt(6, crc);
        sql.insertDocument.addBatch();
        inserts = true;
      } else {
        sql.updateDocument.setBoolean(1, live);
        sql.updateDocument.setBytes(2, bytes);
        sql.updateDocument.setInt(3, crc);
        sql.updateDocument.setLong(4, documentNo);
        sql.updateDocument.addBatch();
        updates = true;
      }
    }
    if (inserts) {
      sql.insertDocument.executeBatch();
    }
    if (updates) {
      sql.updateDocument.executeBatch();
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
        sql.insertIntent.setLong(1, slot);
        sql.insertIntent.setInt(2, numbers.space(key.space()));
        sql.insertIntent.setString(3, key.id());
        sql.insertIntent.setLong(4, position);
        sql.insertIntent.addBatch();
      }
    }
    if (!taken.isEmpty()) {
      sql.insertIntent.executeBatch();
    }
  }

  private void putConflicts(Batch batch) throws SQLException {
    for (var conflict : batch.conflicts()) {
      var key = conflict.key();
      var sides = new CborWriter(64);
      StateCodec.hashes(conflict.sides(), sides);
      var base = conflict.base();
      var replacedBy = conflict.replacedBy();
      // when it was first noticed stays
      sql.updateConflict.setBoolean(1, conflict.open());
      sql.updateConflict.setBytes(2, sides.toByteArray());
      sql.updateConflict.setBytes(3, replacedBy == null ? null : replacedBy.bytes());
      sql.updateConflict.setBytes(4, conflict.id().bytes());
      if (sql.updateConflict.executeUpdate() == 0) {
        sql.insertConflict.setBytes(1, conflict.id().bytes());
        sql.insertConflict.setInt(2, numbers.space(key.space()));
        sql.insertConflict.setInt(3, numbers.collection(key.space(), key.collection(), connection));
        sql.insertConflict.setString(4, key.id());
        sql.insertConflict.setBoolean(5, conflict.open());
        sql.insertConflict.setBytes(6, base == null ? null : base.bytes());
        sql.insertConflict.setBytes(7, sides.toByteArray());
        sql.insertConflict.setBytes(8, replacedBy == null ? null : replacedBy.bytes());
        sql.insertConflict.setLong(9, conflict.detectedAt().toEpochMilli());
        sql.insertConflict.executeUpdate();
      }
    }
  }

  private void bindEntry(PreparedStatement statement, LoggedEntry logged, boolean update)
      throws SQLException {
    var entry = logged.entry();
    int spaceNo = numbers.space(entry.space());
    int replicaNo = numbers.replica(logged.chain(), connection);
    byte[] previous = Rows.positions(logged.previous());
    long recordedAt = logged.recordedAt().toEpochMilli();
    int crc =
        Rows.entryCrc(
            logged.position(),
            spaceNo,
            replicaNo,
            entry.sequence(),
            logged.standing().ordinal(),
            recordedAt,
            previous,
            logged.signature(),
            logged.bytes());
    if (update) {
      statement.setInt(1, replicaNo);
      statement.setInt(2, logged.standing().ordinal());
      statement.setInt(3, crc);
      statement.setLong(4, logged.position());
      return;
    }
    statement.setLong(1, logged.position());
    statement.setInt(2, spaceNo);
    statement.setInt(3, replicaNo);
    statement.setLong(4, entry.sequence());
    statement.setInt(5, logged.standing().ordinal());
    statement.setLong(6, recordedAt);
    statement.setBytes(7, previous);
    if (logged.signature() == null) {
      statement.setNull(8, Types.BINARY);
    } else {
      statement.setBytes(8, Objects.requireNonNull(logged.signature()));
    }
    statement.setBytes(9, logged.bytes());
    statement.setInt(10, crc);
  }

  private void putChains(Batch batch) throws SQLException {
    if (batch.chains().isEmpty()) {
      return;
    }
    var chains = batch.chains().get();
    for (var space : chains.ends().entrySet()) {
      for (var chain : space.getValue().entrySet()) {
        sql.mergeChain.setInt(1, numbers.space(space.getKey()));
        sql.mergeChain.setInt(2, numbers.replica(chain.getKey(), connection));
        var head = chain.getValue();
        sql.mergeChain.setInt(3, numbers.replica(head.author(), connection));
        if (head.parent() == null) {
          sql.mergeChain.setNull(4, Types.INTEGER);
        } else {
          sql.mergeChain.setInt(4, numbers.replica(head.parent(), connection));
        }
        sql.mergeChain.setLong(5, head.after());
        sql.mergeChain.setLong(6, head.sequence());
        sql.mergeChain.setBytes(7, head.hash().bytes());
        sql.mergeChain.setLong(8, head.position());
        sql.mergeChain.executeUpdate();
      }
    }
    sql.chainsPosition.setLong(1, chains.position());
    sql.chainsPosition.executeUpdate();
  }

  @Override
  public int discharge(SpaceId space, Predicate<Dot> owed, int most) {
    var gone = new ArrayList<Long>();
    try (var select =
        connection.prepareStatement(
            "select position, replica_no, sequence from outbox where space_no = ? order by position limit ?")) {
      select.setInt(1, numbers.space(space));
      select.setInt(2, most);
      try (var row = select.executeQuery()) {
        while (row.next() && !owed.test(new Dot(numbers.replica(row.getInt(2)), row.getLong(3)))) {
          gone.add(row.getLong(1));
        }
      }
      if (!gone.isEmpty()) {
        try (var delete =
            connection.prepareStatement(
                "delete from outbox where space_no = ? and position <= ?")) {
          delete.setInt(1, numbers.space(space));
          delete.setLong(2, gone.getLast());
          delete.executeUpdate();
        }
      }
      connection.commit();
      return gone.size();
    } catch (SQLException e) {
      throw new StorageException("the outbox can't be cleared: " + e.getMessage(), e);
    }
  }

  /** Closes the connections; the database stays open. */
  @Override
  public void close() {
    readers.close();
    try {
      connection.close();
    } catch (SQLException e) {
      throw new StorageException("The log did not close properly: " + e.getMessage(), e);
    }
  }
}
