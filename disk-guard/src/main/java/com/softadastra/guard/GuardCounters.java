package com.softadastra.guard;

import java.util.concurrent.atomic.LongAdder;

/** What the files of one guard file system have done since it was registered; any thread reads. */
public final class GuardCounters {

  final LongAdder journalForces = new LongAdder();
  final LongAdder dataForces = new LongAdder();
  final LongAdder journalBytes = new LongAdder();
  final LongAdder dataBytes = new LongAdder();
  final LongAdder turnovers = new LongAdder();
  final LongAdder turnoverWaits = new LongAdder();
  final LongAdder replayedRecords = new LongAdder();
  final LongAdder damagedBlocks = new LongAdder();
  final LongAdder mendedBlocks = new LongAdder();

  GuardCounters() {}

  /** Forces of a journal file: one for each force of a guarded file that had something pending. */
  public long journalForces() {
    return journalForces.sum();
  }

  /** Forces of a data file: at turnover, after a replay and at close. */
  public long dataForces() {
    return dataForces.sum();
  }

  /** Bytes written to journal records, padding included, preallocation not. */
  public long journalBytes() {
    return journalBytes.sum();
  }

  /** Bytes written through to data files, replays included. */
  public long dataBytes() {
    return dataBytes.sum();
  }

  /** How often writing went on in the other journal file. */
  public long turnovers() {
    return turnovers.sum();
  }

  /** How often a commit had to wait for the force of the data file. */
  public long turnoverWaits() {
    return turnoverWaits.sum();
  }

  /** Reads that failed because a block was not what was written there. */
  public long damagedBlocks() {
    return damagedBlocks.sum();
  }

  /** Blocks in which a bit had turned, and was turned back. */
  public long mendedBlocks() {
    return mendedBlocks.sum();
  }

  /** Journal records applied again while opening. */
  public long replayedRecords() {
    return replayedRecords.sum();
  }
}
