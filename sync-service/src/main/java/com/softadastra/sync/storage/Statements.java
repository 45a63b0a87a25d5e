package com.softadastra.sync.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The statements by which the recording thread writes, prepared once on its connection. */
final class Statements {
  final PreparedStatement insertEntry;
  final PreparedStatement updateEntry;
  final PreparedStatement putMark;
  final PreparedStatement insertOutbox;
  final PreparedStatement insertDocument;
  final PreparedStatement updateDocument;
  final PreparedStatement insertIntent;
  final PreparedStatement insertConflict;
  final PreparedStatement updateConflict;
  final PreparedStatement mergeChain;
  final PreparedStatement chainsPosition;
  final PreparedStatement mergeStatement;
  final PreparedStatement checkpoint;
  private final PreparedStatement slotTaken;

  Statements(Connection connection) throws SQLException {
    insertEntry =
        connection.prepareStatement(
            "insert into wal (" + Rows.ENTRY_COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    updateEntry =
        connection.prepareStatement(
            "update wal set replica_no = ?, standing = ?, crc = ? where position = ?");
    putMark =
        connection.prepareStatement(
            "merge into wal_mark (space_no, replica_no, sequence, position) values (?, ?, ?, ?)");
    insertOutbox = connection.prepareStatement("insert into outbox values (?, ?, ?, ?, ?, ?)");
    insertDocument =
        connection.prepareStatement(
            "insert into document (document_no, collection_no, id, live, state, crc) values (?, ?, ?, ?, ?, ?)");
    updateDocument =
        connection.prepareStatement(
            "update document set live = ?, state = ?, crc = ? where document_no = ?");
    insertIntent = connection.prepareStatement("insert into intent values (?, ?, ?, ?)");
    insertConflict =
        connection.prepareStatement("insert into conflict values (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    updateConflict =
        connection.prepareStatement(
            "update conflict set open = ?, sides = ?, replaced_by = ? where id = ?");
    mergeChain =
        connection.prepareStatement(
            "merge into chain (space_no, replica_no, author_no, parent_no, after, sequence, hash, position)"
                + " values (?, ?, ?, ?, ?, ?, ?, ?)");
    chainsPosition = connection.prepareStatement("update node set chains_position = ?");
    mergeStatement =
        connection.prepareStatement(
            "merge into statement (space_no, node, statement, signature, via) values (?, ?, ?, ?, ?)");
    checkpoint = connection.prepareStatement("checkpoint sync");
    slotTaken = connection.prepareStatement("select 1 from intent where slot = ?");
  }

  boolean slotTaken(long slot) throws SQLException {
    slotTaken.setLong(1, slot);
    try (var row = slotTaken.executeQuery()) {
      return row.next();
    }
  }
}
