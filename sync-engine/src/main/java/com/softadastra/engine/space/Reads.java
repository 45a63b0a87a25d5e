package com.softadastra.engine.space;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a decision may look at: the storage as it stands with all earlier decisions, committed or
 * not.
 */
public interface Reads {
  @Nullable DocumentState document(DocumentKey key);

  /** The entry at a position. Fails where the log has nothing there, or something damaged. */
  LoggedEntry entry(long position);

  /** The entry of a chain that has a sequence. */
  Optional<LoggedEntry> find(SpaceId space, Replica chain, long sequence);

  /** The entries of a chain from a sequence on to its end, in order. */
  List<LoggedEntry> run(SpaceId space, Replica chain, long from);

  /** All entries that carry an intent, in any order. */
  List<LoggedEntry> intents(SpaceId space, String id);

  /** The documents of a space of which conflicts were noticed, open or not, in any order. */
  Set<DocumentKey> disputed(SpaceId space);

  /**
   * The entry through which an intent has effect; where there is none, one that may come to have,
   * or the first.
   */
  default Optional<LoggedEntry> intent(SpaceId space, String id) {
    return intents(space, id).stream()
        .min(
            Comparator.comparing((LoggedEntry logged) -> !logged.standing().effective())
                .thenComparing(logged -> logged.standing() == Standing.FORKED)
                .thenComparing(LoggedEntry::entry, Entry.ORDER)
                .thenComparing(LoggedEntry::hash));
  }
}
