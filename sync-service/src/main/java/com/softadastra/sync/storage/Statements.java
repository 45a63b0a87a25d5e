package com.softadastra.sync.storage;

import com.softadastra.guard.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The statements by which the recording thread writes, prepared once on its connection, and what
 * they wrote since the last {@link #forget}.
 */
final class Statements {
  private final Map<RowChange, PreparedStatement> changes = new EnumMap<>(RowChange.class);
  private final RowChanges made = new RowChanges();
  private final Connection connection;
  private final PreparedStatement slotTaken;

  Statements(Connection connection) throws SQLException {
    this.connection = connection;
    for (var change : RowChange.values()) {
      changes.put(change, connection.prepareStatement(change.sql()));
    }
    slotTaken = connection.prepareStatement("select 1 from intent where slot = ?");
  }

  /** Changes a row at once. @return how many it changed */
  int change(RowChange change, @Nullable Object... values) throws SQLException {
    return bound(change, values).executeUpdate();
  }

  /** Changes a row with the next {@link #changeAll} of its kind. */
  void changeLater(RowChange change, @Nullable Object... values) throws SQLException {
    bound(change, values).addBatch();
  }

  void changeAll(RowChange change) throws SQLException {
    statement(change).executeBatch();
  }

  private PreparedStatement bound(RowChange change, @Nullable Object[] values) throws SQLException {
    made.add(change, values);
    var statement = statement(change);
    for (int i = 0; i < values.length; i++) {
      switch (values[i]) {
        case null -> statement.setNull(i + 1, Types.NULL);
        case Long number -> statement.setLong(i + 1, number);
        case Integer number -> statement.setInt(i + 1, number);
        case Boolean truth -> statement.setBoolean(i + 1, truth);
        case byte[] bytes -> statement.setBytes(i + 1, bytes);
        case String text -> statement.setString(i + 1, text);
        default -> throw new IllegalArgumentException("a value of " + values[i].getClass());
      }
    }
    return statement;
  }

  private PreparedStatement statement(RowChange change) {
    return java.util.Objects.requireNonNull(changes.get(change));
  }

  RowChanges made() {
    return made;
  }

  void forget() {
    made.clear();
  }

  void checkpoint() throws SQLException {
    EmbeddedDatabase.checkpoint(connection);
  }

  void clearPages() throws SQLException {
    EmbeddedDatabase.clearPages(connection);
  }

  boolean slotTaken(long slot) throws SQLException {
    slotTaken.setLong(1, slot);
    try (var row = slotTaken.executeQuery()) {
      return row.next();
    }
  }
}
