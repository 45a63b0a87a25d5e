package com.softadastra.edge.mailbox;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Mailboxes in memory, which take a while to be forced. What was not forced when the {@link Disk}
 * was taken away has not happened. It completes futures in steps of the schedule.
 */
public class InMemoryMailboxStore implements MailboxStore {
  private final Disk disk;
  private final Quotas quotas;
  private final LongSupplier freeBytes;
  private final Schedule schedule;
  private final Duration force;

  // guarded by the disk
  private final ArrayDeque<Unit<?>> waiting = new ArrayDeque<>();
  private boolean forcing;
  private boolean closed;

  /** What outlives a store: the next one that is made of it finds what was forced. */
  public static final class Disk {
    private final NodeKey key;
    private final TreeMap<Long, Row> rows = new TreeMap<>();
    private final Map<UUID, Row> ids = new HashMap<>();
    private final TreeMap<NodeId, TreeMap<Turn, Row>> destinations = new TreeMap<>();
    private final LinkedHashMap<Place, Count> piles = new LinkedHashMap<>();
    private final Map<UUID, Instant> gone = new HashMap<>();
    private final Map<Hash, SharedBody> bodies = new HashMap<>();
    private final LinkedHashMap<Hash, Named> named = new LinkedHashMap<>();
    private final LinkedHashMap<Coming, Coming> comings = new LinkedHashMap<>();
    private long lastNumber;

    /**
     * @param seed of the mailboxes' key, 32 random bytes
     */
    public Disk(byte[] seed) {
      key = new NodeKey(seed);
    }
  }

  private record Row(long number, Priority priority, Arrived envelope) {
    Turn turn() {
      return new Turn(priority, number);
    }

    Place place() {
      return new Place(
          envelope.sender(), envelope.pseudonym(), envelope.destination(), envelope.by());
    }

    int bytes() {
      return envelope.size();
    }
  }

  /**
   * A body.
   *
   * @param envelopes that have it
   */
  private record SharedBody(byte[] content, int envelopes) {}

  private record Turn(Priority priority, long number) implements Comparable<Turn> {
    private static final Comparator<Turn> ORDER =
        Comparator.comparing(Turn::priority).reversed().thenComparingLong(Turn::number);

    @Override
    public int compareTo(Turn other) {
      return ORDER.compare(this, other);
    }
  }

  private record Place(NodeId sender, Hash pseudonym, NodeId destination, NodeId by) {
    boolean isOfSender() {
      return by.equals(sender);
    }
  }

  private record Count(long envelopes, long lapsed) {}

  private record Unit<T>(Function<Disk, T> work, CompletableFuture<T> forced) {
    Runnable doneOn(Disk disk) {
      T result = work.apply(disk);
      return () -> forced.complete(result);
    }
  }

  /**
   * @param force how long one takes
   */
  public InMemoryMailboxStore(Disk disk, Quotas quotas, Schedule schedule, Duration force) {
    this(disk, quotas, () -> Long.MAX_VALUE, schedule, force);
  }

  /**
   * The same.
   *
   * @param freeBytes how much room the disk has
   */
  public InMemoryMailboxStore(
      Disk disk, Quotas quotas, LongSupplier freeBytes, Schedule schedule, Duration force) {
    this.disk = disk;
    this.quotas = quotas;
    this.freeBytes = freeBytes;
    this.schedule = schedule;
    this.force = force;
  }

  @Override
  public NodeKey key() {
    return disk.key;
  }

  @Override
  public void put(List<Arrived> envelopes, CompletableFuture<List<Put>> forced) {
    submit(_ -> envelopes.stream().map(this::put).toList(), forced);
  }

  @Override
  public void look(Offered envelope, CompletableFuture<Optional<Put>> forced) {
    submit(_ -> look(envelope), forced);
  }

  @Override
  public void gone(UUID id, Set<Hash> pseudonyms, CompletableFuture<Optional<Pile>> forced) {
    submit(_ -> gone(id, pseudonyms), forced);
  }

  @Override
  public void taken(NodeId destination, UUID id, CompletableFuture<Optional<Pile>> forced) {
    submit(_ -> taken(destination, id), forced);
  }

  @Override
  public void account(NodeId node, CompletableFuture<Account> forced) {
    submit(_ -> account(node), forced);
  }

  @Override
  public void lapse(Instant now, int most, CompletableFuture<List<Pile>> forced) {
    submit(_ -> lapse(now, most), forced);
  }

  @Override
  public void told(Pile pile) {
    submit(_ -> told(place(pile), pile.lapsed()), new CompletableFuture<>());
  }

  private <T> void submit(Function<Disk, T> work, CompletableFuture<T> forced) {
    synchronized (disk) {
      if (!closed) {
        waiting.add(new Unit<>(work, forced));
        if (!forcing) {
          forcing = true;
          schedule.after(force, this::force);
        }
        return;
      }
    }
    forced.completeExceptionally(closed());
  }

  private static MailboxException closed() {
    return new MailboxException("the mailboxes are closed", null);
  }

  /** All that waits is on the disk, or nothing of it. */
  private void force() {
    var done = new ArrayList<Runnable>();
    synchronized (disk) {
      forcing = false;
      for (var unit = waiting.poll(); unit != null; unit = waiting.poll()) {
        done.add(unit.doneOn(disk));
      }
    }
    done.forEach(Runnable::run);
  }

  private Put put(Arrived envelope) {
    var here = disk.ids.get(envelope.id());
    if (here != null) {
      return here.envelope().hash().equals(envelope.hash())
          ? new Kept(here.envelope().at())
          : new Refused(Why.OTHER_BYTES);
    }
    if (!envelope.by().equals(envelope.sender()) && disk.gone.containsKey(envelope.id())) {
      return new Gone();
    }
    var body = envelope.body();
    if (body != null && content(envelope, body) == null) {
      return new Bodiless();
    }
    var row = new Row(disk.lastNumber + 1, envelope.priority(), envelope.bare());
    var refusal =
        quotas.refuse(
            row.bytes(), used(row.envelope().sender(), row.envelope().destination(), row.place()));
    if (refusal.isPresent()) {
      return new Refused(refusal.get());
    }
    disk.lastNumber++;
    if (body != null) {
      disk.bodies.merge(
          body.hash(),
          new SharedBody(Objects.requireNonNull(content(envelope, body)), 1),
          (before, _) -> new SharedBody(before.content(), before.envelopes() + 1));
    }
    // those before it in its pile are what it follows on
    disk.destinations.getOrDefault(envelope.destination(), new TreeMap<>()).values().stream()
        .filter(other ->
            other.place().equals(row.place()) && other.priority().compareTo(row.priority()) < 0)
        .toList()
        .forEach(other -> {
          remove(other);
          add(new Row(other.number(), row.priority(), other.envelope()));
        });
    add(row);
    count(row.place(), 1, 0);
    return new Kept(envelope.at());
  }

  /** The body that an envelope comes with, or that is here. */
  private byte @Nullable [] content(Arrived envelope, Envelope.Body body) {
    var here = disk.bodies.get(body.hash());
    return here == null || here.content().length != body.bytes()
        ? envelope.content()
        : here.content();
  }

  /** An envelope has its body no longer. */
  private void release(Row row) {
    var body = row.envelope().body();
    if (body != null) {
      disk.bodies.computeIfPresent(
          body.hash(),
          (_, shared) ->
              shared.envelopes() == 1
                  ? null
                  : new SharedBody(shared.content(), shared.envelopes() - 1));
    }
  }

  private void add(Row row) {
    disk.rows.put(row.number(), row);
    disk.ids.put(row.envelope().id(), row);
    disk.destinations
        .computeIfAbsent(row.envelope().destination(), _ -> new TreeMap<>())
        .put(row.turn(), row);
  }

  private Optional<Put> look(Offered envelope) {
    var here = disk.ids.get(envelope.id());
    if (here != null) {
      return Optional.of(
          here.envelope().hash().equals(envelope.hash())
              ? new Kept(here.envelope().at())
              : new Refused(Why.OTHER_BYTES));
    }
    if (disk.gone.containsKey(envelope.id())) {
      return Optional.of(new Gone());
    }
    return quotas
        .refuse(envelope.bytes(), used(envelope.sender(), envelope.destination(), null))
        .map(Refused::new);
  }

  /**
   * @param place of a pile that would be begun; null where it doesn't matter
   */
  private Quotas.Used used(NodeId sender, NodeId destination, @Nullable Place place) {
    long piles =
        disk.piles.keySet().stream().filter(other -> other.sender().equals(sender)).count();
    return new Quotas.Used(
        disk.rows.values().stream()
            .filter(other -> other.envelope().sender().equals(sender))
            .mapToLong(Row::bytes)
            .sum(),
        place == null || disk.piles.containsKey(place) ? piles : piles + 1,
        bytes(disk.destinations.getOrDefault(destination, new TreeMap<>())),
        disk.rows.values().stream().mapToLong(Row::bytes).sum(),
        freeBytes.getAsLong());
  }

  private static long bytes(Map<Turn, Row> rows) {
    return rows.values().stream().mapToLong(Row::bytes).sum();
  }

  private Optional<Pile> taken(NodeId destination, UUID id) {
    var row = disk.ids.get(id);
    if (row == null || !row.envelope().destination().equals(destination)) {
      return Optional.empty();
    }
    return Optional.of(gone(row));
  }

  private Optional<Pile> gone(UUID id, Set<Hash> pseudonyms) {
    return Optional.ofNullable(disk.ids.get(id))
        .filter(row -> pseudonyms.contains(row.envelope().pseudonym()))
        .map(this::gone);
  }

  private Pile gone(Row row) {
    remove(row);
    release(row);
    var named = disk.named.get(row.envelope().pseudonym());
    if (!row.place().isOfSender() || (named != null && !named.siblings().isEmpty())) {
      disk.gone.put(row.envelope().id(), row.envelope().expires());
    }
    return count(row.place(), -1, 0);
  }

  private List<Pile> lapse(Instant now, int most) {
    disk.gone.values().removeIf(until -> !until.isAfter(now));
    disk.comings.values().removeIf(coming -> !coming.until().isAfter(now));
    var expired =
        disk.rows.values().stream()
            .filter(row -> !row.envelope().expires().isAfter(now))
            .sorted(Comparator.comparing(row -> row.envelope().expires()))
            .limit(most)
            .toList();
    var lapsed = new LinkedHashMap<Place, Pile>();
    for (var row : expired) {
      remove(row);
      release(row);
      var left = count(row.place(), -1, row.place().isOfSender() ? 1 : 0);
      var before = lapsed.get(row.place());
      lapsed.put(
          row.place(),
          pile(row.place(), new Count(left.envelopes(), before == null ? 1 : before.lapsed() + 1)));
    }
    return List.copyOf(lapsed.values());
  }

  private void remove(Row row) {
    disk.rows.remove(row.number());
    disk.ids.remove(row.envelope().id());
    disk.destinations.computeIfPresent(
        row.envelope().destination(),
        (_, rows) -> {
          rows.remove(row.turn());
          return rows.isEmpty() ? null : rows;
        });
  }

  private Pile told(Place place, long lapsed) {
    var count = disk.piles.get(place);
    return count == null
        ? pile(place, new Count(0, 0))
        : count(place, 0, -Math.min(lapsed, count.lapsed()));
  }

  private Pile count(Place place, long envelopes, long lapsed) {
    var before = disk.piles.getOrDefault(place, new Count(0, 0));
    var count = new Count(before.envelopes() + envelopes, before.lapsed() + lapsed);
    if (count.envelopes() == 0 && count.lapsed() == 0) {
      disk.piles.remove(place);
    } else {
      disk.piles.put(place, count);
    }
    return pile(place, count);
  }

  private Account account(NodeId node) {
    var piles =
        disk.piles.entrySet().stream()
            .filter(pile -> pile.getKey().sender().equals(node) && pile.getKey().isOfSender())
            .map(pile -> pile(pile.getKey(), pile.getValue()))
            .toList();
    return new Account(piles, disk.destinations.containsKey(node));
  }

  private static Pile pile(Place place, Count count) {
    return new Pile(
        place.sender(),
        place.pseudonym(),
        place.destination(),
        place.by(),
        count.envelopes(),
        count.lapsed());
  }

  private static Place place(Pile pile) {
    return new Place(pile.sender(), pile.pseudonym(), pile.destination(), pile.by());
  }

  @Override
  public List<Waiting> waiting(NodeId destination, int most) {
    synchronized (disk) {
      return disk.destinations.getOrDefault(destination, new TreeMap<>()).values().stream()
          .limit(most)
          .map(row -> new Waiting(row.number(), row.envelope().id(), row.bytes()))
          .toList();
    }
  }

  @Override
  public Optional<byte[]> read(Waiting envelope) {
    synchronized (disk) {
      return Optional.ofNullable(disk.rows.get(envelope.number())).map(this::whole);
    }
  }

  private byte[] whole(Row row) {
    var body = row.envelope().body();
    byte[] bytes = row.envelope().bytes();
    if (body == null) {
      return bytes;
    }
    var shared = disk.bodies.get(body.hash());
    if (shared == null) {
      throw new MailboxException("an envelope's body is not here", null);
    }
    return Envelope.decode(bytes).with(shared.content()).encode();
  }

  @Override
  public Optional<byte[]> readBare(Waiting envelope) {
    synchronized (disk) {
      return Optional.ofNullable(disk.rows.get(envelope.number()))
          .map(row -> row.envelope().bytes());
    }
  }

  @Override
  public List<Held> held(Hash pseudonym, NodeId destination, long after, int most) {
    synchronized (disk) {
      return disk.rows.tailMap(after, false).values().stream()
          .filter(row ->
              row.envelope().pseudonym().equals(pseudonym)
                  && row.envelope().destination().equals(destination))
          .limit(most)
          .map(InMemoryMailboxStore::held)
          .toList();
    }
  }

  @Override
  public List<Held> brought(NodeId relay, long after, int most) {
    synchronized (disk) {
      return disk.rows.tailMap(after, false).values().stream()
          .filter(row -> row.envelope().by().equals(relay))
          .limit(most)
          .map(InMemoryMailboxStore::held)
          .toList();
    }
  }

  private static Held held(Row row) {
    var envelope = row.envelope();
    return new Held(
        new Waiting(row.number(), envelope.id(), row.bytes()),
        envelope.hash(),
        envelope.sender(),
        envelope.pseudonym(),
        envelope.destination(),
        envelope.by(),
        envelope.expires(),
        envelope.body() == null ? null : envelope.body().hash());
  }

  @Override
  public void name(Named named) {
    submit(
        _ -> {
          disk.named.put(named.pseudonym(), named);
          return named;
        },
        new CompletableFuture<>());
  }

  @Override
  public List<Named> named() {
    synchronized (disk) {
      return List.copyOf(disk.named.values());
    }
  }

  @Override
  public void comes(List<Coming> comings) {
    submit(
        _ -> {
          comings.forEach(coming ->
              disk.comings.put(
                  new Coming(coming.by(), coming.pseudonym(), coming.node(), 0, Instant.EPOCH),
                  coming));
          return comings;
        },
        new CompletableFuture<>());
  }

  @Override
  public void forget(NodeId relay) {
    submit(
        _ ->
            disk.comings
                .values()
                .removeIf(coming -> coming.by().equals(relay) && !coming.node().equals(relay)),
        new CompletableFuture<>());
  }

  @Override
  public List<Coming> comings() {
    synchronized (disk) {
      return List.copyOf(disk.comings.values());
    }
  }

  @Override
  public List<Mailbox> mailboxes(@Nullable NodeId after, int most) {
    synchronized (disk) {
      var from = after == null ? disk.destinations : disk.destinations.tailMap(after, false);
      return from.entrySet().stream()
          .limit(most)
          .map(each -> mailbox(each.getKey(), each.getValue()))
          .toList();
    }
  }

  private static Mailbox mailbox(NodeId node, Map<Turn, Row> rows) {
    var byNumber = rows.values().stream().sorted(Comparator.comparingLong(Row::number)).toList();
    var last =
        byNumber.reversed().stream()
            .limit(RECEIPTS)
            .map(Row::envelope)
            .map(e -> new InCustody(e.id(), e.sender(), e.hash(), e.at(), e.expires()))
            .toList();
    return new Mailbox(node, rows.size(), bytes(rows), byNumber.getFirst().envelope().at(), last);
  }

  @Override
  public Totals totals() {
    synchronized (disk) {
      return new Totals(
          disk.rows.size(),
          disk.rows.values().stream().mapToLong(Row::bytes).sum(),
          disk.bodies.size());
    }
  }

  @Override
  public void close() {
    var left = new ArrayList<Unit<?>>();
    synchronized (disk) {
      closed = true;
      left.addAll(waiting);
      waiting.clear();
    }
    left.forEach(unit -> unit.forced().completeExceptionally(closed()));
  }
}
