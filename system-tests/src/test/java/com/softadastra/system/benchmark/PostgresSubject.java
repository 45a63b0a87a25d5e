package com.softadastra.system.benchmark;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** The same transaction in PostgreSQL: a row of the log, the document, a row of the outbox. */
final class PostgresSubject implements Subject {
  private static final int ENTRY_BYTES = 500;

  private final PostgresServer server;
  private final boolean inOne;
  private final List<PostgresClient> clients = new ArrayList<>();

  /**
   * @param inOne whether the three rows are written by one statement, with one round trip
   */
  PostgresSubject(PostgresServer server, boolean inOne) throws SQLException {
    this.server = server;
    this.inOne = inOne;
    for (int i = 0; i < Load.MOST; i++) {
      clients.add(inOne ? new OneStatement(server.connect()) : new Statements(server.connect()));
    }
  }

  /** A connection of its own. */
  private abstract static class PostgresClient implements Client {
    final Connection connection;
    final byte[] entry = new byte[ENTRY_BYTES];

    PostgresClient(Connection connection) {
      this.connection = connection;
      ThreadLocalRandom.current().nextBytes(entry);
    }

    static void bindEntry(PreparedStatement sql, long number, byte[] entry) throws SQLException {
      sql.setLong(1, number);
      sql.setLong(2, System.currentTimeMillis());
      sql.setBytes(3, entry);
    }

    static byte[] state(String id) {
      return Order.body(id).text().getBytes(StandardCharsets.UTF_8);
    }
  }

  /** As an application would: a statement each, then the commit. */
  private static final class Statements extends PostgresClient {
    private final PreparedStatement wal;
    private final PreparedStatement document;
    private final PreparedStatement outbox;

    Statements(Connection connection) throws SQLException {
      super(connection);
      connection.setAutoCommit(false);
      wal =
          connection.prepareStatement(
              "insert into wal (space_no, replica_no, sequence, recorded_at, entry, crc) values (1, 1, ?, ?, ?, 7) returning position");
      document =
          connection.prepareStatement(
              "insert into document values (1, ?, true, ?, 7) on conflict (collection_no, id) do update set live = excluded.live, state = excluded.state, crc = excluded.crc");
      outbox = connection.prepareStatement("insert into outbox values (?, 1, 1, ?, 500, ?)");
    }

    @Override
    public void write(long number) throws SQLException {
      var id = Order.id(number);
      bindEntry(wal, number, entry);
      long position;
      try (var row = wal.executeQuery()) {
        row.next();
        position = row.getLong(1);
      }
      document.setString(1, id);
      document.setBytes(2, state(id));
      document.executeUpdate();
      outbox.setLong(1, position);
      outbox.setLong(2, number);
      outbox.setLong(3, System.currentTimeMillis());
      outbox.executeUpdate();
      connection.commit();
    }
  }

  /** As somebody would who counts round trips. */
  private static final class OneStatement extends PostgresClient {
    private final PreparedStatement all;

    OneStatement(Connection connection) throws SQLException {
      super(connection);
      all =
          connection.prepareStatement(
              """
              with logged as (
                insert into wal (space_no, replica_no, sequence, recorded_at, entry, crc)
                values (1, 1, ?, ?, ?, 7) returning position, sequence, recorded_at),
              put as (
                insert into document values (1, ?, true, ?, 7)
                on conflict (collection_no, id) do update
                set live = excluded.live, state = excluded.state, crc = excluded.crc)
              insert into outbox select position, 1, 1, sequence, 500, recorded_at from logged
              """);
    }

    @Override
    public void write(long number) throws SQLException {
      var id = Order.id(number);
      bindEntry(all, number, entry);
      all.setString(4, id);
      all.setBytes(5, state(id));
      all.executeUpdate();
    }
  }

  @Override
  public String name() {
    return inOne ? "PostgreSQL, one statement" : "PostgreSQL, a statement each";
  }

  @Override
  public List<PostgresClient> clients() {
    return clients;
  }

  @Override
  public long bytes() throws SQLException {
    return server.walBytes();
  }

  @Override
  public Optional<ProcessHandle> process() {
    return server.process();
  }

  @Override
  public boolean virtual() {
    return false;
  }

  @Override
  public void close() throws SQLException {
    for (var client : clients) {
      client.connection.close();
    }
  }
}
