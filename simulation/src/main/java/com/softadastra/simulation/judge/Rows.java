package com.softadastra.simulation.judge;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.sync.storage.InMemoryJournal;
import com.softadastra.sync.storage.Journal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a storage holds beside its log and documents, as its rows say. */
public interface Rows {
  /** What a space still owes to somebody, in the order of the log. */
  List<Dot> outbox(SpaceId space);

  /** The conflicts that were noticed of a document. */
  List<Noticed> conflicts(DocumentKey key);

  /** The entries that are kept and have no effect, by position, and why. */
  Map<Long, Standing> deadLetters();

  /** An entry as it was written, whose row is damaged. */
  LoggedEntry written(long position);

  /** A conflict as its row has it. */
  record Noticed(Hash id, boolean open, @Nullable Hash base, Set<Hash> sides) {}

  /** The rows of a journal, which is in memory or tells them itself. */
  static Rows of(Journal journal) {
    return switch (journal) {
      case Rows rows -> rows;
      case InMemoryJournal memory -> new InMemory(memory);
      default -> throw new IllegalArgumentException("no rows are known of " + journal);
    };
  }

  /** Those of a journal in memory. */
  record InMemory(InMemoryJournal journal) implements Rows {
    @Override
    public List<Dot> outbox(SpaceId space) {
      return journal.outbox(space);
    }

    @Override
    public Map<Long, Standing> deadLetters() {
      var letters = new HashMap<Long, Standing>();
      journal.deadLetters().forEach((position, it) -> letters.put(position, it.standing()));
      return letters;
    }

    @Override
    public LoggedEntry written(long position) {
      return journal.written(position).orElseThrow();
    }

    @Override
    public List<Noticed> conflicts(DocumentKey key) {
      return journal.conflicts().stream()
          .filter(conflict -> conflict.key().equals(key))
          .map(conflict ->
              new Noticed(
                  conflict.id(), conflict.open(), conflict.base(), Set.copyOf(conflict.sides())))
          .toList();
    }
  }
}
