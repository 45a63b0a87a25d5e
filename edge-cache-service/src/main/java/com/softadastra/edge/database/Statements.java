package com.softadastra.edge.database;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the writing thread says to the database, each prepared once; nobody else uses this. */
public final class Statements {
  private final Connection connection;
  private final Map<String, PreparedStatement> statements = new HashMap<>();
  private boolean changed;

  Statements(Connection connection) {
    this.connection = connection;
  }

  /**
   * @return how many rows it changed
   */
  public int change(String sql, @Nullable Object... values) throws SQLException {
    changed = true;
    return bound(sql, values).executeUpdate();
  }

  public ResultSet rows(String sql, @Nullable Object... values) throws SQLException {
    return bound(sql, values).executeQuery();
  }

  /** The number in the only row's only column, or 0 where there is none. */
  public long number(String sql, @Nullable Object... values) throws SQLException {
    try (var row = rows(sql, values)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private PreparedStatement bound(String sql, @Nullable Object... values) throws SQLException {
    var statement = statements.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      statements.put(sql, statement);
    }
    for (int i = 0; i < values.length; i++) {
      statement.setObject(
          i + 1,
          switch (values[i]) {
            case NodeId node -> node.hash().bytes();
            case Hash hash -> hash.bytes();
            case Instant instant -> instant.toEpochMilli();
            case null, default -> values[i];
          });
    }
    return statement;
  }

  /**
   * @return whether anything was to be forced
   */
  boolean commit() throws SQLException {
    connection.commit();
    boolean was = changed;
    changed = false;
    if (was) {
      try (var statement = connection.createStatement()) {
        statement.execute("checkpoint sync");
      }
    }
    return was;
  }

  void rollback() throws SQLException {
    connection.rollback();
    changed = false;
  }
}
