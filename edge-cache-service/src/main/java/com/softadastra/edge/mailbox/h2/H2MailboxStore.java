package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Mailboxes in H2 over the guard. {@link GroupCommits} changes them; whoever reads uses connections
 * beside it, and may see what isn't forced yet.
 */
public final class H2MailboxStore implements MailboxStore {
  /** The name of the guard under it, beside others of one process. */
  public static final String GUARD = "mailguard";

  private static final EmbeddedDatabase.Schema SCHEMA =
      new EmbeddedDatabase.Schema("db/mailbox", 1, 32, Runtime.getRuntime().maxMemory() / 32);

  private static final byte[] BEFORE_ALL = {};

  private final EmbeddedDatabase database;
  private final NodeKey key;
  private final Tables tables;
  private final GroupCommits commits;

  private H2MailboxStore(
      EmbeddedDatabase database, Quotas quotas, LongSupplier freeBytes, FailStop failStop)
      throws SQLException {
    this.database = database;
    var connection = database.connect();
    connection.setAutoCommit(false);
    key = key(connection);
    tables = new Tables(connection, quotas, freeBytes);
    commits = new GroupCommits(connection, tables, failStop);
  }

  /**
   * Opens the mailboxes, or makes them.
   *
   * @param files the database's path without its ending, with a file system before it in tests
   * @param freeBytes how much room the disk has
   * @throws MailboxException with a sentence for an operator
   */
  public static H2MailboxStore open(
      String files,
      GuardFileSystem guard,
      Quotas quotas,
      LongSupplier freeBytes,
      FailStop failStop) {
    EmbeddedDatabase database;
    try {
      database = EmbeddedDatabase.open(files, guard, SCHEMA);
    } catch (DatabaseRefusedException e) {
      throw new MailboxException(String.valueOf(e.getMessage()), e.getCause());
    }
    try {
      var store = new H2MailboxStore(database, quotas, freeBytes, failStop);
      store.commits.start();
      return store;
    } catch (SQLException e) {
      database.abandon();
      throw new MailboxException("The mailboxes can't be read: " + e.getMessage(), e);
    }
  }

  private static NodeKey key(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      try (var row = statement.executeQuery("select seed from mailboxes")) {
        if (row.next()) {
          return new NodeKey(row.getBytes(1));
        }
      }
      byte[] seed = new byte[NodeKey.SEED_BYTES];
      new SecureRandom().nextBytes(seed);
      try (var insert = connection.prepareStatement("insert into mailboxes values (1, ?)")) {
        insert.setBytes(1, seed);
        insert.executeUpdate();
      }
      connection.commit();
      statement.execute("checkpoint sync");
      return new NodeKey(seed);
    }
  }

  @Override
  public NodeKey key() {
    return key;
  }

  @Override
  public void put(Arrived envelope, CompletableFuture<Put> forced) {
    commits.submit(envelope.bytes().length, tables -> tables.put(envelope), forced);
  }

  @Override
  public void taken(NodeId destination, UUID id, CompletableFuture<Optional<Pile>> forced) {
    commits.submit(0, tables -> tables.taken(destination, id), forced);
  }

  @Override
  public void account(NodeId node, CompletableFuture<Account> forced) {
    commits.submit(0, tables -> tables.account(node), forced);
  }

  @Override
  public void lapse(Instant now, int most, CompletableFuture<List<Pile>> forced) {
    commits.submit(0, tables -> tables.lapse(now, most), forced);
  }

  @Override
  public void told(Pile pile) {
    commits.submit(0, tables -> tables.told(pile), new CompletableFuture<>());
  }

  @Override
  public List<Waiting> waiting(NodeId destination, int most) {
    return read(connection -> {
      var waiting = new ArrayList<Waiting>();
      try (var select =
          connection.prepareStatement(
              "select number, id, bytes from envelope where destination = ?"
                  + " order by destination, turn, number limit ?")) {
        select.setBytes(1, destination.hash().bytes());
        select.setInt(2, most);
        try (var row = select.executeQuery()) {
          while (row.next()) {
            waiting.add(new Waiting(row.getLong(1), row.getObject(2, UUID.class), row.getInt(3)));
          }
        }
      }
      return waiting;
    });
  }

  @Override
  public Optional<byte[]> read(Waiting envelope) {
    return read(connection -> {
      try (var select =
          connection.prepareStatement("select envelope from sealed where number = ?")) {
        select.setLong(1, envelope.number());
        try (var row = select.executeQuery()) {
          return row.next() ? Optional.of(row.getBytes(1)) : Optional.<byte[]>empty();
        }
      }
    });
  }

  @Override
  public List<Mailbox> mailboxes(@Nullable NodeId after, int most) {
    return read(connection -> {
      var mailboxes = new ArrayList<Mailbox>();
      try (var select =
          connection.prepareStatement(
              "select node, envelopes, bytes from destination where node > ? order by node limit ?")) {
        select.setBytes(1, after == null ? BEFORE_ALL : after.hash().bytes());
        select.setInt(2, most);
        try (var row = select.executeQuery()) {
          while (row.next()) {
            byte[] node = row.getBytes(1);
            var oldest = oldest(connection, node);
            // taken since the first statement
            if (oldest.isPresent()) {
              mailboxes.add(
                  new Mailbox(
                      new NodeId(Hash.of(node)),
                      row.getLong(2),
                      row.getLong(3),
                      oldest.get(),
                      last(connection, node)));
            }
          }
        }
      }
      return mailboxes;
    });
  }

  private static Optional<Instant> oldest(Connection connection, byte[] node) throws SQLException {
    var firsts = Stream.<long[]>builder();
    try (var select =
        connection.prepareStatement(
            "select number, kept_at from envelope where destination = ? and turn = ?"
                + " order by destination, turn, number limit 1")) {
      for (int turn = 0; turn < 3; turn++) {
        select.setBytes(1, node);
        select.setInt(2, turn);
        try (var row = select.executeQuery()) {
          if (row.next()) {
            firsts.add(new long[] {row.getLong(1), row.getLong(2)});
          }
        }
      }
    }
    return firsts
        .build()
        .min(Comparator.comparingLong(first -> first[0]))
        .map(first -> Instant.ofEpochMilli(first[1]));
  }

  private static List<InCustody> last(Connection connection, byte[] node) throws SQLException {
    var last = new ArrayList<InCustody>();
    try (var select =
        connection.prepareStatement(
            "select e.id, p.sender, e.hash, e.kept_at, e.expires from envelope e join pile p on p.pile_no = e.pile_no"
                + " where e.destination = ? order by e.destination, e.number desc limit "
                + RECEIPTS)) {
      select.setBytes(1, node);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          last.add(
              new InCustody(
                  row.getObject(1, UUID.class),
                  new NodeId(Hash.of(row.getBytes(2))),
                  Hash.of(row.getBytes(3)),
                  Instant.ofEpochMilli(row.getLong(4)),
                  Instant.ofEpochMilli(row.getLong(5))));
        }
      }
    }
    return last;
  }

  private interface Reading<T> {
    T on(Connection connection) throws SQLException;
  }

  private <T> T read(Reading<T> reading) {
    try (var connection = database.connect()) {
      return reading.on(connection);
    } catch (SQLException e) {
      throw new MailboxException("the mailboxes can't be read: " + e.getMessage(), e);
    }
  }

  @Override
  public Totals totals() {
    return tables.totals();
  }

  /** Lets go of the files as they lie there, as a crash of the process would. */
  void abandon() {
    database.abandon();
    commits.close();
  }

  @Override
  public void close() {
    commits.close();
    database.close();
  }
}
