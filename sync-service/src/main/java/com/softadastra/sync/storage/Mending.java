package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SpaceState;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that are damaged, and how they become whole again: a document's from the log, an entry's
 * from a peer that has it. What an entry's bytes must hash to, the entry after it says, or the end
 * of its chain; all else that its row has is kept where the checksum proves it, and else told from
 * the log.
 *
 * <p>What has to be looked for in the log is looked for in one reading of it, a page with each
 * group commit, so that others go on. What then waits for an entry is known by that entry, and
 * nothing is looked for again.
 *
 * <p>Owned by the thread that records, but for {@link #entries}, {@link #mended} and {@link
 * #notice}.
 */
final class Mending {
  private static final Logger LOG = LoggerFactory.getLogger(Mending.class);

  /** So many entries are read with one group commit. */
  private static final int PAGE = 512;

  private final Journal journal;
  private final Map<SpaceId, SpaceState> spaces;
  private final TreeMap<Long, DamagedEntry> damaged = new TreeMap<>();
  private final Map<Hash, Long> byHash = new HashMap<>();
  private final Map<Journal.Place, Long> byPlace = new HashMap<>();
  private volatile Map<Long, DamagedEntry> published = Map.of();
  private long mended;
  private volatile long publishedMended;

  /** Rows that wait to be looked at, each once. */
  private final Queue<DamagedRow> noticed = new ConcurrentLinkedQueue<>();

  private final Set<Object> names = ConcurrentHashMap.newKeySet();

  /** Documents that can't be rebuilt yet. */
  private final Map<DocumentKey, Document> documents = new ConcurrentHashMap<>();

  /** Entries that are here again and whose rows can't be told yet, by position. */
  private final TreeMap<Long, Again> again = new TreeMap<>();

  /** What waits for an entry, by its position, or for a document. */
  private final Map<Object, Set<Wanting>> waiting = new HashMap<>();

  private final ArrayDeque<Wanting> ready = new ArrayDeque<>();

  /** What the next reading of the log is for. */
  private final List<Wanting> sought = new ArrayList<>();

  private @Nullable Search search;
  private long progress;

  /** What is looked for in the log. */
  private sealed interface Wanting {
    boolean isLookedFor();

    void lookedFor();

    /** An entry does something to what is looked for. */
    void meet(long position, Entry entry);
  }

  /** A document whose row is damaged: where the last entry is that does something to it. */
  private static final class Document implements Wanting {
    private final DocumentKey key;
    private long last;
    private boolean lookedFor = true;

    Document(DocumentKey key) {
      this.key = key;
    }

    @Override
    public boolean isLookedFor() {
      return lookedFor;
    }

    @Override
    public void lookedFor() {
      lookedFor = false;
    }

    @Override
    public void meet(long position, Entry entry) {
      if (position > last && isOf(key, entry)) {
        last = position;
      }
    }
  }

  /** An entry that is here again: where those are that its operations come after. */
  private static final class Again implements Wanting {
    private final long position;
    private final Journal.Place place;
    private final ReceivedEntry received;
    private final List<DocumentKey> keys;
    private final Long[] previous;
    private Instant recordedAt = Instant.EPOCH;
    private boolean lookedFor = true;

    Again(long position, Journal.Place place, ReceivedEntry received) {
      this.position = position;
      this.place = place;
      this.received = received;
      keys =
          received.entry().operations().stream()
              .map(each -> new DocumentKey(place.space(), each.collection(), each.id()))
              .toList();
      previous = new Long[keys.size()];
      Arrays.fill(previous, 0L);
    }

    @Override
    public boolean isLookedFor() {
      return lookedFor;
    }

    @Override
    public void lookedFor() {
      lookedFor = false;
    }

    @Override
    public void meet(long at, Entry entry) {
      for (int i = 0; i < previous.length; i++) {
        if (at < position && at > previous[i] && isOf(keys.get(i), entry)) {
          previous[i] = at;
        }
      }
    }
  }

  /** A reading of the log. */
  private static final class Search {
    private final long end;
    private final List<Wanting> wanted;
    private final Map<DocumentKey, List<Wanting>> byDocument = new HashMap<>();
    private final TreeMap<Long, Again> entries = new TreeMap<>();
    private long next = 1;

    Search(List<Wanting> wanted, long end) {
      this.wanted = wanted;
      this.end = end;
      for (var each : wanted) {
        switch (each) {
          case Document document -> add(document.key, document);
          case Again entry -> {
            entry.keys.forEach(key -> add(key, entry));
            entries.put(entry.position, entry);
          }
        }
      }
    }

    private void add(DocumentKey key, Wanting each) {
      byDocument.computeIfAbsent(key, _ -> new ArrayList<>()).add(each);
    }

    void read(LoggedEntry logged) {
      pass(logged.position());
      var following = entries.higherEntry(logged.position());
      if (following != null) {
        following.getValue().recordedAt = logged.recordedAt();
      }
      meet(logged.position(), logged.entry());
    }

    /** An entry that is passed, and damaged, was recorded when the one before it was. */
    void pass(long position) {
      next = position + 1;
      var passed = entries.get(position);
      var following = entries.higherEntry(position);
      if (passed != null && following != null) {
        following.getValue().recordedAt = passed.recordedAt;
      }
    }

    void meet(long position, Entry entry) {
      for (var operation : entry.operations()) {
        byDocument
            .getOrDefault(
                new DocumentKey(entry.space(), operation.collection(), operation.id()), List.of())
            .forEach(each -> each.meet(position, entry));
      }
    }
  }

  /**
   * @param spaces as the recording has them
   */
  Mending(Journal journal, Map<SpaceId, SpaceState> spaces) {
    this.journal = journal;
    this.spaces = spaces;
  }

  /** The damaged entries, as of the last force, in the order of the log. */
  List<DamagedEntry> entries() {
    return List.copyOf(published.values());
  }

  /** Somebody has read a damaged row. @return whether it has to be looked at, which it is once */
  boolean notice(DamagedRow row) {
    var document = row.document();
    var name = row.position() > 0 ? (Object) row.position() : document;
    if (name == null
        || published.containsKey(row.position())
        || (document != null && documents.containsKey(document))
        || !names.add(name)) {
      return false;
    }
    noticed.add(row);
    return true;
  }

  /** How many entries were mended, as of the last force. */
  long mended() {
    return publishedMended;
  }

  void publish() {
    publishedMended = mended;
    if (!published.equals(damaged)) {
      published = new TreeMap<>(damaged);
    }
  }

  /** Changes whenever something is mended, or known to wait for an entry. */
  long progress() {
    return progress;
  }

  /** Whether {@link #step} has something to do. */
  boolean hasWork() {
    return !noticed.isEmpty() || !ready.isEmpty() || search != null || !sought.isEmpty();
  }

  /** Whether it isn't known yet if a row can be mended with what is here. */
  boolean isLookedFor(DamagedRow row) {
    var document = row.document() == null ? null : documents.get(row.document());
    return document != null && document.isLookedFor();
  }

  /**
   * Looks at what was noticed, reads a page of the log on, and mends what can be mended.
   *
   * @param end the last position that is committed
   */
  void step(Batch batch, long end) {
    look(batch);
    if (search == null && !sought.isEmpty()) {
      search = new Search(List.copyOf(sought), end);
      sought.clear();
    }
    if (search != null) {
      read(search, batch);
    }
    settle(batch);
  }

  /** Looks at what was noticed; a document that can be read after all is written again. */
  void look(Batch batch) {
    for (var row = noticed.poll(); row != null; row = noticed.poll()) {
      var document = row.document();
      names.remove(row.position() > 0 ? (Object) row.position() : document);
      try {
        if (document != null) {
          isWhole(document, batch);
        } else {
          lookAt(row.position(), batch);
        }
      } catch (RuntimeException e) {
        LOG.error("a damaged row can't be looked at", e);
      }
    }
  }

  /**
   * The log can't be read: what is looked for there stays damaged until the next start.
   *
   * @param cause told
   */
  void giveUp(RuntimeException cause) {
    LOG.error("what is damaged can't be looked for in the log", cause);
    if (search != null) {
      search.wanted.forEach(Wanting::lookedFor);
    }
    search = null;
    sought.forEach(Wanting::lookedFor);
    sought.clear();
    ready.clear();
    progress++;
  }

  private void read(Search reading, Batch batch) {
    List<LoggedEntry> page;
    try {
      page = journal.from(reading.next, PAGE);
    } catch (DamagedRow row) {
      long position = row.position();
      lookAt(position, batch);
      var here = again.get(position);
      reading.pass(position);
      if (here != null) {
        reading.meet(position, here.received.entry());
      }
      return;
    }
    page.forEach(reading::read);
    if (page.isEmpty() || reading.next > reading.end) {
      search = null;
      reading.wanted.forEach(Wanting::lookedFor);
      ready.addAll(reading.wanted);
      progress++;
    }
  }

  /** Mends what is ready to be, and what that makes ready. */
  private void settle(Batch batch) {
    for (var each = ready.poll(); each != null; each = ready.poll()) {
      try {
        switch (each) {
          case Document document -> rebuild(document, batch);
          case Again entry -> tell(entry, batch);
        }
      } catch (RuntimeException e) {
        LOG.error("something that is damaged can't be mended before the next start", e);
        progress++;
      }
    }
  }

  private void await(Object what, Wanting each) {
    waiting.computeIfAbsent(what, _ -> new LinkedHashSet<>()).add(each);
  }

  private void arrived(Object what) {
    var waited = waiting.remove(what);
    if (waited != null) {
      waited.stream().filter(each -> !each.isLookedFor()).forEach(ready::add);
    }
  }

  /** The first entry between two positions that may be of a space and of which nothing is known. */
  private Optional<Long> unknown(SpaceId space, long after, long before) {
    return damaged.subMap(after, false, before, false).values().stream()
        .filter(entry -> entry.place() == null || entry.isOf(space))
        .map(DamagedEntry::position)
        .filter(position -> !again.containsKey(position))
        .findFirst();
  }

  private static boolean isOf(DocumentKey key, Entry entry) {
    return entry.space().equals(key.space())
        && entry.operations().stream()
            .anyMatch(operation ->
                operation.collection().equals(key.collection()) && operation.id().equals(key.id()));
  }

  // ---- documents

  /** Whether a document can be read, damaged or not; else it is looked for in the log. */
  boolean isWhole(DocumentKey key, Batch batch) {
    if (documents.containsKey(key)) {
      return false;
    }
    try {
      var state = batch.document(key);
      if (state != null) {
        rebuilt(state, batch);
      }
      return state != null;
    } catch (DamagedRow _) {
      var document = new Document(key);
      documents.put(key, document);
      sought.add(document);
      return false;
    }
  }

  private void rebuild(Document document, Batch batch) {
    var key = document.key;
    DocumentState state;
    try {
      state = DocumentUpdate.rebuilt(key, document.last, batch);
    } catch (DamagedRow row) {
      wait(document, row, batch);
      return;
    }
    // one that is damaged could be the last that does something to it, unless the row tells
    var unknown = unknown(key.space(), document.last, Long.MAX_VALUE);
    if (unknown.isPresent() && !journal.wasWritten(state)) {
      LOG.warn("the document {} waits for the entry at position {}", key.id(), unknown.get());
      await(unknown.get(), document);
      return;
    }
    documents.remove(key);
    rebuilt(state, batch);
    arrived(key);
  }

  private void wait(Document document, DamagedRow row, Batch batch) {
    // the definitions that it was made under are a document too
    var other = row.document();
    if (other != null) {
      if (isWhole(other, batch)) {
        ready.add(document);
      } else {
        await(other, document);
      }
    } else if (row.position() > 0) {
      lookAt(row.position(), batch);
      LOG.warn(
          "the document {} waits for the entry at position {}", document.key.id(), row.position());
      await(row.position(), document);
    }
  }

  private void rebuilt(DocumentState state, Batch batch) {
    batch.rebuild(state);
    progress++;
    LOG.warn(
        "the document {} of space {} was damaged: written again",
        state.key().id(),
        state.key().space());
  }

  // ---- entries

  private void lookAt(long position, Batch batch) {
    try {
      batch.entry(position);
      forget(position);
    } catch (DamagedRow _) {
      var entry = identified(position, batch);
      if (!entry.equals(damaged.get(position))) {
        forget(position);
        damaged.put(position, entry);
        if (entry.hash() != null) {
          byHash.put(entry.hash(), position);
        }
        if (entry.place() != null) {
          byPlace.put(entry.place(), position);
        }
        LOG.warn("damaged, and to be asked of peers: {}", entry);
      }
    }
  }

  private void forget(long position) {
    var entry = damaged.remove(position);
    if (entry != null && entry.hash() != null) {
      byHash.remove(entry.hash());
    }
    if (entry != null && entry.place() != null) {
      byPlace.remove(entry.place());
    }
  }

  private DamagedEntry identified(long position, Batch batch) {
    var place = journal.place(position).orElse(null);
    var space = place == null ? null : spaces.get(place.space());
    if (place == null || space == null) {
      return new DamagedEntry(position, null, null);
    }
    var dot = place.dot();
    var head = space.chain(dot.replica());
    if (!head.holds(dot.sequence())
        || (head.sequence() == dot.sequence()) != (head.position() == position)) {
      return new DamagedEntry(position, null, null);
    }
    return new DamagedEntry(
        position,
        place,
        head.sequence() == dot.sequence() ? head.hash() : hashBySuccessor(place, batch));
  }

  private @Nullable Hash hashBySuccessor(Journal.Place place, Batch batch) {
    var dot = place.dot();
    try {
      return batch
          .find(place.space(), dot.replica(), dot.sequence() + 1)
          .map(next -> next.entry().previous())
          .orElse(null);
    } catch (DamagedRow row) {
      var next = again.get(row.position());
      return next != null && next.place.dot().equals(following(dot))
          ? next.received.entry().previous()
          : null;
    }
  }

  private static Dot following(Dot dot) {
    return new Dot(dot.replica(), dot.sequence() + 1);
  }

  /**
   * Takes in what a peer sent; what isn't wanted any more, or isn't what is wanted, is left.
   *
   * @return whether all that could be done with it is done, and it isn't looked for in the log what
   *     the rows had
   */
  boolean take(SpaceId id, List<ReceivedEntry> sent, Batch batch) {
    var space = spaces.get(id);
    if (space == null) {
      return true;
    }
    boolean done = true;
    for (var received : sent) {
      var position = wanted(received.hash());
      var entry = position == null ? null : damaged.get(position);
      if (entry == null || !entry.isOf(id)) {
        LOG.debug("an entry was sent again that is not wanted");
        continue;
      }
      var here = again.get(entry.position());
      if (here != null) {
        done &= !here.lookedFor;
        continue;
      }
      if (!isSigned(received, entry, space)) {
        LOG.warn("not signed by its author, and so not taken: {}", entry);
        continue;
      }
      var place = Objects.requireNonNull(entry.place());
      var whole = journal.mended(entry.position(), place, received);
      if (whole.isPresent()) {
        mend(whole.get(), entry, batch);
      } else {
        take(new Again(entry.position(), place, received), batch);
        done = false;
      }
    }
    settle(batch);
    return done;
  }

  /** The position of the entry whose bytes hash to this, where it is damaged. */
  private @Nullable Long wanted(Hash hash) {
    return byHash.get(hash);
  }

  private void take(Again entry, Batch batch) {
    again.put(entry.position, entry);
    sought.add(entry);
    met(entry.position, entry.received.entry());
    arrived(entry.position);
    lookBefore(entry.place, batch);
  }

  /** Tells of an entry those that have passed, or may have, its damaged row in the log. */
  private void met(long position, Entry entry) {
    for (var operation : entry.operations()) {
      var document =
          documents.get(new DocumentKey(entry.space(), operation.collection(), operation.id()));
      if (document != null) {
        document.meet(position, entry);
      }
    }
    again.values().forEach(each -> each.meet(position, entry));
  }

  /** What comes before an entry is told by it. */
  private void lookBefore(Journal.Place place, Batch batch) {
    var dot = place.dot();
    if (dot.sequence() == 1) {
      return;
    }
    var before =
        byPlace.get(new Journal.Place(place.space(), new Dot(dot.replica(), dot.sequence() - 1)));
    if (before != null) {
      lookAt(before, batch);
    }
  }

  private void mend(LoggedEntry whole, DamagedEntry entry, Batch batch) {
    batch.mend(whole);
    LOG.warn("damaged, and now fetched from a peer: {}", entry);
    forget(entry.position());
    again.remove(entry.position());
    mended++;
    progress++;
    met(whole.position(), whole.entry());
    arrived(whole.position());
    lookBefore(Objects.requireNonNull(entry.place()), batch);
  }

  /** What follows on an entry vouches for it; the last of a chain needs a signature of its own. */
  private static boolean isSigned(ReceivedEntry received, DamagedEntry entry, SpaceState space) {
    var place = Objects.requireNonNull(entry.place());
    var signature = received.signature();
    if (signature == null) {
      return space.chain(place.dot().replica()).sequence() > place.dot().sequence();
    }
    return space
        .membership()
        .member(received.entry().author().node())
        .filter(
            author -> Signatures.verify(Purpose.ENTRY, received.hash(), signature, author.key()))
        .isPresent();
  }

  /** Writes an entry's row as the log tells it; when it was recorded is told by the one before. */
  private void tell(Again entry, Batch batch) {
    var known = damaged.get(entry.position);
    if (known == null) {
      again.remove(entry.position);
      return;
    }
    for (var previous : entry.previous) {
      var unknown = unknown(entry.place.space(), previous, entry.position);
      if (unknown.isPresent()) {
        LOG.warn("{} is here again, and waits for position {}", known, unknown.get());
        await(unknown.get(), entry);
        return;
      }
    }
    mend(
        entry.received.at(
            entry.position,
            entry.place.dot().replica(),
            journal.standing(entry.position),
            entry.recordedAt,
            List.of(entry.previous)),
        known,
        batch);
  }
}
