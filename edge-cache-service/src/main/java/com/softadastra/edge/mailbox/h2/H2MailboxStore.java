package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.edge.database.DatabaseFailure;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.database.Statements;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Mailboxes in the edge's database. Whoever reads may see what isn't forced yet. */
public final class H2MailboxStore implements MailboxStore {
  private static final Logger LOG = LoggerFactory.getLogger(H2MailboxStore.class);
  private static final byte[] BEFORE_ALL = {};

  private final EdgeDatabase database;
  private final NodeKey key;
  private final Tables tables;
  private final Runnable ending;

  /**
   * @param freeBytes how much room the disk has
   * @throws MailboxException with a sentence for an operator
   */
  public H2MailboxStore(EdgeDatabase database, Quotas quotas, LongSupplier freeBytes) {
    this(database, quotas, freeBytes, new SecureRandom());
  }

  /**
   * The same.
   *
   * @param random draws the mailboxes' key
   */
  public H2MailboxStore(
      EdgeDatabase database, Quotas quotas, LongSupplier freeBytes, RandomGenerator random) {
    this(database, quotas, freeBytes, random, () -> {});
  }

  private H2MailboxStore(
      EdgeDatabase database,
      Quotas quotas,
      LongSupplier freeBytes,
      RandomGenerator random,
      Runnable ending) {
    this.database = database;
    this.ending = ending;
    try {
      key = database.call(statements -> key(statements, random));
      tables = database.call(statements -> new Tables(statements, quotas, freeBytes));
    } catch (DatabaseFailure e) {
      throw new MailboxException("The mailboxes can't be read: " + e.getMessage(), e);
    }
    database.tell(tables);
  }

  /** Mailboxes in a database that is theirs alone, opened and closed with them. */
  static H2MailboxStore open(
      String files,
      GuardFileSystem guard,
      Quotas quotas,
      LongSupplier freeBytes,
      FailStop failStop) {
    EdgeDatabase database;
    try {
      database = EdgeDatabase.open(files, guard, failStop, new MailboxRepair());
    } catch (DatabaseFailure e) {
      throw new MailboxException(String.valueOf(e.getMessage()), e);
    }
    try {
      return new H2MailboxStore(database, quotas, freeBytes, new SecureRandom(), database::close);
    } catch (MailboxException e) {
      database.abandon();
      throw e;
    }
  }

  private static NodeKey key(Statements statements, RandomGenerator random) throws SQLException {
    try (var row = statements.rows("select seed from mailboxes")) {
      if (row.next()) {
        return new NodeKey(row.getBytes(1));
      }
    }
    byte[] seed = new byte[NodeKey.SEED_BYTES];
    random.nextBytes(seed);
    statements.change("insert into mailboxes values (1, ?)", seed);
    return new NodeKey(seed);
  }

  @Override
  public NodeKey key() {
    return key;
  }

  @Override
  public void put(List<Arrived> envelopes, CompletableFuture<List<Put>> forced) {
    database.submit(bytes(envelopes), _ -> tables.put(envelopes), forced);
  }

  /** In memory and to be written: their body once. */
  private static int bytes(List<Arrived> envelopes) {
    byte[] content = envelopes.getFirst().content();
    int bare = envelopes.stream().mapToInt(envelope -> envelope.bytes().length).sum();
    return content == null ? bare : bare + content.length;
  }

  @Override
  public void taken(NodeId destination, UUID id, CompletableFuture<Optional<Pile>> forced) {
    database.submit(0, _ -> tables.taken(destination, id), forced);
  }

  @Override
  public void look(Offered envelope, CompletableFuture<Optional<Put>> forced) {
    database.submit(0, _ -> tables.look(envelope), forced);
  }

  @Override
  public void gone(UUID id, Set<Hash> pseudonyms, CompletableFuture<Optional<Pile>> forced) {
    database.submit(0, _ -> tables.gone(id, pseudonyms), forced);
  }

  @Override
  public void account(NodeId node, CompletableFuture<Account> forced) {
    database.submit(0, _ -> tables.account(node), forced);
  }

  @Override
  public void lapse(Instant now, int most, CompletableFuture<List<Pile>> forced) {
    database.submit(0, _ -> tables.lapse(now, most), forced);
  }

  @Override
  public void told(Pile pile) {
    database.submit(0, _ -> tables.told(pile), new CompletableFuture<>());
  }

  @Override
  public void name(Named named) {
    database.submit(
        0,
        _ -> {
          tables.name(named);
          return named;
        },
        new CompletableFuture<>());
  }

  @Override
  public List<Named> named() {
    return read(connection -> {
      var siblings = new LinkedHashMap<Hash, List<Sibling>>();
      try (var select =
              connection.prepareStatement(
                  "select pseudonym, public_key, addresses from sibling order by pseudonym, place");
          var row = select.executeQuery()) {
        while (row.next()) {
          siblings
              .computeIfAbsent(Hash.of(row.getBytes(1)), _ -> new ArrayList<>())
              .add(new Sibling(row.getBytes(2), row.getString(3).lines().toList()));
        }
      }
      var named = new ArrayList<Named>();
      try (var select =
              connection.prepareStatement(
                  "select pseudonym, passage, records, stands_until from sibling_space");
          var row = select.executeQuery()) {
        while (row.next()) {
          var pseudonym = Hash.of(row.getBytes(1));
          named.add(
              new Named(
                  pseudonym,
                  row.getBytes(2),
                  row.getLong(3),
                  Instant.ofEpochMilli(row.getLong(4)),
                  siblings.getOrDefault(pseudonym, List.of())));
        }
      }
      return named;
    });
  }

  @Override
  public void comes(List<Coming> comings) {
    database.submit(
        0,
        _ -> {
          tables.comes(comings);
          return comings;
        },
        new CompletableFuture<>());
  }

  @Override
  public void forget(NodeId relay) {
    database.submit(0, _ -> tables.forget(relay), new CompletableFuture<>());
  }

  @Override
  public List<Coming> comings() {
    return read(connection -> {
      var comings = new ArrayList<Coming>();
      try (var select =
              connection.prepareStatement(
                  "select told_by, pseudonym, node, hops, forget_at from coming");
          var row = select.executeQuery()) {
        while (row.next()) {
          comings.add(
              new Coming(
                  new NodeId(Hash.of(row.getBytes(1))),
                  Hash.of(row.getBytes(2)),
                  new NodeId(Hash.of(row.getBytes(3))),
                  row.getInt(4),
                  Instant.ofEpochMilli(row.getLong(5))));
        }
      }
      return comings;
    });
  }

  @Override
  public List<Held> held(Hash pseudonym, NodeId destination, long after, int most) {
    return held(
        "in_order",
        "i.pseudonym = ? and i.destination = ? and i.number > ? and i.number <= ?"
            + " order by i.pseudonym, i.destination, i.number",
        most,
        after,
        Long.MAX_VALUE,
        pseudonym.bytes(),
        destination.hash().bytes());
  }

  @Override
  public List<Held> brought(NodeId relay, long after, int most) {
    return held(
        "brought",
        "i.relay = ? and i.number > ? and i.number <= ? order by i.relay, i.number",
        most,
        after,
        Long.MAX_VALUE,
        relay.hash().bytes());
  }

  /**
   * Where they can't be read together, each half by itself, so that only those are left out that
   * can't be read alone.
   *
   * @param index the table that has the numbers in order
   */
  private List<Held> held(
      String index, String where, int most, long after, long upTo, Object... of) {
    try {
      return read(connection -> held(connection, index, where, most, after, upTo, of));
    } catch (MailboxException e) {
      if (upTo - after == 1) {
        LOG.warn("envelope {} isn't passed on: {}", upTo, e.getMessage());
        return List.of();
      }
    }
    long middle = after + (upTo - after) / 2;
    var held = new ArrayList<>(held(index, where, most, after, middle, of));
    if (held.size() < most) {
      held.addAll(held(index, where, most - held.size(), middle, upTo, of));
    }
    return held;
  }

  private static List<Held> held(
      Connection connection,
      String index,
      String where,
      int most,
      long after,
      long upTo,
      Object... of)
      throws SQLException {
    var held = new ArrayList<Held>();
    try (var select =
        connection.prepareStatement(
            "select e.number, e.id, e.bytes, e.hash, p.sender, p.pseudonym, p.destination,"
                + " p.brought_by, e.expires, e.body from "
                + index
                + " i join envelope e on e.number = i.number"
                + " join pile p on p.pile_no = e.pile_no where "
                + where
                + " limit "
                + most)) {
      for (int i = 0; i < of.length; i++) {
        select.setObject(i + 1, of[i]);
      }
      select.setLong(of.length + 1, after);
      select.setLong(of.length + 2, upTo);
      try (var row = select.executeQuery()) {
        while (row.next()) {
          byte[] body = row.getBytes(10);
          held.add(
              new Held(
                  new Waiting(row.getLong(1), row.getObject(2, UUID.class), row.getInt(3)),
                  Hash.of(row.getBytes(4)),
                  new NodeId(Hash.of(row.getBytes(5))),
                  Hash.of(row.getBytes(6)),
                  new NodeId(Hash.of(row.getBytes(7))),
                  new NodeId(Hash.of(row.getBytes(8))),
                  Instant.ofEpochMilli(row.getLong(9)),
                  body == null ? null : Hash.of(body)));
        }
      }
    }
    return held;
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
          connection.prepareStatement(
              "select s.envelope, e.body, c.content from sealed s"
                  + " join envelope e on e.number = s.number"
                  + " left join body_content c on c.hash = e.body where s.number = ?")) {
        select.setLong(1, envelope.number());
        try (var row = select.executeQuery()) {
          return row.next()
              ? Optional.of(whole(row.getBytes(1), row.getBytes(2), row.getBytes(3)))
              : Optional.<byte[]>empty();
        }
      }
    });
  }

  private static byte[] whole(byte[] envelope, byte @Nullable [] body, byte @Nullable [] content) {
    if (body == null) {
      return envelope;
    }
    if (content == null) {
      throw new MailboxException("an envelope's body is not here", null);
    }
    return Envelope.decode(envelope).with(content).encode();
  }

  @Override
  public Optional<byte[]> readBare(Waiting envelope) {
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

  private <T> T read(EdgeDatabase.Reading<T> reading) {
    try {
      return database.read(reading);
    } catch (DatabaseFailure e) {
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
  }

  @Override
  public void close() {
    ending.run();
  }
}
