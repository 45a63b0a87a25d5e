package com.softadastra.engine.space;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentFold;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.Head;
import com.softadastra.engine.log.Bounds;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Entries that are added, or whose standing changes, in one decision: shows the storage as it will
 * stand, and folds in the end each document that this touches, once.
 */
final class Revision implements Reads {
  private final SpaceId space;
  private final HoldingsCache holdings;
  private final Reads before;
  private final TreeMap<Long, LoggedEntry> restood = new TreeMap<>();
  private final TreeMap<Long, LoggedEntry> added = new TreeMap<>();
  private final Map<DocumentKey, Long> ends = new LinkedHashMap<>();
  private final Set<DocumentKey> unlike = new LinkedHashSet<>();
  private final Set<DocumentKey> touched = new LinkedHashSet<>();
  private final Map<DocumentKey, DocumentState> folded = new LinkedHashMap<>();
  private boolean judged;

  Revision(SpaceState state, Reads before) {
    this.space = state.id();
    this.holdings = state.holdings();
    this.before = before;
  }

  /** Adds an entry at the end of the log. */
  void add(LoggedEntry logged) {
    added.put(logged.position(), logged);
    for (var operation : logged.entry().operations()) {
      ends.put(key(operation), logged.position());
    }
    touch(logged, logged.standing().effective());
  }

  void restand(LoggedEntry logged) {
    var was = entry(logged.position()).standing();
    (added.containsKey(logged.position()) ? added : restood).put(logged.position(), logged);
    touch(logged, was.effective() != logged.standing().effective());
  }

  private void touch(LoggedEntry logged, boolean unlikeBefore) {
    for (var operation : logged.entry().operations()) {
      touched.add(key(operation));
      folded.remove(key(operation));
    }
    if (unlikeBefore) {
      logged.entry().operations().forEach(operation -> unlike.add(key(operation)));
    }
  }

  private DocumentKey key(Operation operation) {
    return new DocumentKey(space, operation.collection(), operation.id());
  }

  /**
   * Of an intent's entries that may have effect the first has it, unless it takes what its author
   * didn't hold.
   *
   * @return whether there is one
   */
  boolean settle(String intent) {
    var able =
        intents(space, intent).stream()
            .filter(logged ->
                logged.standing().effective()
                    || logged.standing().uncovered()
                    || logged.standing() == Standing.DUPLICATE)
            .sorted(Comparator.comparing(LoggedEntry::entry, Entry.ORDER))
            .toList();
    for (var logged : able) {
      boolean first = logged == able.getFirst();
      if (first && logged.standing() == Standing.DUPLICATE) {
        restand(logged.standing(Standing.EFFECTIVE));
      } else if (!first && logged.standing() != Standing.DUPLICATE) {
        restand(logged.standing(Standing.DUPLICATE));
      }
    }
    return !able.isEmpty();
  }

  /** Judges anew what takes of the same holdings as what was added or stands otherwise. */
  void judge() {
    judged = true;
    Holdings.judgeAll(space, List.copyOf(touched), this).forEach(this::restand);
  }

  /**
   * Judges, and holds what would make a document have more side by side than a row takes, what was
   * recorded last first, as if that had come when there was no room for it.
   */
  void judgeAndHold() {
    do {
      judge();
    } while (hold());
  }

  private boolean hold() {
    var excess = new LinkedHashSet<Long>();
    for (var key : unlike) {
      var state = fold(key, end(key, before.document(key)));
      if (state.tooLarge()) {
        var heads = state.heads().stream().sorted(Comparator.comparing(Head::position)).toList();
        long room = Bounds.STATE_CHARACTERS;
        for (var head : heads) {
          room -= head.body() == null ? 0 : head.body().text().length();
          if (room < 0) {
            excess.add(head.position());
          }
        }
        // what they come to has to find room too
        excess.add(heads.getLast().position());
      }
    }
    excess.forEach(position -> restand(entry(position).standing(Standing.HELD)));
    return !excess.isEmpty();
  }

  private DocumentState fold(DocumentKey key, long last) {
    var known = folded.get(key);
    if (known == null) {
      known = DocumentFold.replay(key, DocumentUpdate.operations(key, last, this), last);
      folded.put(key, known);
    }
    return known;
  }

  /** What all this asks for, with the documents folded. */
  List<Write> writes(Instant now) {
    if (judged || !restood.isEmpty()) {
      holdings.drop(touched);
    }
    var writes = new ArrayList<Write>();
    restood.values().forEach(logged -> writes.add(new Write.Restand(logged)));
    for (var logged : added.values()) {
      writes.add(new Write.Append(logged));
      var intent = logged.entry().intent();
      if (intent != null && !logged.ledTo()) {
        writes.add(new Write.PutIntent(space, intent.id(), logged.position()));
      }
    }
    var changed = new LinkedHashSet<>(ends.keySet());
    changed.addAll(unlike);
    for (var key : changed) {
      var was = before.document(key);
      long last = end(key, was);
      if (unlike.contains(key)) {
        DocumentUpdate.put(was, fold(key, last), now, writes);
      } else {
        // what has no effect changes nothing as long as nothing was made on it
        writes.add(new Write.PutDocument(at(key, was, last)));
      }
    }
    restood.values().forEach(logged -> undo(logged, writes));
    added.values().forEach(logged -> undo(logged, writes));
    return writes;
  }

  private void undo(LoggedEntry logged, List<Write> writes) {
    if (logged.standing().effective()) {
      logged
          .entry()
          .operations()
          .forEach(operation -> DocumentUpdate.undo(key(operation), operation, writes));
    }
  }

  private long end(DocumentKey key, @Nullable DocumentState was) {
    return ends.getOrDefault(key, was == null ? 0 : was.lastPosition());
  }

  private static DocumentState at(DocumentKey key, @Nullable DocumentState state, long position) {
    return state == null ? new DocumentState(key, List.of(), null, position) : state.at(position);
  }

  /** The document with the operations that come, and not yet with what they do. */
  @Override
  public @Nullable DocumentState document(DocumentKey key) {
    var was = before.document(key);
    return ends.containsKey(key) ? at(key, was, end(key, was)) : was;
  }

  @Override
  public LoggedEntry entry(long position) {
    var logged = added.get(position);
    if (logged == null) {
      logged = restood.get(position);
    }
    return logged != null ? logged : before.entry(position);
  }

  @Override
  public Optional<LoggedEntry> find(SpaceId of, Replica chain, long sequence) {
    return before.find(of, chain, sequence);
  }

  @Override
  public Set<DocumentKey> disputed(SpaceId of) {
    return before.disputed(of);
  }

  @Override
  public List<LoggedEntry> run(SpaceId of, Replica chain, long from) {
    return before.run(of, chain, from);
  }

  @Override
  public List<LoggedEntry> intents(SpaceId of, String id) {
    var entries = new ArrayList<LoggedEntry>();
    before.intents(of, id).forEach(logged -> entries.add(entry(logged.position())));
    for (var logged : added.values()) {
      var intent = logged.entry().intent();
      if (intent != null && intent.id().equals(id)) {
        entries.add(logged);
      }
    }
    return entries;
  }
}
