package com.softadastra.edge.mailbox.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.Envelopes;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Mailboxes of which H2 can't read a page: no other suffers, and the next start has all the rest.
 */
@Timeout(value = 240, threadMode = ThreadMode.SEPARATE_THREAD)
class DamagedMailboxesIT {
  private static final int NODES = 600;
  private static final Quotas QUOTAS = new Quotas(1L << 32, 1L << 32, 1L << 33, 1 << 20);
  private static final Instant EXPIRES = Envelopes.START.plusSeconds(1_000_000);

  @TempDir private static Path base;
  @TempDir private Path directory;
  private static final List<String> stops = new CopyOnWriteArrayList<>();
  private static final FailStop STOP =
      (file, cause) -> {
        stops.add(file + ": " + cause.getMessage());
        throw new IllegalStateException(file, cause);
      };

  private static GuardFileSystem guard() {
    return GuardFileSystem.register(
        EdgeDatabase.GUARD, GuardSettings.production().withFailStop(STOP));
  }

  private static H2MailboxStore open(Path directory) {
    return H2MailboxStore.open(
        directory.resolve("mailboxes").toString(), guard(), QUOTAS, () -> 1L << 40, STOP);
  }

  private static NodeKey key(int number) {
    return new NodeKey(ByteBuffer.allocate(NodeKey.SEED_BYTES).putInt(number).array());
  }

  private static NodeKey sender(int number) {
    return key(number);
  }

  private static NodeKey destination(int number) {
    return key(NODES + number);
  }

  /** Each sender has a destination and a body of its own. */
  private static Arrived envelope(int number, int which) {
    byte[] body = ("body " + number).getBytes(StandardCharsets.US_ASCII);
    return Envelopes.arrived(
        Envelopes.sharing(sender(number), destination(number), (long) NODES * which + number, body),
        Envelopes.START,
        EXPIRES);
  }

  private static List<CompletableFuture<Put>> put(H2MailboxStore store, int which) {
    return IntStream.range(0, NODES)
        .mapToObj(number -> {
          var put = new CompletableFuture<Put>();
          store.put(envelope(number, which), put);
          return put;
        })
        .toList();
  }

  @BeforeAll
  static void fill() throws SQLException {
    try (var store = open(base)) {
      put(store, 0).forEach(CompletableFuture::join);
    }
    // written at once, so that the pages of a table are beside each other, however it was filled
    try (var database =
            EmbeddedDatabase.open(
                base.resolve("mailboxes").toString(), guard(), EdgeDatabase.SCHEMA);
        var connection = database.connect();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (var table :
          List.of("sender", "destination", "pile", "body", "body_content", "sealed", "envelope")) {
        var copy = "copy_of_" + table;
        statement.executeUpdate(
            "create local temporary table " + copy + " as select * from " + table);
        statement.executeUpdate("delete from " + table);
        statement.executeUpdate("insert into " + table + " select * from " + copy);
      }
      connection.commit();
    }
  }

  private void copyOfBase() throws IOException {
    try (var files = Files.list(base)) {
      for (var file : files.toList()) {
        Files.copy(file, directory.resolve(file.getFileName()));
      }
    }
  }

  /** Damages a page of a table. */
  private void damage(String table, int index) throws Exception {
    copyOfBase();
    List<DamagedPages.Leaf> leaves;
    try (var database =
            EmbeddedDatabase.open(
                directory.resolve("mailboxes").toString(), guard(), EdgeDatabase.SCHEMA);
        var connection = database.connect()) {
      leaves = DamagedPages.leaves(connection, table, index);
    }
    DamagedPages.damage(directory.resolve("mailboxes.mv.db"), leaves);
    stops.clear();
  }

  /**
   * Meets the damage in all ways, until it is all done or the process would stop.
   *
   * @return how many envelopes were acknowledged
   */
  private long meet() {
    H2MailboxStore store;
    try {
      store = open(directory);
    } catch (MailboxException e) {
      assertThat(e).hasStackTraceContaining("the next start copies what can be read");
      return 0;
    }
    var first = new CompletableFuture<Put>();
    store.put(
        Envelopes.arrived(
            Envelopes.envelope(key(9_999), key(9_998), 99_999), Envelopes.START, EXPIRES),
        first);
    var puts = new ArrayList<>(put(store, 1));
    puts.add(first);
    await()
        .dontCatchUncaughtExceptions()
        .until(() -> !stops.isEmpty() || puts.stream().allMatch(CompletableFuture::isDone));
    try {
      for (int i = 0; i < NODES && stops.isEmpty(); i++) {
        store.waiting(destination(i).nodeId(), 10).forEach(store::read);
      }
    } catch (MailboxException e) {
      assertThat(e).hasMessageContaining("the next start copies what can be read");
    }
    assertThat(stops).allMatch(it -> it.contains("the next start copies what can be read"));
    long kept =
        puts.stream()
            .filter(it -> it.isDone() && !it.isCompletedExceptionally())
            .filter(it -> it.join() instanceof Kept)
            .count();
    store.abandon();
    return kept;
  }

  @ParameterizedTest
  @CsvSource({
    "SENDER, 0",
    "SENDER, 1",
    "DESTINATION, 0",
    "DESTINATION, 1",
    "PILE, 0",
    "PILE, 2",
    "BODY, 0",
    "BODY, 1"
  })
  void whatCanBeDerivedIsThereAgain(String table, int index) throws Exception {
    damage(table, index);
    long kept = meet();
    try (var store = open(directory)) {
      assertThat(store.totals().envelopes()).isEqualTo(NODES + kept);
      assertThat(store.totals().bodies()).isEqualTo(NODES);
      assertThat(found(store)).isEqualTo(NODES + kept);
      assertThat(accounts(store).stream().mapToLong(Pile::envelopes).sum()).isEqualTo(NODES + kept);
      everythingGoes(store);
    }
  }

  @ParameterizedTest
  @CsvSource({"SEALED, 0", "ENVELOPE, 0", "BODY_CONTENT, 0"})
  void whatIsLostIsToldAndAllElseIsThere(String table, int index) throws Exception {
    damage(table, index);
    long kept = meet();
    try (var store = open(directory)) {
      long found = found(store);
      long lost = accounts(store).stream().mapToLong(Pile::lapsed).sum();
      assertThat(lost).isBetween(1L, 250L);
      assertThat(found + lost).isBetween(NODES + kept, mostThatCame(kept));
      assertThat(store.totals().envelopes()).isEqualTo(found);
      everythingGoes(store);
    }
  }

  @Test
  void whatIsExpiredGoesBesideWhatCantBeDropped() throws Exception {
    damage("SENDER", 1);
    long gone = 0;
    var store = open(directory);
    // before the first change a block that is damaged ends the start
    var first = new CompletableFuture<Put>();
    store.put(
        Envelopes.arrived(
            Envelopes.envelope(key(9_999), key(9_998), 99_999), Envelopes.START, EXPIRES),
        first);
    assertThat(first.join()).isInstanceOf(Kept.class);
    for (long last = 1; last > 0; gone += last) {
      var lapsed = new CompletableFuture<List<Pile>>();
      store.lapse(EXPIRES, 256, lapsed);
      last = lapsed.get(20, TimeUnit.SECONDS).stream().mapToLong(Pile::lapsed).sum();
    }
    assertThat(gone).isBetween(NODES - 250L, (long) NODES);
    assertThat(store.totals().envelopes()).isEqualTo(NODES + 1 - gone).isPositive();
    assertThat(directory.resolve("mailboxes.damaged")).exists();
    store.abandon();
    try (var next = open(directory)) {
      assertThat(next.totals().envelopes()).isEqualTo(NODES + 1 - gone);
      everythingGoes(next);
    }
  }

  @Test
  void envelopesOfALostPileJoinOneThatIsLikeIt() throws Exception {
    copyOfBase();
    try (var database =
            EmbeddedDatabase.open(
                directory.resolve("mailboxes").toString(), guard(), EdgeDatabase.SCHEMA);
        var connection = database.connect();
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.executeUpdate(
          "update envelope set pile_no = 99999 where number = (select min(number) from envelope)");
      new MailboxRepair().on(connection);
      connection.commit();
    }
    try (var store = open(directory)) {
      assertThat(found(store)).isEqualTo(NODES);
      assertThat(accounts(store)).hasSize(NODES).allMatch(pile -> pile.envelopes() == 1);
      everythingGoes(store);
    }
  }

  /** The process was stopped at each point at which the folder looks otherwise. */
  @Test
  void aCopyThatWasCutOffIsMade() throws Exception {
    damage("PILE", 0);
    long kept = meet();
    Files.write(directory.resolve("mailboxes-salvaged.mv.db"), new byte[10_000]);
    open(directory).close();
    Files.move(directory.resolve("mailboxes.mv.db"), directory.resolve("mailboxes-salvaged.mv.db"));
    Files.createFile(directory.resolve("mailboxes.damaged"));
    try (var store = open(directory)) {
      assertThat(found(store)).isBetween(NODES + kept, mostThatCame(kept));
      everythingGoes(store);
    }
  }

  @Test
  void whereNothingCanBeCopiedASentenceSaysWhatToDo() throws Exception {
    damage("PILE", 0);
    meet();
    var file = directory.resolve("mailboxes.mv.db");
    byte[] all = Files.readAllBytes(file);
    Arrays.fill(all, 8192, all.length, (byte) 0x5a);
    Files.write(file, all);
    assertThatThrownBy(() -> open(directory))
        .isInstanceOf(MailboxException.class)
        .hasMessageContaining("move its folder away");
    assertThat(file).hasBinaryContent(all);
  }

  /** What waited for its answer when the process stopped may be there. */
  private static long mostThatCame(long kept) {
    return stops.isEmpty() ? NODES + kept : 2 * NODES + 1;
  }

  private static long found(H2MailboxStore store) {
    long found = store.waiting(key(9_998).nodeId(), 10).size();
    for (int i = 0; i < NODES; i++) {
      for (var waiting : store.waiting(destination(i).nodeId(), 10)) {
        assertThat(store.read(waiting)).isPresent();
        found++;
      }
    }
    return found;
  }

  private static List<Pile> accounts(H2MailboxStore store) {
    var accounts = new ArrayList<CompletableFuture<Account>>();
    for (int i = 0; i <= NODES; i++) {
      var account = new CompletableFuture<Account>();
      store.account((i < NODES ? sender(i) : key(9_999)).nodeId(), account);
      accounts.add(account);
    }
    return accounts.stream().flatMap(it -> it.join().piles().stream()).toList();
  }

  /** As it lapses; nothing is left that counted it. */
  private void everythingGoes(H2MailboxStore store) {
    long lapsed = 0;
    for (long last = 1; last > 0; lapsed += last) {
      var some = new CompletableFuture<List<Pile>>();
      store.lapse(EXPIRES, 256, some);
      last = some.join().stream().mapToLong(Pile::lapsed).sum();
    }
    assertThat(lapsed).isPositive();
    assertThat(store.totals().envelopes()).isZero();
    assertThat(store.totals().bytes()).isZero();
    assertThat(store.totals().bodies()).isZero();
    assertThat(store.mailboxes(null, 10)).isEmpty();
    assertThat(directory.resolve("mailboxes.damaged")).doesNotExist();
    assertThat(directory.resolve("mailboxes-salvaged.mv.db")).doesNotExist();
    assertThat(stops).allMatch(it -> it.contains("the next start copies"));
  }
}
