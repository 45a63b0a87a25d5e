package com.softadastra.edge.mailbox.h2;

import static com.softadastra.edge.mailbox.Envelopes.ANN;
import static com.softadastra.edge.mailbox.Envelopes.BOB;
import static com.softadastra.edge.mailbox.Envelopes.CAT;
import static com.softadastra.edge.mailbox.Envelopes.PSEUDONYM;
import static com.softadastra.edge.mailbox.Envelopes.arrived;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.contracts.time.ThreadSchedule;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.Envelopes;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxService;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Why;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.guard.EmbeddedDatabase;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** The mailboxes in files. */
class H2MailboxStoreIT {
  private static final Quotas QUOTAS = new Quotas(1L << 32, 1L << 32, 1L << 33, 1 << 20);
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file, cause);
      };

  private static final Envelope.Outside OUTSIDE =
      Envelopes.envelope(ANN, BOB, 0, Priority.NORMAL, 0, 0).outside();

  @TempDir private Path directory;
  private final AtomicLong free = new AtomicLong(1L << 40);

  private H2MailboxStore open() {
    return open("mailboxes");
  }

  private H2MailboxStore open(String name) {
    return open(name, free::get);
  }

  private H2MailboxStore open(String name, LongSupplier freeBytes) {
    var guard =
        GuardFileSystem.register(
            EdgeDatabase.GUARD, GuardSettings.production().withFailStop(THROWING));
    return H2MailboxStore.open(
        directory.resolve(name).toString(), guard, QUOTAS, freeBytes, THROWING);
  }

  private static CompletableFuture<Put> put(H2MailboxStore store, long number) {
    var forced = new CompletableFuture<Put>();
    store.put(arrived(ANN, BOB, number), forced);
    return forced;
  }

  private static Put put(H2MailboxStore store, Arrived envelope) {
    var forced = new CompletableFuture<Put>();
    store.put(envelope, forced);
    return forced.join();
  }

  @Test
  void isThereAgainAfterItWasClosedAndAfterItWasLeft() {
    try (var store = open()) {
      put(store, 1).join();
    }
    var left = open();
    put(left, 2).join();
    left.abandon();

    try (var store = open()) {
      assertThat(store.waiting(BOB.nodeId(), 10)).hasSize(2);
      assertThat(store.key().publicKey()).isEqualTo(left.key().publicKey());
    }
  }

  @Test
  void takesNothingWhileTheDiskIsNearlyFull() {
    try (var store = open()) {
      free.set(1 << 20);
      assertThat(put(store, 1).join()).isEqualTo(new Refused(Why.DISK));
      free.set(2 << 20);
      assertThat(put(store, 1).join()).isNotInstanceOf(Refused.class);
    }
  }

  /** What waits for the disk is bounded by what it takes in memory. */
  @Test
  void aBodyOfSeveralThatCameTogetherWaitsOnce() {
    byte[] body = Envelopes.body(1, 2 << 20);
    var several =
        LongStream.range(0, MailFrame.SHARING)
            .mapToObj(number -> Envelopes.sharing(ANN, BOB, number, body))
            .map(it -> Envelopes.arrived(it, Envelopes.START, Instant.now().plusSeconds(1_000)))
            .toList();
    var disk = new CompletableFuture<Long>();
    try (var store = open("mailboxes", disk::join)) {
      var before = put(store, 100);
      var together = new CompletableFuture<List<Put>>();
      var handedOver =
          CompletableFuture.supplyAsync(
              () -> {
                store.put(several, together);
                return put(store, 101);
              },
              Thread::startVirtualThread);
      try {
        assertThat(handedOver).as("while the disk is busy").succeedsWithin(Duration.ofSeconds(20));
      } finally {
        disk.complete(1L << 40);
      }
      assertThat(before.join()).isInstanceOf(Kept.class);
      assertThat(together.join()).hasSize(MailFrame.SHARING).hasOnlyElementsOfType(Kept.class);
      assertThat(handedOver.join().join()).isInstanceOf(Kept.class);
      assertThat(store.totals().bodies()).isEqualTo(1);
    }
  }

  @Test
  void refusesFilesThatAreNone() throws Exception {
    Files.write(directory.resolve("mailboxes.mv.db"), new byte[10_000]);
    assertThatThrownBy(this::open)
        .isInstanceOf(MailboxException.class)
        .hasMessageStartingWith("refused to open");
  }

  @Test
  void failsWhoComesWhenItIsClosed() {
    var store = open();
    store.close();
    assertThat(put(store, 1)).isCompletedExceptionally();
  }

  /**
   * A block is damaged in which one of many envelopes lies. Where it happens to have what leads to
   * all others, too, another envelope is tried.
   */
  @Test
  void whatCantBeReadKeepsNoOtherBack() throws Exception {
    var failed = new AssertionError("each of them kept others back");
    for (int lost = 300; lost <= 700; lost += 50) {
      try {
        keepsNoOtherBack(1_000, lost, "lost-" + lost);
        return;
      } catch (AssertionError | MailboxException e) {
        failed.addSuppressed(e);
      }
    }
    throw failed;
  }

  private void keepsNoOtherBack(int envelopes, int number, String name) throws Exception {
    // no other has as many bytes, and so no other its hash
    var lost =
        Envelopes.arrived(
            ANN, BOB, number, Priority.NORMAL, Envelopes.START.plusSeconds(1_000_000), 101);
    try (var store = open(name)) {
      var forced = new ArrayList<CompletableFuture<Put>>();
      for (int i = 1; i <= envelopes; i++) {
        var put = new CompletableFuture<Put>();
        store.put(i == number ? lost : arrived(ANN, BOB, i), put);
        forced.add(put);
      }
      forced.forEach(CompletableFuture::join);
    }
    damage(name, lost.hash().bytes());
    try (var store = open(name)) {
      // before the first change a block that is damaged ends the start
      assertThat(put(store, envelopes + 1).join()).isInstanceOf(Kept.class);
      var held = new ArrayList<Held>();
      for (var page = held(store, 0);
          !page.isEmpty();
          page = held(store, page.getLast().envelope().number())) {
        held.addAll(page);
      }
      assertThat(held)
          .hasSizeBetween(envelopes / 2, envelopes)
          .extracting(each -> each.envelope().id())
          .contains(arrived(ANN, BOB, 1).id(), arrived(ANN, BOB, envelopes + 1).id())
          .doesNotContain(lost.id());

      var looked = new CompletableFuture<Optional<Put>>();
      var gone = new CompletableFuture<Optional<Pile>>();
      var offer = new Offered(lost.id(), lost.hash(), ANN.nodeId(), BOB.nodeId(), 100);
      store.look(offer, looked);
      store.gone(lost.id(), Set.of(PSEUDONYM), gone);
      assertThat(put(store, envelopes + 2).join()).as("beside them").isInstanceOf(Kept.class);
      assertThat(looked.join()).hasValue(new Refused(Why.UNREADABLE));
      assertThat(gone.join()).isEmpty();
    }
  }

  private static byte[] random(int seed) {
    byte[] bytes = new byte[100_000];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }

  /** With a body and without in turn; each has pages of its own. */
  private static List<Arrived> largeOnes(int first, int last, Instant expires) {
    var large = new ArrayList<Arrived>();
    for (int i = first; i <= last; i++) {
      var small = arrived(ANN, BOB, i);
      byte[] bytes = random(i);
      large.add(
          new Arrived(
              small.id(),
              small.sender(),
              small.pseudonym(),
              small.destination(),
              small.by(),
              small.priority(),
              small.at(),
              expires,
              Hash.sha256(bytes),
              bytes,
              null,
              null));
      var sharing = Envelopes.sharing(ANN, BOB, 10 + i, random(10 + i));
      large.add(Envelopes.arrived(sharing, Envelopes.START, expires));
    }
    return large;
  }

  /** Of one the bytes are damaged, of another its body. */
  private H2MailboxStore withBytesThatCantBeRead(List<Arrived> envelopes) throws Exception {
    try (var store = open()) {
      for (var envelope : envelopes) {
        assertThat(put(store, envelope)).isInstanceOf(Kept.class);
      }
      // H2 reads a page that is the last of its kind
      for (var stays : largeOnes(8, 9, Instant.now().plusSeconds(100_000))) {
        assertThat(put(store, stays)).isInstanceOf(Kept.class);
      }
    }
    damage("mailboxes", Arrays.copyOfRange(random(3), 50_000, 50_032));
    damage("mailboxes", Arrays.copyOfRange(random(13), 50_000, 50_032));
    var store = open();
    // before the first change a block that is damaged ends the start
    assertThat(put(store, 100).join()).isInstanceOf(Kept.class);
    for (var waiting : store.waiting(BOB.nodeId(), 100)) {
      if (waiting.id().equals(envelopes.get(4).id())
          || waiting.id().equals(envelopes.get(5).id())) {
        assertThatThrownBy(() -> store.read(waiting)).isInstanceOf(MailboxException.class);
      } else {
        assertThat(store.read(waiting)).isPresent();
      }
    }
    return store;
  }

  @Test
  void whatIsExpiredGoesThoughItsBytesCantBeRead() throws Exception {
    var expires = Envelopes.START.plusSeconds(500);
    var envelopes = largeOnes(1, 6, expires);
    try (var store = withBytesThatCantBeRead(envelopes)) {
      var lapsed = new CompletableFuture<List<Pile>>();
      store.lapse(expires, 256, lapsed);
      assertThat(lapsed)
          .succeedsWithin(Duration.ofSeconds(20))
          .asInstanceOf(InstanceOfAssertFactories.list(Pile.class))
          .singleElement()
          .satisfies(pile -> assertThat(pile.lapsed()).isEqualTo(envelopes.size()));
      othersStay(store);
      // what stays in the file is not taken for what comes
      assertThat(put(store, envelopes.get(5))).isEqualTo(new Refused(Why.UNREADABLE));
    }
    // copied, without what is damaged
    try (var store = open()) {
      assertThat(put(store, 101).join()).isInstanceOf(Kept.class);
      assertThat(store.waiting(BOB.nodeId(), 100)).hasSize(6);
      assertThat(put(store, envelopes.get(5))).isInstanceOf(Kept.class);
      assertThat(put(store, envelopes.get(7))).isInstanceOf(Kept.class);
    }
  }

  @Test
  void whatIsTakenGoesThoughItsBytesCantBeRead() throws Exception {
    var envelopes = largeOnes(1, 6, Instant.now().plusSeconds(100_000));
    try (var store = withBytesThatCantBeRead(envelopes)) {
      var shared = envelopes.get(5);
      var passed =
          new Arrived(
              arrived(ANN, BOB, 77).id(),
              shared.sender(),
              shared.pseudonym(),
              shared.destination(),
              CAT.nodeId(),
              shared.priority(),
              shared.at(),
              shared.expires(),
              shared.hash(),
              shared.bytes(),
              shared.body(),
              shared.content());
      assertThat(put(store, passed))
          .as("who has it keeps it")
          .isEqualTo(new Refused(Why.UNREADABLE));
      for (var envelope : envelopes) {
        var taken = new CompletableFuture<Optional<Pile>>();
        store.taken(BOB.nodeId(), envelope.id(), taken);
        assertThat(taken)
            .succeedsWithin(Duration.ofSeconds(20))
            .asInstanceOf(InstanceOfAssertFactories.optional(Pile.class))
            .isPresent();
      }
      othersStay(store);
    }
  }

  private static void othersStay(H2MailboxStore store) {
    assertThat(store.totals().envelopes()).isEqualTo(5);
    assertThat(store.totals().bodies()).isEqualTo(2);
    assertThat(store.waiting(BOB.nodeId(), 100))
        .hasSize(5)
        .allSatisfy(waiting -> assertThat(store.read(waiting)).isPresent());
  }

  private static List<Held> held(H2MailboxStore store, long after) {
    return store.held(PSEUDONYM, BOB.nodeId(), after, 256);
  }

  /** Damages the database wherever these bytes are. */
  private void damage(String name, byte[] bytes) throws Exception {
    var file = directory.resolve(name + ".mv.db");
    byte[] all = Files.readAllBytes(file);
    byte[] damaged = all.clone();
    int found = 0;
    for (int at = 0; at + bytes.length <= all.length; at++) {
      if (Arrays.equals(all, at, at + bytes.length, bytes, 0, bytes.length)) {
        Arrays.fill(damaged, at, at + bytes.length, (byte) 0x5a);
        found++;
      }
    }
    assertThat(found).isPositive();
    Files.write(file, damaged);
  }

  @Test
  void looksUpEachThingByAnIndex() throws Exception {
    open().close();
    var schema = EdgeDatabase.SCHEMA;
    try (var database =
        EmbeddedDatabase.open(
            directory.resolve("mailboxes").toString(),
            GuardFileSystem.register(GuardSettings.production()),
            schema)) {
      assertThat(
              plan(
                  database,
                  "select number, id, bytes from envelope where destination = X'' order by destination, turn, number limit 5"))
          .contains("ENVELOPE_IN_TURN")
          .contains("index sorted");
      assertThat(
              plan(
                  database,
                  "select id from envelope where destination = X'' order by destination, number desc limit 10"))
          .contains("ENVELOPE_KEPT_LAST")
          .contains("index sorted");
      assertThat(
              plan(
                  database,
                  "select number from envelope where expires <= 5 order by expires limit 256"))
          .contains("ENVELOPE_EXPIRY")
          .contains("index sorted");
      assertThat(
              plan(
                  database,
                  "select e.number, p.sender from in_order o join envelope e on e.number = o.number"
                      + " join pile p on p.pile_no = e.pile_no"
                      + " where o.pseudonym = X'' and o.destination = X'' and o.number > 5"
                      + " order by o.pseudonym, o.destination, o.number limit 256"))
          .contains("IN_ORDER\" \"O\"\n    /* PUBLIC.PRIMARY_KEY")
          .contains("index sorted");
      assertThat(
              plan(
                  database,
                  "select e.number, p.sender from brought b join envelope e on e.number = b.number"
                      + " join pile p on p.pile_no = e.pile_no"
                      + " where b.relay = X'' and b.number > 5"
                      + " order by b.relay, b.number limit 256"))
          .contains("BROUGHT\" \"B\"\n    /* PUBLIC.PRIMARY_KEY")
          .contains("index sorted");
    }
  }

  /** An index's condition "greater" begins with what is equal, which can be all of a mailbox. */
  @Test
  void looksAtNoneOfAMailboxThatGoAsSoonAsWhatComes() throws Exception {
    try (var store = open()) {
      for (int i = 0; i < 40; i++) {
        put(store, i).join();
      }
    }
    try (var database =
            EmbeddedDatabase.open(
                directory.resolve("mailboxes").toString(),
                GuardFileSystem.register(GuardSettings.production()),
                EdgeDatabase.SCHEMA);
        var connection = database.connect();
        var raise = connection.prepareStatement("explain analyze " + Tables.RAISE)) {
      int normal = 1;
      raise.setInt(1, normal);
      raise.setBytes(2, BOB.nodeId().hash().bytes());
      raise.setInt(3, normal);
      raise.setLong(4, 1);
      try (var row = raise.executeQuery()) {
        row.next();
        assertThat(row.getString(1)).contains("scanCount: 1 ");
      }
    }
  }

  private static String plan(EmbeddedDatabase database, String sql) throws Exception {
    try (var connection = database.connect();
        var statement = connection.createStatement();
        var row = statement.executeQuery("explain " + sql)) {
      row.next();
      return row.getString(1);
    }
  }

  /**
   * {@code -Dmailbox.envelopes=} sets how many. Each number is printed; the bounds are far from
   * what was seen, and say only that nothing grows with the mailbox.
   */
  @Test
  void aLargeMailboxOpensAtOnceAndGoesOutInAWindow() throws Exception {
    int envelopes = Integer.getInteger("mailbox.envelopes", 6_000);
    long began = System.nanoTime();
    try (var store = open()) {
      var forced = new ArrayDeque<CompletableFuture<Put>>();
      for (int i = 0; i < envelopes; i++) {
        var put = new CompletableFuture<Put>();
        store.put(unsigned(i), put);
        forced.add(put);
        if (forced.size() == 1024) {
          forced.remove().join();
        }
      }
      forced.forEach(CompletableFuture::join);
    }
    long filled = System.nanoTime();
    try (var store = open();
        var schedule = new ThreadSchedule()) {
      long opened = System.nanoTime();
      assertThat(store.totals().envelopes()).isEqualTo(envelopes);
      var drained = drain(store, schedule, envelopes);
      System.out.printf(
          "H2MailboxStoreIT: %,d envelopes, filled in %.1f s, opened in %.2f s, drained in %.1f s,"
              + " at most %d untaken, %d MB of heap in use when half were out%n",
          envelopes,
          (filled - began) / 1e9,
          (opened - filled) / 1e9,
          (System.nanoTime() - opened) / 1e9,
          drained.mostUntaken(),
          drained.heapBytes() / 1_000_000);
      assertThat(Duration.ofNanos(opened - filled)).isLessThan(Duration.ofSeconds(10));
      assertThat(drained.mostUntaken()).isLessThanOrEqualTo(32);
      assertThat(drained.heapBytes()).isLessThan(256 << 20);
    }
  }

  /**
   * @param heapBytes in use when half of them were out, garbage collected
   */
  private record Drained(long mostUntaken, long heapBytes) {}

  private static Drained drain(H2MailboxStore store, ThreadSchedule schedule, int envelopes) {
    var relay =
        new MailboxService(
            store,
            new NoDuties(),
            (_, _, _) -> Flux.never(),
            new MailboxService.Rules(Duration.ofDays(30), 1 << 20),
            new Surroundings(schedule, Clock.systemUTC(), new Random(1)));
    var said = Sinks.many().unicast().<byte[]>onBackpressureBuffer();
    var untaken = new AtomicLong();
    var most = new AtomicLong();
    var out = new AtomicInteger();
    var heapBytes = new AtomicLong();
    said.tryEmitNext(new MailFrame.Arrival(List.of()).encode()).orThrow();
    // takes each a little later, so that as many as may are under way
    Flux<byte[]> heard = relay.accept(BOB.nodeId(), said.asFlux());
    heard
        .map(MailFrame::decode)
        .filter(MailFrame.Mail.class::isInstance)
        .take(envelopes)
        .doOnNext(_ -> {
          most.accumulateAndGet(untaken.incrementAndGet(), Math::max);
          if (out.incrementAndGet() == envelopes / 2) {
            heapBytes.set(heapInUse());
          }
        })
        .map(mail -> id(((MailFrame.Mail) mail).envelope()))
        .bufferTimeout(48, Duration.ofMillis(1))
        .doOnNext(ids ->
            ids.forEach(id -> {
              untaken.decrementAndGet();
              said.emitNext(new MailFrame.Taken(id).encode(), Sinks.EmitFailureHandler.FAIL_FAST);
            }))
        .blockLast(Duration.ofMinutes(30));
    relay.close();
    return new Drained(most.get(), heapBytes.get());
  }

  private static long heapInUse() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static byte[] id(byte[] envelope) {
    return Envelope.decode(envelope).outside().id();
  }

  /** One that can be read, and has no signature. */
  private static Arrived unsigned(long number) {
    var outside = OUTSIDE;
    byte[] id = Envelopes.id(number);
    var its =
        new Envelope.Outside(
            id,
            outside.to(),
            outside.from(),
            outside.pseudonym(),
            Priority.values()[(int) (number % 3)],
            outside.made(),
            0,
            outside.passage());
    byte[] bytes = new Envelope(its, new byte[300], new byte[64]).encode();
    return new Arrived(
        arrived(ANN, BOB, number).id(),
        ANN.nodeId(),
        outside.pseudonym(),
        BOB.nodeId(),
        ANN.nodeId(),
        its.priority(),
        Envelopes.START,
        Instant.now().plusSeconds(100_000),
        Hash.sha256(bytes),
        bytes,
        null,
        null);
  }

  private static final class NoDuties implements RelayDuties {
    @Override
    public NodeId node() {
      return Envelopes.key(9).nodeId();
    }

    @Override
    public List<RelayDuty> duties() {
      return List.of();
    }

    @Override
    public byte[] certifyMailboxes(byte[] mailboxes) {
      return new byte[64];
    }
  }
}
