package com.softadastra.sync;

import static com.softadastra.sync.EntitiesIT.assertUnreadable;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.DocumentHistory;
import com.softadastra.contracts.documents.DocumentPage;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.sync.documents.CollectionDirectory;
import com.softadastra.sync.documents.DocumentService;
import com.softadastra.sync.documents.Receipts;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.DamagedRow;
import com.softadastra.sync.storage.Storage;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** What is read of a space through its documents. */
class ReadingIT {
  private ModelDisk disk;
  private ConfigurableApplicationContext context;
  private Storage storage;
  private DocumentService documents;

  @BeforeEach
  void start() {
    disk = ModelDisk.register("entities");
    context =
        new SpringApplicationBuilder(EntitiesIT.Node.class)
            .web(WebApplicationType.NONE)
            .properties("spring.jpa.hibernate.ddl-auto=none", "spring.main.banner-mode=off")
            .run();
    storage = context.getBean(Storage.class);
    documents =
        new DocumentService(
            storage,
            context.getBean(SpaceNames.class),
            new Receipts(
                storage.recording(),
                EntitiesIT.SELF.nodeId(),
                _ -> new Receipts.LinkState(false, 0, null),
                (_, _, _) -> Optional.empty()),
            context.getBean(CollectionDirectory.class));
    documents.openSpace("shop").orThrow();
  }

  @AfterEach
  void end() {
    context.close();
    disk.close();
  }

  private void put(String id, String body) {
    var put =
        new OperationRequest(
            OperationKind.PUT, "things", id, new JsonText(body), null, Condition.ANY);
    documents.record(new IntentRequest("shop", id, null, Priority.NORMAL, List.of(put))).orThrow();
  }

  private void change(String sql) throws SQLException {
    try (var connection = storage.database().dataSource().getConnection();
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  private DocumentPage page(String after, int limit) {
    return documents.list("shop", "things", after, limit).orThrow();
  }

  private ChangePage changes(long since, int limit) {
    return documents.changes("shop", since, limit).orThrow();
  }

  @Test
  void aPageEndsWhereItsDocumentsAreManyOrLarge() {
    var large = "{\"filling\":\"" + "x".repeat(900_000) + "\"}";
    for (int i = 0; i < 12; i++) {
      put("d" + (char) ('a' + i), large);
    }
    assertThat(page("", 2).documents())
        .extracting(DocumentPage.Row::id)
        .containsExactly("da", "db");

    var ids = new ArrayList<String>();
    var sizes = new ArrayList<Integer>();
    for (var next = ""; next != null; ) {
      var page = page(next, 1000);
      page.documents().forEach(row -> ids.add(row.id()));
      sizes.add(page.documents().size());
      next = page.next();
    }
    assertThat(sizes).containsExactly(5, 5, 2);
    assertThat(ids).hasSize(12).isSorted().doesNotHaveDuplicates();
    assertThat(page("dj", 2).next()).isNull();
  }

  @Test
  void changesArePagedByWhatWasRecorded() {
    for (var id : List.of("a", "b", "c", "d")) {
      put(id, "{}");
    }
    var first = changes(0, 3);
    assertThat(first.changes()).extracting(Change::intent).containsExactly("a", "b", "c");
    assertThat(first.next()).isEqualTo(3);
    var rest = changes(first.next(), 3);
    assertThat(rest.changes()).extracting(Change::intent).containsExactly("d");
    assertThat(rest.next()).isEqualTo(4);
    assertThat(changes(4, 3)).isEqualTo(new ChangePage(List.of(), 4));
    assertThat(changes(9, 3).next()).isEqualTo(9);
  }

  private DocumentHistory history(long after, int limit) {
    return documents.history("shop", "things", "a", after, limit).orThrow();
  }

  @Test
  void aHistoryIsPagedFromTheNewestOn() {
    for (int n = 1; n <= 5; n++) {
      write("a", "{\"n\":" + n + "}", "w" + n, Condition.ANY);
    }
    var intents = new ArrayList<String>();
    var sizes = new ArrayList<Integer>();
    for (var after = Long.valueOf(0); after != null; ) {
      var page = history(after, 2);
      page.versions().forEach(version -> intents.add(version.intent()));
      sizes.add(page.versions().size());
      after = page.next();
    }
    assertThat(intents).containsExactly("w5", "w4", "w3", "w2", "w1");
    assertThat(sizes).containsExactly(2, 2, 1);
    assertThat(history(0, 5).next()).isNull();
    assertThat(history(0, 5).versions().getFirst().current()).isTrue();
    assertThat(history(1, 5)).isEqualTo(new DocumentHistory(List.of(), null));
  }

  private void write(String id, String body, String intent, Condition condition) {
    var put =
        new OperationRequest(OperationKind.PUT, "things", id, new JsonText(body), null, condition);
    documents
        .record(new IntentRequest("shop", intent, null, Priority.NORMAL, List.of(put)))
        .orThrow();
  }

  /** Of two writes on one version under {@code keep} there is a conflict. */
  private void dispute(String id, String filling) {
    write(id, "{}", id + "-1", Condition.ANY);
    var base = documents.document("shop", "things", id).orThrow().version();
    var on = new Condition(Condition.Kind.BASE, List.of(base));
    write(id, "{\"by\":\"one" + filling + "\"}", id + "-2", on);
    write(id, "{\"by\":\"other" + filling + "\"}", id + "-3", on);
  }

  private List<String> disputed(ConflictState state, int limit, List<Integer> sizes) {
    var ids = new ArrayList<String>();
    for (var after = Long.valueOf(0); after != null; ) {
      var page = documents.conflicts("shop", state, after, limit).orThrow();
      page.conflicts().forEach(conflict -> ids.add(conflict.document()));
      sizes.add(page.conflicts().size());
      after = page.next();
    }
    return ids;
  }

  @Test
  void conflictsArePagedInTheOrderOfTheirChanges() {
    for (var id : List.of("a", "b", "c", "d", "e")) {
      dispute(id, "");
    }
    var sizes = new ArrayList<Integer>();
    assertThat(disputed(ConflictState.OPEN, 2, sizes)).containsExactly("a", "b", "c", "d", "e");
    assertThat(sizes).containsExactly(2, 2, 1);
    assertThat(documents.conflicts("shop", ConflictState.OPEN, 0, 5).orThrow().next()).isNull();

    var second = documents.conflicts("shop", ConflictState.OPEN, 0, 2).orThrow().conflicts().get(1);
    documents
        .resolve("shop", second.id(), new Resolution(null, second.winner(), false, null))
        .orThrow();
    assertThat(disputed(ConflictState.OPEN, 2, sizes)).containsExactly("a", "c", "d", "e");
    assertThat(disputed(ConflictState.RESOLVED, 2, sizes)).containsExactly("b");
    assertThat(disputed(ConflictState.UNDONE, 2, sizes)).isEmpty();
  }

  @Test
  void aResolutionIsMadeAgainWhereAnotherWriteCameBeforeIt() throws Exception {
    dispute("a", "");
    var open = documents.conflicts("shop", ConflictState.OPEN, 0, 1).orThrow().conflicts();
    var recording = storage.recording();
    var held = new CountDownLatch(1);
    var holding = recording.administer(() -> held.await(1, TimeUnit.MINUTES));
    until(() -> recording.waiting() == 0);
    var put =
        new OperationRequest(
            OperationKind.PUT, "things", "a", new JsonText("{}"), null, Condition.ANY);
    var before =
        recording.submit(
            context.getBean(SpaceNames.class).id("shop"),
            new IntentRequest("shop", "between", null, Priority.NORMAL, List.of(put)));
    var resolved =
        CompletableFuture.supplyAsync(() ->
            documents.resolve(
                "shop",
                open.getFirst().id(),
                new Resolution(new JsonText("{\"by\":\"ada\"}"), null, false, "ada")));
    until(() -> recording.waiting() == 2);
    held.countDown();

    assertThat(holding.get()).isTrue();
    var between = before.get().entry();
    resolved.get().orThrow();
    var newest = history(0, 1).versions().getFirst();
    assertThat(newest.actor()).isEqualTo("ada");
    assertThat(newest.parents())
        .contains(
            DocumentUpdate.version(between, between.entry().operations().getFirst()).toString());
    assertThat(documents.document("shop", "things", "a").orThrow().conflicts()).isZero();
  }

  private static void until(BooleanSupplier holds) {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  @Test
  void aPageOfConflictsEndsWhereTheyAreLarge() {
    for (var id : List.of("a", "b", "c", "d")) {
      dispute(id, "x".repeat(900_000));
    }
    var sizes = new ArrayList<Integer>();
    assertThat(disputed(ConflictState.OPEN, 1000, sizes)).containsExactly("a", "b", "c", "d");
    assertThat(sizes).containsExactly(3, 1);
  }

  /** Of a thousand entries of a megabyte each, there isn't room for all. */
  @Test
  void aLargeEntryIsReadWhenItsTurnComes() {
    for (var id : List.of("a", "b", "c")) {
      put(id, "{\"filling\":\"" + "x".repeat(130_000) + "\"}");
    }
    var space = context.getBean(SpaceNames.class).id("shop");
    var taken = new ArrayList<Long>();
    assertThatThrownBy(() ->
            storage
                .readers()
                .read(reader -> {
                  reader.forEachAfter(
                      space,
                      0,
                      3,
                      logged -> {
                        taken.add(logged.position());
                        if (taken.size() == 1) {
                          damage(3);
                        }
                        return true;
                      });
                  return true;
                }))
        .isInstanceOf(DamagedRow.class);
    assertThat(taken).containsExactly(1L, 2L);
  }

  private void damage(long position) {
    try {
      change("update wal set crc = crc + 1 where position = " + position);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whoAsksForSharesOrNumbersOfWhatIsDamagedIsToldSo() throws SQLException {
    put("a", "{}");
    documents.declareSequence("shop", "bills", new SequenceDefinition("B-", 4)).orThrow();
    documents.declareSequence("shop", "orders", new SequenceDefinition("O-", 4)).orThrow();
    change("update document set crc = crc + 1 where id = 'a'");
    assertUnreadable(() -> documents.shares("shop", "things", "a").orThrow());
    change("update document set crc = crc + 1 where id = 'bills'");
    assertUnreadable(() -> documents.sequence("shop", "bills").orThrow());
    change("update document set crc = crc + 1 where id = 'orders'");
    assertUnreadable(() ->
        documents
            .allotNumbers("shop", "orders", new SequenceView.Allotment(null, 3, null, null))
            .orThrow());
    damage(1);
    assertUnreadable(() ->
        documents
            .record(new IntentRequest("shop", null, null, Priority.NORMAL, List.of(), "1"))
            .orThrow());
  }
}
