package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SpaceState;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows that are damaged, and how they become whole again: a document's from the log, an entry's
 * from a peer that has it. What an entry's bytes must hash to, the entry after it says, or the end
 * of its chain; all else that its row has is kept where the checksum proves it, and else told from
 * the log.
 *
 * <p>Owned by the thread that records, but for {@link #entries}, {@link #mended}, {@link #isKnown}
 * and {@link #isNews}.
 */
final class Mending {
  private static final Logger LOG = LoggerFactory.getLogger(Mending.class);
  private static final int PAGE = 512;

  private final Journal journal;
  private final Map<SpaceId, SpaceState> spaces;
  private final TreeMap<Long, DamagedEntry> damaged = new TreeMap<>();
  private volatile Map<Long, DamagedEntry> published = Map.of();
  private long mended;
  private volatile long publishedMended;

  /** Documents that can't be rebuilt before an entry is mended. */
  private final Set<DocumentKey> waiting = new LinkedHashSet<>();

  /** Rows that wait to be looked at. */
  private final Set<Object> noticed = ConcurrentHashMap.newKeySet();

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

  /** Whether the entry at a position is one of {@link #entries}. */
  boolean isKnown(long position) {
    return published.containsKey(position);
  }

  /** Whether a row has to be looked at, which it then is once. */
  boolean isNews(DamagedRow row) {
    var name = name(row);
    return name != null && !isKnown(row.position()) && noticed.add(name);
  }

  private static @Nullable Object name(DamagedRow row) {
    return row.position() > 0 ? (Object) row.position() : row.document();
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

  /** Looks at a row that somebody found damaged; a document is mended at once. */
  void look(DamagedRow row, Batch batch) {
    var name = name(row);
    if (name != null) {
      noticed.remove(name);
    }
    var document = row.document();
    if (document != null) {
      rebuildOrWait(document, batch);
    } else if (row.position() > 0) {
      lookAt(row.position(), batch);
    }
  }

  private void lookAt(long position, Batch batch) {
    try {
      batch.entry(position);
      damaged.remove(position);
    } catch (DamagedRow _) {
      var entry = identified(position, batch);
      if (!entry.equals(damaged.put(position, entry))) {
        LOG.warn("damaged, and to be asked of peers: {}", entry);
      }
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

  private static @Nullable Hash hashBySuccessor(Journal.Place place, Batch batch) {
    var dot = place.dot();
    try {
      return batch
          .find(place.space(), dot.replica(), dot.sequence() + 1)
          .map(next -> next.entry().previous())
          .orElse(null);
    } catch (DamagedRow _) {
      return null;
    }
  }

  // ---- documents

  /** Where an entry is damaged too, the document waits for that. */
  private void rebuildOrWait(DocumentKey key, Batch batch) {
    try {
      rebuild(key, batch);
      waiting.remove(key);
    } catch (DamagedRow row) {
      waiting.add(key);
      if (row.position() > 0) {
        lookAt(row.position(), batch);
      }
    }
  }

  /**
   * Writes a document again whose row is damaged.
   *
   * @throws DamagedRow where an entry is damaged too that it follows from
   */
  void rebuild(DocumentKey key, Batch batch) {
    DocumentState state;
    try {
      state = batch.document(key);
    } catch (DamagedRow row) {
      if (!key.equals(row.document())) {
        throw row;
      }
      state = fromLog(key, batch);
    }
    if (state != null) {
      batch.rebuild(state);
      LOG.warn("the document {} of space {} was damaged: written again", key.id(), key.space());
    }
  }

  private DocumentState fromLog(DocumentKey key, Batch batch) {
    long last = 0;
    long next = 1;
    for (var page = page(next, batch); !page.isEmpty(); page = page(next, batch)) {
      for (var logged : page) {
        next = logged.position() + 1;
        if (isOf(key, logged)) {
          last = logged.position();
        }
      }
    }
    while (true) {
      try {
        return DocumentUpdate.rebuilt(key, last, batch);
      } catch (DamagedRow row) {
        // the definitions that it was made under are a document too
        var other = row.document();
        if (other == null || other.equals(key)) {
          throw row;
        }
        rebuild(other, batch);
      }
    }
  }

  /** What the log has from a position on, with what this batch has mended. */
  private List<LoggedEntry> page(long from, Batch batch) {
    try {
      return journal.from(from, PAGE);
    } catch (DamagedRow row) {
      return List.of(batch.entry(row.position()));
    }
  }

  private static boolean isOf(DocumentKey key, LoggedEntry logged) {
    return logged.entry().space().equals(key.space())
        && logged.entry().operations().stream()
            .anyMatch(operation ->
                operation.collection().equals(key.collection()) && operation.id().equals(key.id()));
  }

  // ---- entries

  /** Takes in what a peer sent; what isn't wanted any more, or isn't what is wanted, is left. */
  void take(SpaceId id, List<ReceivedEntry> sent, Batch batch) {
    var space = spaces.get(id);
    if (space == null) {
      return;
    }
    long before = mended;
    for (var received : sent) {
      var entry = wanted(received, space);
      if (entry.isEmpty()) {
        continue;
      }
      if (!isWanted(received, entry.get()) || !isSigned(received, entry.get(), space)) {
        LOG.warn("another entry was sent for {}", entry.get());
        continue;
      }
      try {
        batch.mend(whole(entry.get(), received, batch));
      } catch (DamagedRow earlier) {
        LOG.warn("{} is here again, and has to wait: {}", entry.get(), earlier.getMessage());
        continue;
      }
      LOG.warn("damaged, and now fetched from a peer: {}", entry.get());
      damaged.remove(entry.get().position());
      mended++;
    }
    if (mended > before) {
      // what came before a mended one is told by it
      for (var entry : List.copyOf(damaged.values())) {
        if (entry.hash() == null) {
          lookAt(entry.position(), batch);
        }
      }
      List.copyOf(waiting).forEach(document -> rebuildOrWait(document, batch));
    }
  }

  private Optional<DamagedEntry> wanted(ReceivedEntry received, SpaceState space) {
    return damaged.values().stream()
        .filter(entry ->
            entry.hash() != null
                && entry.place() != null
                && entry.isOf(space.id())
                && entry.place().dot().sequence() == received.entry().sequence()
                && space
                    .chain(entry.place().dot().replica())
                    .author()
                    .equals(received.entry().author()))
        .findFirst();
  }

  private static boolean isWanted(ReceivedEntry received, DamagedEntry entry) {
    return entry.hash() != null && received.hash().equals(entry.hash());
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

  private LoggedEntry whole(DamagedEntry entry, ReceivedEntry received, Batch batch) {
    var place = Objects.requireNonNull(entry.place());
    return journal
        .mended(entry.position(), place, received)
        .orElseGet(() -> retold(entry.position(), place, received, batch));
  }

  /** The entry's row as the log tells it; when it was recorded is told by the one before. */
  private LoggedEntry retold(
      long position, Journal.Place place, ReceivedEntry received, Batch batch) {
    var operations = received.entry().operations();
    var previous = new Long[operations.size()];
    Arrays.fill(previous, 0L);
    var recordedAt = Instant.EPOCH;
    for (long next = 1; next < position; ) {
      var page = page(next, batch);
      if (page.isEmpty()) {
        break;
      }
      for (var logged : page) {
        next = logged.position() + 1;
        if (logged.position() < position) {
          recordedAt = logged.recordedAt();
          for (int i = 0; i < previous.length; i++) {
            if (isOf(
                new DocumentKey(
                    place.space(), operations.get(i).collection(), operations.get(i).id()),
                logged)) {
              previous[i] = logged.position();
            }
          }
        }
      }
    }
    return received.at(
        position, place.dot().replica(), journal.standing(position), recordedAt, List.of(previous));
  }
}
