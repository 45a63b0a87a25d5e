package com.softadastra.edge.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.disk.DiskFault;
import com.softadastra.disk.DiskImage;
import com.softadastra.disk.ModelDisk;
import com.softadastra.disk.PowerCuts;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.mailbox.h2.H2MailboxStore;
import com.softadastra.guard.DatabaseRefusedException;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.EmbeddedDatabase.Schema;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;

/**
 * The power fails anywhere while tables are made or brought up to date, also between two statements
 * of one migration; the next start begins it again, and everything is there.
 *
 * <p>{@code -Dpowerloss.seed=} replays.
 */
class MigrationPowerLossIT {
  private static final int ENVELOPES = 40;
  private static final int MOMENTS = 24;

  /** Numbers of a relay, and of an envelope that was here. */
  private static final int RELAY = 50;

  private static final int GONE = 1000;

  /** Each statement of a migration is forced. */
  private static final Schema FORCING = new Schema("db", EdgeDatabase.SCHEMA.newest(), 4, 4 << 20);

  private static final Schema OLDER = new Schema("db/mailbox", 2, 4, 4 << 20);

  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file + " stopped", cause);
      };

  private final long seed = Long.getLong("powerloss.seed", System.nanoTime());
  private final Random random = new Random(seed);

  /** Work on a database that one process has open. */
  private interface Life {
    void live(String files, GuardFileSystem guard) throws Exception;
  }

  private static void on(ModelDisk disk, Life life) throws Exception {
    // all that H2 writes goes to the disk at once
    var settings =
        GuardSettings.production()
            .withJournalBytes(1 << 16)
            .withPendingBytes(1)
            .withFailStop(THROWING);
    var guard = GuardFileSystem.register("guard" + disk.scheme().replace("-", ""), settings);
    try {
      life.live(disk.scheme() + ":/db", guard);
    } finally {
      FilePath.unregister(guard);
    }
  }

  private static void on(DiskImage image, Life life) throws Exception {
    try (var disk = ModelDisk.register(image.copy())) {
      on(disk, life);
    }
  }

  private static DiskImage empty() {
    return new DiskImage(Map.of());
  }

  /** What fills the tables of older software. */
  private interface Filling {
    void fill(Connection connection) throws SQLException;
  }

  /** What software of the second schema left, with envelopes. */
  private static DiskImage older() throws Exception {
    return older(empty(), 2, MigrationPowerLossIT::fill);
  }

  /** What software of the third schema left: some of the mail came from another relay. */
  private static DiskImage third() throws Exception {
    return older(older(), 3, MigrationPowerLossIT::fillOfRelays);
  }

  private static DiskImage older(DiskImage before, int schema, Filling filling) throws Exception {
    try (var disk = ModelDisk.register(before.copy())) {
      on(
          disk,
          (files, guard) -> {
            Flyway.configure()
                .dataSource("jdbc:h2:" + guard.getScheme() + ":" + files, "sa", "")
                .locations("classpath:db/mailbox")
                .target(Integer.toString(schema))
                .load()
                .migrate();
            try (var database =
                    EmbeddedDatabase.open(
                        files, guard, new Schema("db/mailbox", schema, 4, 4 << 20));
                var connection = database.connect()) {
              filling.fill(connection);
            }
          });
      return disk.image();
    }
  }

  private static void fill(Connection connection) throws SQLException {
    change(connection, "insert into mailboxes values (1, ?)", new byte[32]);
    for (int pile = 1; pile <= 3; pile++) {
      change(
          connection,
          "insert into pile values (?, ?, ?, ?, ?, 0)",
          pile,
          name(pile),
          name(100),
          name(200),
          ENVELOPES / 4);
    }
    for (int number = 1; number <= ENVELOPES; number++) {
      change(
          connection,
          "insert into envelope values (?, ?, ?, 1, ?, ?, ?, 0, 0)",
          number,
          new UUID(0, number),
          name(200),
          1 + number % 3,
          envelope(number).length,
          name(number));
      change(connection, "insert into sealed values (?, ?)", number, envelope(number));
    }
  }

  private static void fillOfRelays(Connection connection) throws SQLException {
    change(connection, "update pile set brought_by = ? where pile_no = 2", name(RELAY));
    for (int number = 1; number <= ENVELOPES; number += 3) {
      change(connection, "insert into brought values (?, ?)", name(RELAY), number);
    }
    change(connection, "insert into gone values (?, ?)", new UUID(0, GONE), Long.MAX_VALUE);
    change(connection, "insert into sibling_space values (?, ?)", name(100), new byte[64]);
    change(
        connection,
        "insert into sibling values (?, 0, ?, ?)",
        name(100),
        name(RELAY),
        "relay:1\nrelay:2");
    change(
        connection,
        "insert into coming values (?, ?, ?, 1, ?)",
        name(RELAY),
        name(100),
        name(200),
        Long.MAX_VALUE);
  }

  private static byte[] name(int number) {
    byte[] name = new byte[32];
    name[0] = (byte) number;
    return name;
  }

  private static byte[] envelope(int number) {
    byte[] bytes = new byte[500 * number];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  private static void change(Connection connection, String sql, Object... values)
      throws SQLException {
    try (var statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      assertThat(statement.executeUpdate()).isEqualTo(1);
    }
  }

  private static List<List<Object>> rows(Connection connection, String sql) throws SQLException {
    var rows = new ArrayList<List<Object>>();
    try (var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      while (row.next()) {
        var values = new ArrayList<Object>();
        for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
          values.add(row.getObject(column));
        }
        rows.add(values);
      }
    }
    return rows;
  }

  /** Opens as a node does, and looks at all that there was. */
  private static void requireAll(String files, GuardFileSystem guard) {
    var database = EdgeDatabase.open(files, guard, THROWING, _ -> {});
    try {
      database.read(connection -> {
        var sealed = rows(connection, "select number, envelope from sealed order by number");
        assertThat(sealed).hasSize(ENVELOPES);
        for (int number = 1; number <= ENVELOPES; number++) {
          assertThat(sealed.get(number - 1).getFirst()).isEqualTo((long) number);
          assertThat((byte[]) sealed.get(number - 1).get(1)).isEqualTo(envelope(number));
        }
        assertThat(
                rows(
                    connection,
                    "select e.number from in_order o join envelope e on e.number = o.number"
                        + " join pile p on p.pile_no = e.pile_no"
                        + " where p.brought_by = p.sender and p.pseudonym = o.pseudonym"))
            .hasSize(ENVELOPES);
        return true;
      });
    } finally {
      database.abandon();
    }
  }

  /** Opens as a node does, and asks what it has from another relay and knows of it. */
  private static void requireRelays(String files, GuardFileSystem guard) {
    var database = EdgeDatabase.open(files, guard, THROWING, _ -> {});
    try {
      var store =
          new H2MailboxStore(database, new Quotas(1 << 30, 1 << 30, 1 << 30, 0), () -> 1L << 40);
      assertThat(store.totals().bodies()).isZero();
      assertThat(store.named())
          .singleElement()
          .satisfies(named -> {
            assertThat(named.pseudonym().bytes()).isEqualTo(name(100));
            assertThat(named.passage()).isEqualTo(new byte[64]);
            assertThat(named.records()).as("known to a member").isZero();
            assertThat(named.until()).as("so that any word counts").isEqualTo(Instant.EPOCH);
            assertThat(named.siblings())
                .singleElement()
                .satisfies(sibling -> {
                  assertThat(sibling.key()).isEqualTo(name(RELAY));
                  assertThat(sibling.addresses()).containsExactly("relay:1", "relay:2");
                });
          });
      assertThat(store.comings())
          .singleElement()
          .satisfies(coming -> assertThat(coming.by()).isEqualTo(node(RELAY)));

      var brought = store.brought(node(RELAY), 0, ENVELOPES);
      assertThat(brought).hasSize((ENVELOPES + 2) / 3);
      assertThat(brought)
          .allSatisfy(held -> {
            assertThat(held.by()).isEqualTo(node(RELAY));
            assertThat(held.body()).isNull();
            int number = (int) held.envelope().id().getLeastSignificantBits();
            assertThat(store.read(held.envelope())).hasValue(envelope(number));
          });

      var looked = new CompletableFuture<Optional<MailboxStore.Put>>();
      store.look(
          new MailboxStore.Offered(new UUID(0, GONE), Hash.of(name(1)), node(1), node(200), 100),
          looked);
      assertThat(looked.orTimeout(30, TimeUnit.SECONDS).join()).hasValue(new MailboxStore.Gone());
    } finally {
      database.abandon();
    }
  }

  private static NodeId node(int number) {
    return new NodeId(Hash.of(name(number)));
  }

  /** A migration in which the power fails, and then in some of the starts after that too. */
  private int cut(DiskImage before, Life start, PowerCuts.Check check) throws Exception {
    System.out.println("MigrationPowerLossIT: -Dpowerloss.seed=" + seed);
    try (var disk = ModelDisk.register(before.copy())) {
      disk.beginRecording();
      on(disk, start);
      return PowerCuts.forEach(
          disk,
          MOMENTS,
          random,
          (image, where) -> {
            check.check(image, where);
            if (random.nextInt(20) == 0) {
              again(image, start, check, where);
            }
          });
    }
  }

  private void again(DiskImage image, Life start, PowerCuts.Check check, String where)
      throws Exception {
    try (var disk = ModelDisk.register(image.copy())) {
      disk.beginRecording();
      on(disk, start);
      PowerCuts.forEach(disk, 8, random, (left, at) -> check.check(left, where + ", then " + at));
    }
  }

  private static void migrate(String files, GuardFileSystem guard) {
    EmbeddedDatabase.open(files, guard, FORCING).close();
  }

  private static void check(DiskImage image, String where, Life life) {
    try {
      on(image, life);
    } catch (Exception | AssertionError e) {
      throw new AssertionError(where, e);
    }
  }

  @Test
  void allEnvelopesAreThereAfterAnyOfThem() throws Exception {
    int images =
        cut(
            older(),
            MigrationPowerLossIT::migrate,
            (image, where) -> check(image, where, MigrationPowerLossIT::requireAll));

    assertThat(images).isGreaterThan(40);
  }

  @Test
  void whatAnotherRelayBroughtIsThereAfterAnyOfThem() throws Exception {
    int images =
        cut(
            third(),
            MigrationPowerLossIT::migrate,
            (image, where) -> check(image, where, MigrationPowerLossIT::requireRelays));

    assertThat(images).isGreaterThan(40);
  }

  @Test
  void aFirstStartIsBegunAgainAfterAnyOfThem() throws Exception {
    int images =
        cut(
            empty(),
            MigrationPowerLossIT::migrate,
            (image, where) ->
                check(
                    image,
                    where,
                    (files, guard) -> EdgeDatabase.open(files, guard, THROWING, _ -> {}).close()));

    assertThat(images).isGreaterThan(40);
  }

  /** As when an update is taken back because it didn't come up. */
  @Test
  void whatOlderSoftwareKeepsAfterOneStaysOrItRefuses() throws Exception {
    var wentOn = new ArrayList<String>();
    var refused = new ArrayList<String>();
    cut(
        older(),
        MigrationPowerLossIT::migrate,
        (image, where) ->
            check(
                image,
                where,
                (files, guard) -> {
                  try (var database = EmbeddedDatabase.open(files, guard, OLDER);
                      var connection = database.connect()) {
                    change(connection, "update pile set lapsed = 77 where pile_no = 2");
                    wentOn.add(where);
                  } catch (DatabaseRefusedException e) {
                    assertThat(e).hasMessageContaining("newer version");
                    refused.add(where);
                  }
                  requireAll(files, guard);
                  try (var database = EmbeddedDatabase.open(files, guard, EdgeDatabase.SCHEMA);
                      var connection = database.connect()) {
                    assertThat(rows(connection, "select * from pile where lapsed = 77"))
                        .hasSize(wentOn.contains(where) ? 1 : 0);
                  }
                }));

    assertThat(wentOn).isNotEmpty();
    assertThat(refused).isNotEmpty();
  }

  @Test
  void aFullDiskLeavesTheDatabaseAsItWas() throws Exception {
    var before = older();
    try (var disk = ModelDisk.register(before.copy())) {
      disk.setFault((kind, file) -> {
        if (kind == DiskFault.Kind.WRITE && file.equals("/db.shadow")) {
          throw new IOException("No space left on device");
        }
      });
      assertThatThrownBy(() -> on(disk, MigrationPowerLossIT::requireAll))
          .isInstanceOf(DatabaseFailure.class)
          .hasMessageEndingWith(
              "/db can't be brought up to date, and is left as it was: No space left on device");
      disk.setFault(DiskFault.NONE);

      assertThat(disk.image().bytes("/db.mv.db")).isEqualTo(before.bytes("/db.mv.db"));
      on(disk.image(), MigrationPowerLossIT::requireAll);
    }
  }
}
