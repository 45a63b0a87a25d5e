package com.softadastra.sync.storage;

/** A change of one row in a group commit; the codes are part of the redo log's form. */
enum RowChange {
  INSERT_ENTRY(
      1, "insert into wal (" + Rows.ENTRY_COLUMNS + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
  UPDATE_ENTRY(2, "update wal set replica_no = ?, standing = ?, crc = ? where position = ?"),
  PUT_MARK(3, "merge into wal_mark (space_no, replica_no, sequence, position) values (?, ?, ?, ?)"),
  INSERT_OUTBOX(4, "insert into outbox values (?, ?, ?, ?, ?, ?)"),
  INSERT_DOCUMENT(
      5,
      "insert into document (document_no, collection_no, id, live, state, crc) values (?, ?, ?, ?, ?, ?)"),
  UPDATE_DOCUMENT(6, "update document set live = ?, state = ?, crc = ? where document_no = ?"),
  INSERT_INTENT(7, "insert into intent values (?, ?, ?, ?)"),
  // before schema 6
  INSERT_UNNUMBERED_CONFLICT(
      8,
      "insert into conflict (id, space_no, collection_no, document_id, open, base, sides, replaced_by,"
          + " detected_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
  UPDATE_UNNUMBERED_CONFLICT(
      9, "update conflict set open = ?, sides = ?, replaced_by = ? where id = ?"),
  MERGE_CHAIN(
      10,
      "merge into chain (space_no, replica_no, author_no, parent_no, after, sequence, hash, position)"
          + " values (?, ?, ?, ?, ?, ?, ?, ?)"),
  CHAINS_POSITION(11, "update node set chains_position = ?"),
  MERGE_STATEMENT(
      12,
      "merge into statement (space_no, node, statement, signature, via) values (?, ?, ?, ?, ?)"),
  INSERT_DEAD_LETTER(13, "insert into dead_letter values (?, ?, ?, ?, ?, ?)"),
  UPDATE_DEAD_LETTER(14, "update dead_letter set replica_no = ?, standing = ? where position = ?"),
  DELETE_DEAD_LETTER(15, "delete from dead_letter where position = ?"),
  MEND_ENTRY(
      16,
      "update wal set space_no = ?, replica_no = ?, sequence = ?, standing = ?, recorded_at = ?,"
          + " previous = ?, signature = ?, entry = ?, crc = ? where position = ?"),
  UPDATE_URGENCY(
      20, "update space set urgent_position = ?, normal_position = ? where space_no = ?"),
  INSERT_CONFLICT(
      21,
      "insert into conflict (id, space_no, collection_no, document_id, open, base, sides, replaced_by,"
          + " detected_at, change_no) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
  UPDATE_CONFLICT(
      22, "update conflict set open = ?, sides = ?, replaced_by = ?, change_no = ? where id = ?"),
  DELETE_OUTBOX(23, "delete from outbox where space_no = ? and position <= ?");

  private static final RowChange[] BY_CODE = new RowChange[32];

  static {
    for (var change : values()) {
      BY_CODE[change.code] = change;
    }
  }

  private final byte code;
  private final String sql;
  private final int parameters;

  RowChange(int code, String sql) {
    this.code = (byte) code;
    this.sql = sql;
    this.parameters = (int) sql.chars().filter(c -> c == '?').count();
  }

  static RowChange of(byte code) {
    if (code < 1 || code >= BY_CODE.length || BY_CODE[code] == null) {
      throw new StorageException("the log of commits has a change of code " + code, null);
    }
    return BY_CODE[code];
  }

  byte code() {
    return code;
  }

  String sql() {
    return sql;
  }

  int parameters() {
    return parameters;
  }
}
