package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.IntentIds;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import com.softadastra.engine.space.Write;
import com.softadastra.sync.storage.Batch.Chain;
import com.softadastra.sync.storage.Batch.IntentKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A journal in memory, for nodes that are simulated: as exact as one on a disk, and as forgetful. A
 * {@link Medium} holds what was committed and knows how much of it is forced; a journal opened on
 * it after a power failure has that, and maybe some of what followed. Of what was forced long ago
 * it holds what came of it, so that it doesn't grow with what was replaced.
 */
public final class InMemoryJournal implements Journal {
  private final Medium medium;
  private final Contents contents = new Contents();
  private boolean open = true;

  /** What outlives a journal. Owned by whoever owns the journals on it. */
  public static final class Medium {
    /** So many forced changes are put together to one. */
    private static final int TOGETHER = 512;

    private final List<Change> changes = new ArrayList<>();
    private int forced;
    private @Nullable Contents opened;
    private int failing;
    private @Nullable Map<Hash, LoggedEntry> known;
    private Runnable onCommit = () -> {};
    private Runnable onForce = () -> {};

    /**
     * What happens before a commit or force is carried out: it may throw a {@link
     * StorageException}, and nothing is done then.
     */
    public void faults(Runnable beforeCommit, Runnable beforeForce) {
      onCommit = beforeCommit;
      onForce = beforeForce;
    }

    /**
     * Holds of an entry that another medium has too, in one process, what is the same on both.
     *
     * @param entries of all media, which adds to it; owned as these are
     */
    public void share(Map<Hash, LoggedEntry> entries) {
      known = entries;
    }

    private LoggedEntry shared(LoggedEntry logged) {
      if (known == null) {
        return logged;
      }
      var first = known.putIfAbsent(logged.hash(), logged);
      return first == null ? logged : logged.sharing(first);
    }

    /** How many commits are not forced. */
    public int unforced() {
      return changes.size() - forced;
    }

    /**
     * The power fails.
     *
     * @param kept how many of the commits that were not forced are there all the same, the oldest
     *     first
     */
    public void powerFails(int kept) {
      opened = null;
      forced += Math.min(kept, unforced());
      changes.subList(forced, changes.size()).clear();
    }

    /** One with nothing on it, which shares what this one shares. */
    public Medium empty() {
      var empty = new Medium();
      empty.known = known;
      return empty;
    }

    /** What a copy of it has, as it lies there now: what is not forced is not in it. */
    public Medium copy() {
      var copy = new Medium();
      copy.changes.addAll(changes.subList(0, forced));
      copy.forced = forced;
      copy.known = known;
      return copy;
    }

    /**
     * Turns a bit of an entry's row into the other, where the entry is forced.
     *
     * @param bit counted from the beginning of the entry's bytes, modulo their number
     * @return whether there was such a row
     */
    public boolean turnEntry(long position, int bit) {
      var entry = contents().entries.get(position);
      if (entry == null || unforced() > 0) {
        return false;
      }
      byte[] turned = turned(contents().turned.getOrDefault(position, entry.bytes()), bit);
      happened(to -> to.turned.put(position, turned));
      return true;
    }

    /** The same with a document's row. */
    public boolean turnDocument(DocumentKey key, int bit) {
      var state = contents().documents.get(key);
      if (state == null || unforced() > 0) {
        return false;
      }
      byte[] turned =
          turned(contents().turnedDocuments.getOrDefault(key, StateCodec.encode(state)), bit);
      happened(to -> to.turnedDocuments.put(key, turned));
      return true;
    }

    /** The entries as they were written, in the order of the log. */
    public List<LoggedEntry> entries() {
      return List.copyOf(contents().entries.values());
    }

    /** The documents that it has, in any order that is always the same. */
    public List<DocumentKey> documents() {
      return contents().documents.keySet().stream()
          .sorted(
              Comparator.comparing((DocumentKey key) -> key.space().toString())
                  .thenComparing(DocumentKey::collection)
                  .thenComparing(DocumentKey::id))
          .toList();
    }

    /** Tells of each row that is not what was written. */
    public void scrub(Consumer<DamagedRow> damage) {
      contents().turned.keySet().forEach(position -> damage.accept(DamagedRow.ofLog(position)));
      contents().turnedDocuments.keySet().forEach(key -> damage.accept(DamagedRow.ofDocument(key)));
    }

    /** Lets so many reads of {@link Journal#log} fail that come next. */
    public void failReads(int many) {
      failing = many;
    }

    private void beforeRead() {
      if (failing > 0) {
        failing--;
        throw new StorageException("the disk doesn't give what is read", null);
      }
    }

    /** How many rows are not what was written. */
    public int damaged() {
      return contents().turned.size() + contents().turnedDocuments.size();
    }

    private static byte[] turned(byte[] bytes, int bit) {
      var turned = bytes.clone();
      int at = Math.floorMod(bit, turned.length * Byte.SIZE);
      turned[at / Byte.SIZE] ^= (byte) (1 << at % Byte.SIZE);
      return turned;
    }

    private void happened(Change change) {
      changes.add(change);
      forced = changes.size();
      if (opened != null) {
        change.applyTo(opened);
      }
    }

    /** What the journal on it holds, or one that would be opened. */
    private Contents contents() {
      if (opened != null) {
        return opened;
      }
      var contents = new Contents();
      changes.forEach(change -> change.applyTo(contents));
      return contents;
    }

    private void force(Contents all) {
      onForce.run();
      forced = changes.size();
      if (forced > TOGETHER) {
        changes.clear();
        changes.add(new Snapshot(all));
        forced = 1;
      }
    }
  }

  /** All that changes came to. */
  private static final class Snapshot implements Change {
    private final List<Map.Entry<DocumentKey, DocumentState>> documents;
    private final LoggedEntry[] entries;
    private final List<Map.Entry<IntentKey, List<Long>>> intents;
    private final List<Write.PutConflict> conflicts;
    private final List<Map.Entry<SpaceId, List<SignedRecord>>> records;
    private final List<Map.Entry<Chain, ChainHead>> chains;
    private final List<Map.Entry<Statement, Ledger.Known>> statements;
    private final List<Map.Entry<Long, Owed>> outbox;
    private final List<Map.Entry<Long, DeadLetter>> deadLetters;
    private final List<Map.Entry<Long, byte[]>> turned;
    private final List<Map.Entry<DocumentKey, byte[]>> turnedDocuments;
    private final List<Map.Entry<SpaceId, Urgency>> urgency;
    private final Set<SpaceId> clocksFollowed;
    private final long chainsPosition;
    private final @Nullable Node node;

    Snapshot(Contents of) {
      documents = entries(of.documents);
      entries = of.entries.values().toArray(LoggedEntry[]::new);
      intents = entries(of.intents);
      conflicts = List.copyOf(of.conflicts.values());
      records =
          of.records.entrySet().stream()
              .map(it -> Map.entry(it.getKey(), List.copyOf(it.getValue())))
              .toList();
      chains = entries(of.chains);
      statements = entries(of.statements);
      outbox = entries(of.outbox);
      deadLetters = entries(of.deadLetters);
      turned = entries(of.turned);
      turnedDocuments = entries(of.turnedDocuments);
      urgency = entries(of.urgency);
      clocksFollowed = Set.copyOf(of.clocksFollowed);
      chainsPosition = of.chainsPosition;
      node = of.node;
    }

    private static <K, V> List<Map.Entry<K, V>> entries(Map<K, V> map) {
      return map.entrySet().stream().map(it -> Map.entry(it.getKey(), it.getValue())).toList();
    }

    @Override
    public void applyTo(Contents to) {
      documents.forEach(it -> to.documents.put(it.getKey(), it.getValue()));
      for (var logged : entries) {
        append(logged, to);
      }
      intents.forEach(it -> to.intents.put(it.getKey(), it.getValue()));
      conflicts.forEach(conflict -> to.conflicts.put(conflict.id(), conflict));
      records.forEach(it -> to.records.put(it.getKey(), new ArrayList<>(it.getValue())));
      chains.forEach(it -> to.chains.put(it.getKey(), it.getValue()));
      statements.forEach(it -> to.statements.put(it.getKey(), it.getValue()));
      outbox.forEach(it -> to.outbox.put(it.getKey(), it.getValue()));
      deadLetters.forEach(it -> to.deadLetters.put(it.getKey(), it.getValue()));
      turned.forEach(it -> to.turned.put(it.getKey(), it.getValue()));
      turnedDocuments.forEach(it -> to.turnedDocuments.put(it.getKey(), it.getValue()));
      urgency.forEach(it -> to.urgency.put(it.getKey(), it.getValue()));
      to.clocksFollowed.addAll(clocksFollowed);
      to.chainsPosition = chainsPosition;
      to.node = node;
    }
  }

  /** A committed change of the contents. */
  private interface Change {
    void applyTo(Contents contents);
  }

  /**
   * An entry without effect.
   *
   * @param standing why it has none
   * @param noticedAt when that was first so
   */
  public record DeadLetter(SpaceId space, Dot dot, Standing standing, Instant noticedAt) {}

  private record Owed(SpaceId space, Dot dot) {}

  private static final class Contents {
    final Map<DocumentKey, DocumentState> documents = new HashMap<>();
    final TreeMap<Long, LoggedEntry> entries = new TreeMap<>();
    final Map<Chain, TreeMap<Long, Long>> positions = new HashMap<>();
    final Map<IntentKey, List<Long>> intents = new HashMap<>();
    final Map<Hash, Write.PutConflict> conflicts = new LinkedHashMap<>();
    final Map<SpaceId, List<SignedRecord>> records = new LinkedHashMap<>();
    final Map<Chain, ChainHead> chains = new LinkedHashMap<>();
    final Map<Statement, Ledger.Known> statements = new LinkedHashMap<>();
    final TreeMap<Long, Owed> outbox = new TreeMap<>();
    final TreeMap<Long, DeadLetter> deadLetters = new TreeMap<>();

    /** The bytes of rows that are not what was written. */
    final TreeMap<Long, byte[]> turned = new TreeMap<>();

    final Map<DocumentKey, byte[]> turnedDocuments = new LinkedHashMap<>();
    final Map<SpaceId, Urgency> urgency = new LinkedHashMap<>();
    final Set<SpaceId> clocksFollowed = new LinkedHashSet<>();
    long chainsPosition;
    @Nullable Node node;
  }

  private record Statement(SpaceId space, NodeId by) {}

  public InMemoryJournal(Medium medium) {
    this.medium = medium;
    medium.changes.forEach(change -> change.applyTo(contents));
    medium.opened = contents;
  }

  @Override
  public Optional<Found> found() {
    var node = contents.node;
    if (node == null) {
      return Optional.empty();
    }
    long last = contents.entries.isEmpty() ? 0 : contents.entries.lastKey();
    return Optional.of(
        new Found(node.incarnation(), node.opened(), Math.max(last, node.firstPosition())));
  }

  @Override
  public Recovered recover() {
    var records = new LinkedHashMap<SpaceId, List<SignedRecord>>();
    contents.records.forEach((space, known) -> records.put(space, List.copyOf(known)));
    var chains = new LinkedHashMap<SpaceId, Map<Replica, ChainHead>>();
    contents.chains.forEach((chain, head) ->
        chains.computeIfAbsent(chain.space(), _ -> new LinkedHashMap<>()).put(chain.name(), head));
    return new Recovered(
        contents.node,
        records,
        chains,
        Map.copyOf(contents.urgency),
        contents.chainsPosition,
        List.copyOf(contents.statements.values()),
        Set.copyOf(contents.clocksFollowed));
  }

  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    var state = contents.documents.get(key);
    byte[] turned = contents.turnedDocuments.get(key);
    if (state == null || turned == null) {
      return state;
    }
    if (!isWhole(turned, StateCodec.encode(state))) {
      throw DamagedRow.ofDocument(key);
    }
    return StateCodec.decode(key, turned);
  }

  /** A row's checksum, and what it is compared with. */
  private static boolean isWhole(byte[] row, byte[] written) {
    return new Checksum().add(row).value() == new Checksum().add(written).value();
  }

  /** An entry as its row now is. */
  private LoggedEntry row(LoggedEntry written) {
    byte[] turned = contents.turned.get(written.position());
    if (turned == null) {
      return written;
    }
    if (!isWhole(turned, written.bytes())) {
      throw DamagedRow.ofLog(written.position());
    }
    return written.holding(turned);
  }

  /** An entry as it was written, whatever has become of its row. */
  public Optional<LoggedEntry> written(long position) {
    return Optional.ofNullable(contents.entries.get(position));
  }

  @Override
  public Optional<Place> place(long position) {
    return written(position).map(logged -> new Place(logged.entry().space(), logged.dot()));
  }

  @Override
  public OutboxRows outboxRows(long after, long last, int limit) {
    var found =
        contents.entries.subMap(after, false, last, true).values().stream()
            .limit(limit)
            .map(logged ->
                new OutboxRow(
                    logged.position(),
                    logged.entry().space(),
                    logged.dot(),
                    logged.bytes().length,
                    logged.recordedAt().toEpochMilli()))
            .toList();
    return new OutboxRows(
        found, found.size(), found.isEmpty() ? after : found.getLast().position());
  }

  @Override
  public Optional<Stretch> stretch(SpaceId space, Replica chain, long from, long to) {
    var positions = contents.positions.get(new Chain(space, chain));
    var within =
        positions == null ? new TreeMap<Long, Long>() : positions.subMap(from, true, to, true);
    return within.isEmpty()
        ? Optional.empty()
        : Optional.of(new Stretch(within.firstEntry().getValue(), within.lastEntry().getValue()));
  }

  @Override
  public Standing standing(long position) {
    var letter = contents.deadLetters.get(position);
    return letter == null ? Standing.EFFECTIVE : letter.standing();
  }

  @Override
  public Optional<LoggedEntry> mended(long position, Place place, ReceivedEntry received) {
    return written(position)
        .filter(logged -> isWhole(received.bytes(), logged.bytes()))
        .map(logged -> logged.holding(received.bytes()).standing(standing(position)));
  }

  @Override
  public boolean wasWritten(DocumentState state) {
    var written = contents.documents.get(state.key());
    return written != null && isWhole(StateCodec.encode(state), StateCodec.encode(written));
  }

  @Override
  public LoggedEntry entry(long position) {
    var entry = contents.entries.get(position);
    if (entry == null) {
      throw new StorageException("the log has nothing at position " + position, null);
    }
    return row(entry);
  }

  @Override
  public List<LoggedEntry> intents(SpaceId space, String id) {
    var indexed = contents.intents.getOrDefault(new IntentKey(space, id), List.of());
    var entries = new ArrayList<LoggedEntry>();
    indexed.forEach(position -> entries.add(entry(position)));
    var place = IntentIds.place(id);
    if (place.isPresent()) {
      contents.positions.keySet().stream()
          .filter(chain ->
              chain.space().equals(space) && IntentIds.tag(chain.name()).equals(place.get().tag()))
          .flatMap(chain -> find(space, chain.name(), place.get().sequence()).stream())
          .filter(logged ->
              logged.ledTo() && Objects.requireNonNull(logged.entry().intent()).id().equals(id))
          .forEach(entries::add);
    }
    return entries;
  }

  @Override
  public List<LoggedEntry> from(long position, int limit) {
    var found = new ArrayList<LoggedEntry>();
    for (var logged : contents.entries.tailMap(position).values()) {
      if (found.size() == limit
          || (!found.isEmpty() && contents.turned.containsKey(logged.position()))) {
        break;
      }
      found.add(row(logged));
    }
    return found;
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
    var chain = contents.positions.get(new Chain(space, replica));
    var position = chain == null ? null : chain.get(sequence);
    return position == null ? Optional.empty() : Optional.of(entry(position));
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId space) {
    return contents.conflicts.values().stream()
        .map(Write.PutConflict::key)
        .filter(key -> key.space().equals(space))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  @Override
  public List<LoggedEntry> run(SpaceId space, Replica replica, long from) {
    var chain = contents.positions.get(new Chain(space, replica));
    return chain == null
        ? List.of()
        : chain.tailMap(from, true).values().stream().map(this::entry).toList();
  }

  @Override
  public List<Long> held() {
    return contents.deadLetters.entrySet().stream()
        .filter(letter -> letter.getValue().standing() == Standing.HELD)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** All conflicts that were noticed, as they stand. */
  public List<Write.PutConflict> conflicts() {
    return List.copyOf(contents.conflicts.values());
  }

  /** All documents as they stand. */
  public List<DocumentState> documents() {
    return List.copyOf(contents.documents.values());
  }

  @Override
  public Log log(LongSupplier durable) {
    return new Log() {
      @Override
      public Optional<LoggedEntry> find(SpaceId space, Replica replica, long sequence) {
        medium.beforeRead();
        return InMemoryJournal.this.find(space, replica, sequence);
      }

      @Override
      public List<LoggedEntry> signedRun(
          SpaceId space, long position, int bytes, LongPredicate leftOut) {
        medium.beforeRead();
        return InMemoryJournal.this.signedRun(space, position, durable.getAsLong(), bytes, leftOut);
      }
    };
  }

  private List<LoggedEntry> signedRun(
      SpaceId space, long position, long durable, int bytes, LongPredicate leftOut) {
    var run = new SignedRun(bytes);
    if (position < durable) {
      for (var logged : contents.entries.subMap(position, false, durable, true).values()) {
        if (logged.entry().space().equals(space)
            && !leftOut.test(logged.position())
            && run.add(row(logged))) {
          break;
        }
      }
    }
    return run.entries();
  }

  @Override
  public void commit(Batch batch) {
    var signed = batch.signed().stream().map(medium::shared).toList();
    var owed = signed.stream().filter(batch::owed).toList();
    var documents = List.copyOf(batch.documents());
    var restood = List.copyOf(batch.restood());
    var intents = new LinkedHashMap<IntentKey, List<Long>>();
    batch.intents().forEach((intent, positions) -> intents.put(intent, List.copyOf(positions)));
    var conflicts = List.copyOf(batch.conflicts());
    var statements = List.copyOf(batch.statements());
    var records = new LinkedHashMap<>(batch.records());
    var owedWhole = new LinkedHashSet<>(batch.owedWhole());
    var created = Set.copyOf(batch.names().keySet());
    var clocksFollowed = Map.copyOf(batch.clocksFollowed());
    var discharged = new LinkedHashMap<>(batch.discharged());
    var owedAgain = List.copyOf(batch.owedAgain().values());
    var branches = List.copyOf(batch.branches());
    var mended = List.copyOf(batch.mended());
    var chains = batch.chains();
    var node = batch.node();
    var noticedAt = batch.now();
    change(
        medium.onCommit,
        to -> {
          node.ifPresent(now -> to.node = now);
          to.clocksFollowed.addAll(created);
          clocksFollowed.forEach((space, followed) -> {
            if (followed) {
              to.clocksFollowed.add(space);
            } else {
              to.clocksFollowed.remove(space);
            }
          });
          records.forEach((space, more) ->
              to.records.computeIfAbsent(space, _ -> new ArrayList<>()).addAll(more));
          owedWhole.forEach(space ->
              to.entries.values().stream()
                  .filter(logged -> logged.entry().space().equals(space))
                  .forEach(logged -> owe(logged, to)));
          discharged.forEach((space, upTo) ->
              to.outbox
                  .headMap(upTo, true)
                  .values()
                  .removeIf(owing -> owing.space().equals(space)));
          owedAgain.forEach(row -> to.outbox.put(row.position(), new Owed(row.space(), row.dot())));
          statements.forEach(known ->
              to.statements.put(
                  new Statement(known.statement().space(), known.statement().by().node()), known));
          documents.forEach(state -> {
            to.documents.put(state.key(), state);
            to.turnedDocuments.remove(state.key());
          });
          mended.forEach(logged -> {
            to.entries.put(logged.position(), logged);
            to.turned.remove(logged.position());
          });
          intents.forEach((intent, positions) ->
              to.intents.merge(intent, positions, InMemoryJournal::together));
          conflicts.forEach(conflict ->
              to.conflicts.merge(conflict.id(), conflict, InMemoryJournal::noticedBefore));
          branches.forEach(branch -> split(branch, to));
          restood.forEach(logged -> {
            to.entries.put(logged.position(), logged);
            to.outbox.computeIfPresent(logged.position(), (_, _) -> owed(logged));
            judged(logged, noticedAt, to);
          });
          signed.forEach(logged -> {
            append(logged, to);
            judged(logged, noticedAt, to);
          });
          owed.forEach(logged -> owe(logged, to));
          chains.ifPresent(now -> {
            now.ends()
                .forEach((space, ends) ->
                    ends.forEach(
                        (replica, head) -> to.chains.put(new Chain(space, replica), head)));
            to.urgency.putAll(now.urgency());
            to.chainsPosition = now.position();
          });
        });
  }

  private static void append(LoggedEntry logged, Contents to) {
    to.entries.put(logged.position(), logged);
    to.positions
        .computeIfAbsent(new Chain(logged.entry().space(), logged.chain()), _ -> new TreeMap<>())
        .put(logged.entry().sequence(), logged.position());
  }

  private static List<Long> together(List<Long> before, List<Long> more) {
    return Stream.concat(before.stream(), more.stream()).toList();
  }

  // when it was first noticed stays
  private static Write.PutConflict noticedBefore(Write.PutConflict before, Write.PutConflict now) {
    return new Write.PutConflict(
        now.id(),
        now.key(),
        now.open(),
        before.base(),
        now.sides(),
        now.replacedBy(),
        before.detectedAt());
  }

  private static void split(Write.Branch branch, Contents to) {
    var parent = to.positions.get(new Chain(branch.space(), branch.parent()));
    if (parent != null) {
      var rest = parent.tailMap(branch.after(), false);
      to.positions
          .computeIfAbsent(new Chain(branch.space(), branch.branch()), _ -> new TreeMap<>())
          .putAll(rest);
      rest.clear();
    }
  }

  private static void judged(LoggedEntry logged, Instant noticedAt, Contents to) {
    if (logged.standing().effective()) {
      to.deadLetters.remove(logged.position());
    } else {
      var before = to.deadLetters.get(logged.position());
      to.deadLetters.put(
          logged.position(),
          new DeadLetter(
              logged.entry().space(),
              logged.dot(),
              logged.standing(),
              before == null ? noticedAt : before.noticedAt()));
    }
  }

  private static void owe(LoggedEntry logged, Contents to) {
    to.outbox.put(logged.position(), owed(logged));
  }

  private static Owed owed(LoggedEntry logged) {
    return new Owed(logged.entry().space(), logged.dot());
  }

  @Override
  public void force() {
    medium.force(contents);
  }

  @Override
  public Front settled(SpaceId space, Predicate<Dot> owed, int most) {
    int rows = 0;
    long upTo = 0;
    for (var row : contents.outbox.entrySet()) {
      if (row.getValue().space().equals(space)) {
        if (rows == most || owed.test(row.getValue().dot())) {
          break;
        }
        rows++;
        upTo = row.getKey();
      }
    }
    return new Front(rows, upTo);
  }

  /** What the outbox holds of a space. */
  public List<Dot> outbox(SpaceId space) {
    return contents.outbox.values().stream()
        .filter(owed -> owed.space().equals(space))
        .map(Owed::dot)
        .toList();
  }

  /** All entries without effect, by position. */
  public Map<Long, DeadLetter> deadLetters() {
    return Map.copyOf(contents.deadLetters);
  }

  private void change(Runnable fault, Change change) {
    if (!open) {
      throw new StorageException("the journal is closed", null);
    }
    fault.run();
    medium.changes.add(change);
    change.applyTo(contents);
  }

  @Override
  public void close() {
    open = false;
    if (medium.opened == contents) {
      medium.opened = null;
    }
  }
}
