package com.softadastra.guard;

import com.softadastra.guard.JournalFile.Chain;
import com.softadastra.guard.JournalRecord.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.UUID;

/**
 * Appends records to the two journal files.
 *
 * <p>Every append is forced before it returns. The files are filled with zeros when they are
 * created, so that an append changes neither size nor extents and the force has to wait for the
 * record alone. Not safe for threads: the owner locks.
 */
final class Journal {

  /** Room kept at the end of a file for the records that only tell a checkpoint. */
  private static final int RESERVE = 2 * JournalRecord.ALIGNMENT;

  private static final int ZEROS_AT_ONCE = 1 << 20;

  private final FileChannel[] files;
  private final long[] sizes;
  private final int journalBytes;
  private final GuardCounters counters;
  private final UUID guard;
  private final PendingRecord announcement = new PendingRecord(JournalRecord.ALIGNMENT);

  private long generation;
  private long sequence;
  private long offset;
  private long announced;

  /**
   * @param files by the parity of the generations they hold; both exist
   * @param recovery where writing goes on
   */
  Journal(FileChannel[] files, Recovery recovery, int journalBytes, GuardCounters counters)
      throws IOException {
    this.files = files;
    this.sizes = new long[] {files[0].size(), files[1].size()};
    this.journalBytes = journalBytes;
    this.counters = counters;
    this.guard = recovery.guard();
    Chain newest = recovery.newest();
    if (newest != null) {
      generation = newest.generation();
      sequence = newest.lastSequence();
      offset = newest.end();
      announced = newest.checkpoint().generation();
    }
  }

  /** Fills the files up to their size with zeros; what they hold stays. */
  void preallocate() throws IOException {
    for (int i = 0; i < 2; i++) {
      if (sizes[i] < journalBytes) {
        while (sizes[i] < journalBytes) {
          int length = (int) Math.min(ZEROS_AT_ONCE, journalBytes - sizes[i]);
          Channels.write(files[i], ByteBuffer.allocateDirect(length), sizes[i]);
          sizes[i] += length;
        }
        files[i].force(true);
      }
    }
  }

  /** The generation written now, or last; 0 before the first. */
  long generation() {
    return generation;
  }

  /** The checkpointed generation that the last record of this generation tells. */
  long announced() {
    return announced;
  }

  /** Whether the record needs the next generation, or else the file would grow. */
  boolean isFull(PendingRecord record) {
    return offset > 0 && offset + JournalRecord.padded(record.length()) > journalBytes - RESERVE;
  }

  /**
   * Goes on in the other file, from its start.
   *
   * <p>That file holds the generation before this one, which must be checkpointed, and this
   * generation must already tell so: if the first record of the next were torn, this generation
   * would be the newest, and it could not be replayed without the one that is gone.
   */
  void nextGeneration() {
    if (announced < generation - 1) {
      throw new IllegalStateException(
          "generation " + (generation - 1) + " would be lost: " + announced + " is checkpointed");
    }
    generation++;
    offset = 0;
  }

  /** Appends and forces. */
  void append(PendingRecord record, Checkpoint checkpoint) throws IOException {
    ByteBuffer bytes = record.seal(guard, generation, sequence + 1, checkpoint);
    int length = bytes.remaining();
    int file = Recovery.fileOf(generation);
    Channels.write(files[file], bytes, offset);
    boolean grown = offset + length > sizes[file];
    files[file].force(grown);
    if (grown) {
      sizes[file] = offset + length;
    }
    offset += length;
    sequence++;
    announced = checkpoint.generation();
    counters.journalForces.increment();
    counters.journalBytes.add(length);
  }

  /** Appends and forces a record without operations. */
  void announce(Checkpoint checkpoint) throws IOException {
    append(announcement, checkpoint);
  }

  void close() throws IOException {
    try (FileChannel first = files[0];
        FileChannel second = files[1]) {
      // closes both, whatever the first one does
    }
  }
}
