package com.softadastra.sync.storage;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Standing;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Reads;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.engine.space.Urgency;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Where a node keeps its log and what follows from it. What is committed is there whole or not at
 * all, and in order; what is committed when {@link #force} returns outlives a power failure.
 *
 * <p>One thread owns it; only {@link #log} is for any thread. A method that fails with a {@link
 * StorageException} while it writes or forces leaves the journal in doubt: its owner stops.
 */
public interface Journal extends Reads, AutoCloseable {
  /** What it says of itself; empty for a new one. */
  Optional<Found> found();

  /** What it holds beside entries and documents. */
  Recovered recover();

  /**
   * What a start begins with.
   *
   * @param node null for a new journal
   * @param records the membership records of each space, in the order in which they came
   * @param chains the ends of chains as of {@code chainsPosition}; what came later is read from the
   *     log
   * @param urgency of what each space has, as of {@code chainsPosition} too
   * @param clocksFollowed the spaces whose documents are folded as their documents of clocks say
   */
  record Recovered(
      @Nullable Node node,
      Map<SpaceId, List<SignedRecord>> records,
      Map<SpaceId, Map<Replica, ChainHead>> chains,
      Map<SpaceId, Urgency> urgency,
      long chainsPosition,
      List<Ledger.Known> statements,
      Set<SpaceId> clocksFollowed) {}

  /**
   * Who writes it.
   *
   * @param opened how often it was opened, this time included
   * @param firstPosition the position that the present incarnation's log starts above
   */
  record Node(Incarnation incarnation, long opened, long firstPosition) {}

  /**
   * Committed entries from a position on, of all spaces, in the order of the log; they end before
   * one that is damaged.
   *
   * @throws DamagedRow where the first is
   */
  List<LoggedEntry> from(long position, int limit);

  /**
   * Where an entry belongs.
   *
   * @param dot by the chain that it is of
   */
  record Place(SpaceId space, Dot dot) {}

  /** What the row at a position, which is damaged, says of where its entry belongs. */
  Optional<Place> place(long position);

  /** How the entry at a position stands, which is damaged: by what is kept beside the log. */
  Standing standing(long position);

  /**
   * The entry at a position, which is damaged, with what was received, where all the rest of the
   * row is what was written.
   */
  Optional<LoggedEntry> mended(long position, Place place, ReceivedEntry received);

  /**
   * Whether a document's row, which is damaged, was written with exactly this state, as far as its
   * checksum tells; false where that is damaged too.
   */
  boolean wasWritten(DocumentState state);

  /**
   * What the outbox has of an entry where that is owed.
   *
   * @param dot by the chain that it is of
   */
  record OutboxRow(long position, SpaceId space, Dot dot, int bytes, long recordedAt) {}

  /**
   * The entries after a position and up to another, of all spaces, in the order of the log, damaged
   * or not; where a damaged row doesn't tell whose it is, it is left out.
   *
   * @param limit how many of the log are looked at
   */
  OutboxRows outboxRows(long after, long last, int limit);

  /**
   * A page of them.
   *
   * @param reached the last position that was looked at
   */
  record OutboxRows(List<OutboxRow> rows, int seen, long reached) {}

  /** From one position to another, both of which are in it. */
  record Stretch(long first, long last) {}

  /**
   * Where the log has a chain's entries from one sequence to another; empty where it has none. It
   * may begin before the first of them, and end after the last, or with the log.
   */
  Optional<Stretch> stretch(SpaceId space, Replica chain, long from, long to);

  /** The positions of entries that are held, in order. */
  List<Long> held();

  /** Makes all of a batch visible; it is durable after the next {@link #force}. */
  void commit(Batch batch);

  /** Forces all that is committed, by this journal and by other means. */
  void force();

  /**
   * Makes all of a batch visible and forces it. What was committed by other means since the last
   * {@link #force} may not be.
   */
  default void record(Batch batch) {
    commit(batch);
    force();
  }

  /**
   * The entries at the front of a space's outbox that are owed to nobody any more.
   *
   * @param owed whether an entry still is
   * @param most of them
   */
  Front settled(SpaceId space, Predicate<Dot> owed, int most);

  /**
   * The front of an outbox.
   *
   * @param rows how many
   * @param upTo the position of the last of them; 0 where there are none
   */
  record Front(int rows, long upTo) {}

  /**
   * The forced part of the log.
   *
   * @param durable tells up to which position it may be shown
   */
  Log log(java.util.function.LongSupplier durable);

  @Override
  void close();
}
