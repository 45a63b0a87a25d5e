package com.softadastra.edge.database;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.guard.EmbeddedDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the writing thread says to the database, each prepared once; nobody else uses this. */
public final class Statements {
  private static final Logger LOG = LoggerFactory.getLogger(Statements.class);

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

  /** A part of what is changed. */
  public interface Part<T> {
    T on() throws SQLException;
  }

  /**
   * A part that can be left out: what it has changed when it fails is as before.
   *
   * @return empty where it has failed
   */
  public <T> Optional<T> attempt(Part<T> part) throws SQLException {
    var before = connection.setSavepoint();
    try {
      return Optional.of(part.on());
    } catch (SQLException e) {
      LOG.warn("a part of a change is left out", e);
      connection.rollback(before);
      return Optional.empty();
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
      EmbeddedDatabase.checkpoint(connection);
    }
    return was;
  }

  void rollback() throws SQLException {
    connection.rollback();
    changed = false;
  }
}
