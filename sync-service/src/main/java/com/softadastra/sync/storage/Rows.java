package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads rows over one connection and checks every checksum. Used by one thread at a time. */
final class Rows implements AutoCloseable {
  /** A chain's entries get a mark at every multiple of this, plus one. */
  static final int MARK_EVERY = 64;

  static final String ENTRY_COLUMNS =
      "position, space_no, replica_no, sequence, standing, recorded_at, previous, signature, entry, crc";

  private final Numbers numbers;
  private final PreparedStatement document;
  private final PreparedStatement entry;
  private final PreparedStatement entriesFrom;
  private final PreparedStatement mark;
  private final PreparedStatement intent;

  Rows(Connection connection, Numbers numbers) throws SQLException {
    this.numbers = numbers;
    document =
        connection.prepareStatement(
            "select document_no, live, state, crc from document where collection_no = ? and id = ?");
    entry = connection.prepareStatement("select " + ENTRY_COLUMNS + " from wal where position = ?");
    entriesFrom =
        connection.prepareStatement(
            "select " + ENTRY_COLUMNS + " from wal where position >= ? order by position limit ?");
    mark =
        connection.prepareStatement(
            "select max(position) from wal_mark where space_no = ? and replica_no = ? and sequence <= ?");
    intent =
        connection.prepareStatement("select space_no, id, position from intent where slot = ?");
  }

  @Override
  public void close() throws SQLException {
    document.close();
    entry.close();
    entriesFrom.close();
    mark.close();
    intent.close();
  }

  /** A document's row. */
  record DocumentRow(long documentNo, DocumentState state) {}

  @Nullable DocumentRow document(DocumentKey key) throws SQLException {
    var collection = numbers.collection(key.space(), key.collection());
    if (collection.isEmpty()) {
      return null;
    }
    document.setInt(1, collection.get());
    document.setString(2, key.id());
    try (var row = document.executeQuery()) {
      if (!row.next()) {
        return null;
      }
      byte[] state = row.getBytes(3);
      if (documentCrc(collection.get(), key.id(), row.getBoolean(2), state) != row.getInt(4)) {
        throw new DamagedRow("document", key.id());
      }
      return new DocumentRow(row.getLong(1), StateCodec.decode(key, state));
    }
  }

  static int documentCrc(int collection, String id, boolean live, byte[] state) {
    return new Checksum().add(collection).add(id).add(live ? 1 : 0).add(state).value();
  }

  Optional<LoggedEntry> find(long position) throws SQLException {
    entry.setLong(1, position);
    try (var row = entry.executeQuery()) {
      return row.next() ? Optional.of(logged(row)) : Optional.empty();
    }
  }

  /** Entries from a position on, of all spaces, in the order of the log. */
  List<LoggedEntry> from(long position, int limit) throws SQLException {
    entriesFrom.setLong(1, position);
    entriesFrom.setInt(2, limit);
    var entries = new ArrayList<LoggedEntry>();
    try (var rows = entriesFrom.executeQuery()) {
      while (rows.next()) {
        entries.add(logged(rows));
      }
    }
    return entries;
  }

  /** Where the log has an entry of a chain; found by reading on from the mark before it. */
  Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) throws SQLException {
    Integer replicaNo = numbers.replica(replica);
    if (replicaNo == null) {
      return Optional.empty();
    }
    mark.setInt(1, numbers.space(space));
    mark.setInt(2, replicaNo);
    mark.setLong(3, sequence);
    long position;
    try (var row = mark.executeQuery()) {
      row.next();
      position = row.getLong(1);
      if (row.wasNull()) {
        return Optional.empty();
      }
    }
    while (true) {
      var entries = from(position, 256);
      if (entries.isEmpty()) {
        return Optional.empty();
      }
      for (var logged : entries) {
        var found = logged.entry();
        if (found.sequence() == sequence
            && found.author().equals(replica)
            && found.space().equals(space)
            && logged.standing() != Standing.REPLACED) {
          return Optional.of(logged);
        }
      }
      position = entries.getLast().position() + 1;
    }
  }

  /** A row of the index of intents. */
  record IntentRow(long slot, long position) {}

  /** Where an intent was recorded, by the index alone. */
  Optional<IntentRow> indexed(SpaceId space, String id) throws SQLException {
    for (long slot = slot(space, id); ; slot++) {
      intent.setLong(1, slot);
      try (var row = intent.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        if (row.getInt(1) == numbers.space(space) && row.getString(2).equals(id)) {
          return Optional.of(new IntentRow(slot, row.getLong(3)));
        }
      }
    }
  }

  /** The entry through which an intent has effect, or would have. */
  Optional<LoggedEntry> intent(SpaceId space, String id) throws SQLException {
    var indexed = indexed(space, id);
    return indexed.isPresent() ? find(indexed.get().position()) : led(space, id);
  }

  /** The entry that a generated id leads to, if it is that intent's. */
  private Optional<LoggedEntry> led(SpaceId space, String id) throws SQLException {
    var place = IntentIds.place(id);
    if (place.isEmpty()) {
      return Optional.empty();
    }
    for (var replica : numbers.replicas()) {
      if (IntentIds.tag(replica).equals(place.get().tag())) {
        var found = find(space, replica, place.get().sequence());
        if (found.isPresent()
            && found.get().entry().intent() != null
            && found.get().entry().intent().id().equals(id)) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  static long slot(SpaceId space, String id) {
    byte[] hash = Hash.sha256(space.hash().bytes(), id.getBytes(StandardCharsets.UTF_8)).bytes();
    return java.nio.ByteBuffer.wrap(hash).getLong();
  }

  LoggedEntry logged(ResultSet row) throws SQLException {
    long position = row.getLong(1);
    byte[] previous = row.getBytes(7);
    byte[] signature = row.getBytes(8);
    byte[] bytes = row.getBytes(9);
    int crc =
        entryCrc(
            position,
            row.getInt(2),
            row.getInt(3),
            row.getLong(4),
            row.getInt(5),
            row.getLong(6),
            previous,
            signature,
            bytes);
    if (crc != row.getInt(10)) {
      throw new DamagedRow("wal", position);
    }
    return new LoggedEntry(
        position,
        EntryCodec.decode(bytes),
        bytes,
        Hash.sha256(bytes),
        signature,
        Standing.values()[row.getInt(5)],
        Instant.ofEpochMilli(row.getLong(6)),
        positions(previous));
  }

  static int entryCrc(
      long position,
      int spaceNo,
      int replicaNo,
      long sequence,
      int standing,
      long recordedAt,
      byte[] previous,
      byte @Nullable [] signature,
      byte[] bytes) {
    return new Checksum()
        .add(position)
        .add(spaceNo)
        .add(replicaNo)
        .add(sequence)
        .add(standing)
        .add(recordedAt)
        .add(previous)
        .add(signature)
        .add(bytes)
        .value();
  }

  static byte[] positions(List<Long> positions) {
    var out = new CborWriter(16 + positions.size() * 9).array(positions.size());
    positions.forEach(out::unsigned);
    return out.toByteArray();
  }

  private static List<Long> positions(byte[] bytes) {
    var in = new CborReader(bytes);
    int count = in.array(0, 1000);
    var positions = new ArrayList<Long>(count);
    for (int i = 0; i < count; i++) {
      positions.add(in.unsigned());
    }
    in.end();
    return positions;
  }
}
