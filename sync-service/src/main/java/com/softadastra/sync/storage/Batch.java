package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.Write;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one group commit. Decisions see them at once through this overlay, never through
 * SQL; they become rows together, in {@link #flush}. Owned by the recording thread.
 */
final class Batch implements Reads {
  private final Connection connection;
  private final Rows rows;
  private final Numbers numbers;
  private final DocumentCache cache;
  private final Function<SpaceId, Collection<Replica>> replicas;

  private final Map<DocumentKey, DocumentState> documents = new LinkedHashMap<>();
  // asked for and found nowhere; whoever decides asks more than once
  private final Set<DocumentKey> absent = new HashSet<>();
  private final TreeMap<Long, LoggedEntry> appended = new TreeMap<>();
  private final Map<Long, LoggedEntry> restood = new LinkedHashMap<>();
  private final Map<IntentKey, Long> intents = new LinkedHashMap<>();
  private final Map<Hash, Write.PutConflict> conflicts = new LinkedHashMap<>();

  private record IntentKey(SpaceId space, String id) {}

  Batch(
      Connection connection,
      Rows rows,
      Numbers numbers,
      DocumentCache cache,
      Function<SpaceId, Collection<Replica>> replicas) {
    this.connection = connection;
    this.rows = rows;
    this.numbers = numbers;
    this.cache = cache;
    this.replicas = replicas;
  }

  Collection<LoggedEntry> appended() {
    return appended.values();
  }

  boolean isEmpty() {
    return appended.isEmpty() && restood.isEmpty();
  }

  /** Puts the author's signature to an entry of this batch. */
  void sign(long position, byte[] signature) {
    appended.computeIfPresent(position, (_, logged) -> logged.signed(signature));
  }

  void add(List<Write> writes) {
    for (var write : writes) {
      switch (write) {
        case Write.Append(var logged) -> appended.put(logged.position(), logged);
        case Write.PutDocument(var state) -> documents.put(state.key(), state);
        case Write.PutIntent(var space, var id, var position) ->
            intents.put(new IntentKey(space, id), position);
        case Write.Restand(var position, var standing) -> {
          if (appended.containsKey(position)) {
            appended.computeIfPresent(position, (_, logged) -> logged.standing(standing));
          } else {
            restood.put(position, entry(position).standing(standing));
          }
        }
        case Write.PutConflict conflict -> conflicts.put(conflict.id(), conflict);
      }
    }
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    var state = documents.get(key);
    if (state != null || absent.contains(key)) {
      return state;
    }
    try {
      var found = cache.state(key, rows);
      if (found == null) {
        absent.add(key);
      }
      return found;
    } catch (SQLException e) {
      throw new StorageException("reading a document failed", e);
    }
  }

  @Override
  public LoggedEntry entry(long position) {
    var logged = appended.get(position);
    if (logged == null) {
      logged = restood.get(position);
    }
    if (logged != null) {
      return logged;
    }
    try {
      return rows.find(position)
          .orElseThrow(
              () -> new StorageException("the log has nothing at position " + position, null));
    } catch (SQLException e) {
      throw new StorageException("reading the log failed", e);
    }
  }

  @Override
  public Optional<LoggedEntry> intent(SpaceId space, String id) {
    var position = intents.get(new IntentKey(space, id));
    if (position != null) {
      return Optional.of(entry(position));
    }
    var place = IntentIds.place(id);
    if (place.isPresent()) {
      for (var logged : appended.values()) {
        var intent = logged.entry().intent();
        if (intent != null && logged.entry().space().equals(space) && intent.id().equals(id)) {
          return Optional.of(logged);
        }
      }
    }
    try {
      var indexed = rows.indexed(space, id);
      return indexed.isPresent()
          ? Optional.of(entry(indexed.get().position()))
          : rows.led(space, id, replicas.apply(space)).map(led -> entry(led.position()));
    } catch (SQLException e) {
      throw new StorageException("looking for an intent failed", e);
    }
  }

  /**
   * Turns all writes into rows, in the transaction of the connection.
   *
   * @param owed whether an entry goes into the outbox
   * @param beforeEntries called when all but the entries is written; what is signed meanwhile
   *     needn't be waited for
   */
  void flush(Statements sql, Predicate<LoggedEntry> owed, Runnable beforeEntries)
      throws SQLException {
    putDocuments(sql);
    putIntents(sql);
    putConflicts(sql);
    for (var logged : restood.values()) {
      bindEntry(sql.updateEntry, logged, true);
      sql.updateEntry.executeUpdate();
    }
    beforeEntries.run();
    boolean marks = false;
    boolean outbox = false;
    for (var logged : appended.values()) {
      var entry = logged.entry();
      int spaceNo = numbers.space(entry.space());
      int replicaNo = numbers.replica(entry.author(), connection);
      bindEntry(sql.insertEntry, logged, false);
      sql.insertEntry.addBatch();
      if (entry.sequence() % Rows.MARK_EVERY == 1) {
        sql.insertMark.setInt(1, spaceNo);
        sql.insertMark.setInt(2, replicaNo);
        sql.insertMark.setLong(3, entry.sequence());
        sql.insertMark.setLong(4, logged.position());
        sql.insertMark.addBatch();
        marks = true;
      }
      if (owed.test(logged)) {
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
    sql.insertEntry.executeBatch();
    if (marks) {
      sql.insertMark.executeBatch();
    }
    if (outbox) {
      sql.insertOutbox.executeBatch();
    }
  }

  /** Lets later batches find what this one wrote without asking SQL. */
  void remember() {
    documents.values().forEach(cache::remember);
  }

  private void putDocuments(Statements sql) throws SQLException {
    boolean inserts = false;
    boolean updates = false;
    for (var state : documents.values()) {
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

  private void putIntents(Statements sql) throws SQLException {
    var taken = new HashMap<Long, IntentKey>();
    for (var intent : intents.entrySet()) {
      var key = intent.getKey();
      int spaceNo = numbers.space(key.space());
      var known = rows.indexed(key.space(), key.id());
      if (known.isPresent()) {
        sql.moveIntent.setLong(1, intent.getValue());
        sql.moveIntent.setLong(2, known.get().slot());
        sql.moveIntent.executeUpdate();
        continue;
      }
      long slot = Rows.slot(key.space(), key.id());
      while (taken.containsKey(slot) || sql.slotTaken(slot)) {
        slot++;
      }
      taken.put(slot, key);
      sql.insertIntent.setLong(1, slot);
      sql.insertIntent.setInt(2, spaceNo);
      sql.insertIntent.setString(3, key.id());
      sql.insertIntent.setLong(4, intent.getValue());
      sql.insertIntent.addBatch();
    }
    if (!taken.isEmpty()) {
      sql.insertIntent.executeBatch();
    }
  }

  private void putConflicts(Statements sql) throws SQLException {
    for (var conflict : conflicts.values()) {
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

  private void bindEntry(PreparedStatement sql, LoggedEntry logged, boolean update)
      throws SQLException {
    var entry = logged.entry();
    int spaceNo = numbers.space(entry.space());
    int replicaNo = numbers.replica(entry.author(), connection);
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
      sql.setInt(1, logged.standing().ordinal());
      sql.setInt(2, crc);
      sql.setLong(3, logged.position());
      return;
    }
    sql.setLong(1, logged.position());
    sql.setInt(2, spaceNo);
    sql.setInt(3, replicaNo);
    sql.setLong(4, entry.sequence());
    sql.setInt(5, logged.standing().ordinal());
    sql.setLong(6, recordedAt);
    sql.setBytes(7, previous);
    if (logged.signature() == null) {
      sql.setNull(8, Types.BINARY);
    } else {
      sql.setBytes(8, Objects.requireNonNull(logged.signature()));
    }
    sql.setBytes(9, logged.bytes());
    sql.setInt(10, crc);
  }

  /**
   * Writes down where the chains have come to, which bounds what the next start reads of the log.
   */
  static void putChains(
      Statements sql,
      Numbers numbers,
      Connection connection,
      Map<SpaceId, Map<Replica, ChainHead>> chains,
      long position)
      throws SQLException {
    for (var space : chains.entrySet()) {
      for (var chain : space.getValue().entrySet()) {
        sql.mergeChain.setInt(1, numbers.space(space.getKey()));
        sql.mergeChain.setInt(2, numbers.replica(chain.getKey(), connection));
        sql.mergeChain.setLong(3, chain.getValue().sequence());
        sql.mergeChain.setBytes(4, chain.getValue().hash().bytes());
        sql.mergeChain.setLong(5, chain.getValue().position());
        sql.mergeChain.executeUpdate();
      }
    }
    sql.chainsPosition.setLong(1, position);
    sql.chainsPosition.executeUpdate();
  }
}
