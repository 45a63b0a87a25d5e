package com.softadastra.sync.storage;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** The statements by which the recording thread writes, prepared once on its connection. */
final class Statements {
  final PreparedStatement insertEntry;
  final PreparedStatement updateEntry;
  final PreparedStatement insertMark;
  final PreparedStatement insertOutbox;
  final PreparedStatement deleteOwed;
  final PreparedStatement insertDocument;
  final PreparedStatement updateDocument;
  final PreparedStatement insertIntent;
  final PreparedStatement moveIntent;
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
        connection.prepareStatement("update wal set standing = ?, crc = ? where position = ?");
    insertMark = connection.prepareStatement("insert into wal_mark values (?, ?, ?, ?)");
    insertOutbox = connection.prepareStatement("insert into outbox values (?, ?, ?, ?, ?, ?)");
    deleteOwed = connection.prepareStatement("delete from outbox where position = ?");
    insertDocument =
        connection.prepareStatement(
            "insert into document (document_no, collection_no, id, live, state, crc) values (?, ?, ?, ?, ?, ?)");
    updateDocument =
        connection.prepareStatement(
            "update document set live = ?, state = ?, crc = ? where document_no = ?");
    insertIntent = connection.prepareStatement("insert into intent values (?, ?, ?, ?)");
    moveIntent = connection.prepareStatement("update intent set position = ? where slot = ?");
    insertConflict =
        connection.prepareStatement("insert into conflict values (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    updateConflict =
        connection.prepareStatement(
            "update conflict set open = ?, sides = ?, replaced_by = ? where id = ?");
    mergeChain =
        connection.prepareStatement(
            "merge into chain (space_no, replica_no, sequence, hash, position) values (?, ?, ?, ?, ?)");
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
