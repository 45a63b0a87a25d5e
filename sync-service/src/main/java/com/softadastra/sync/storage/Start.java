package com.softadastra.sync.storage;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.SpaceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a start takes over from the journal: the spaces with their memberships, and the chains as
 * they were written down and as the log goes on. Goes around damaged rows; used once, by the thread
 * that opens.
 */
final class Start {
  private static final int PAGE = 512;

  private final Journal journal;
  private final Map<SpaceId, SpaceState> spaces;
  private final List<DamagedRow> damaged = new ArrayList<>();
  private long lastPosition;

  /**
   * @param spaces gets the spaces
   */
  Start(Journal journal, Map<SpaceId, SpaceState> spaces) {
    this.journal = journal;
    this.spaces = spaces;
  }

  /** The rows that were met and are damaged. */
  List<DamagedRow> damaged() {
    return damaged;
  }

  /** The last position of the log, 0 where it is empty. */
  long lastPosition() {
    return lastPosition;
  }

  /**
   * Takes over.
   *
   * @param self as which replica it goes on
   * @throws StorageException where the log doesn't hang together
   */
  Journal.Recovered takeOver(Replica self) {
    var recovered = journal.recover();
    recovered
        .records()
        .values()
        .forEach(records -> {
          var membership = new Membership(records);
          spaces.put(membership.space(), new SpaceState(membership, self, Map.of()));
        });
    recovered
        .chains()
        .forEach((id, chains) ->
            chains.forEach((name, head) -> {
              requireEnd(name, head);
              space(id).recovered(name, head);
            }));
    recovered.urgency().forEach((id, urgency) -> space(id).recovered(urgency));
    lastPosition = recovered.chainsPosition();
    recoverChains();
    return recovered;
  }

  private void requireEnd(Replica name, ChainHead head) {
    if (head.entries() == 0) {
      return;
    }
    Hash last;
    try {
      last = journal.entry(head.position()).hash();
    } catch (DamagedRow row) {
      damaged.add(row);
      return;
    }
    if (!last.equals(head.hash())) {
      throw new StorageException(
          "the chain "
              + name
              + " ends with another entry than the log has at position "
              + head.position(),
          null);
    }
  }

  /**
   * What the log has since the chains were written down; checks that it hangs together. What is
   * damaged is known by what follows on it, and where nothing does, nobody knows what it was.
   */
  private void recoverChains() {
    var gaps = new Gaps();
    while (true) {
      List<LoggedEntry> entries;
      try {
        entries = journal.from(lastPosition + 1, PAGE);
      } catch (DamagedRow row) {
        lastPosition = row.position();
        gaps.add(row, journal.place(row.position()).filter(this::isOpen));
        damaged.add(row);
        continue;
      }
      if (entries.isEmpty()) {
        break;
      }
      for (var logged : entries) {
        recover(logged, gaps);
      }
    }
    gaps.any()
        .ifPresent(last -> {
          throw new StorageException(
              "The last entry of a chain can't be read, "
                  + last.getMessage()
                  + ": restore this node from a backup, or join it anew.",
              last);
        });
  }

  /** Whether what a damaged row says of its place can be so. */
  private boolean isOpen(Journal.Place place) {
    var space = spaces.get(place.space());
    return space != null && place.dot().sequence() > space.chain(place.dot().replica()).sequence();
  }

  private void recover(LoggedEntry logged, Gaps gaps) {
    lastPosition = logged.position();
    var entry = logged.entry();
    var space = space(entry.space());
    var chain = space.chain(logged.chain());
    if (entry.sequence() > chain.sequence() + 1
        && gaps.fill(space.id(), logged.chain(), chain.sequence() + 1, entry.sequence())) {
      chain = chain.endingAt(entry.sequence() - 1, entry.previous(), logged.position() - 1);
      space.recovered(logged.chain(), chain);
    }
    if (entry.sequence() != chain.sequence() + 1 || !entry.previous().equals(chain.hash())) {
      throw new StorageException(
          "the log doesn't hang together at position " + logged.position(), null);
    }
    space.recovered(logged);
  }

  private SpaceState space(SpaceId id) {
    var space = spaces.get(id);
    if (space == null) {
      throw new StorageException("the log has entries of a space that is not known: " + id, null);
    }
    return space;
  }
}
