package com.softadastra.guard;

import com.softadastra.guard.JournalFile.Chain;
import com.softadastra.guard.JournalRecord.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Decides, before anything is changed, what the journals of a data file call for.
 *
 * <p>N is the highest generation whose first record is valid, c what the last record of its chain
 * says is checkpointed. Generations c + 1 to N are to be replayed, each from its first record to
 * its last, since the data file may hold any part of any of them. A chain is taken to reach a later
 * record which says that its generation is checkpointed, whatever is missing before that: when a
 * force failed, the next process may have replayed from memory what the disk never had. It is
 * refused, with every file left as it is, when
 *
 * <ul>
 *   <li>one journal file is missing while the other holds records,
 *   <li>the two belong to different guards,
 *   <li>a generation to be replayed is missing or incomplete: the sequence numbers run on from each
 *       generation to the next, and no valid record younger than c may lie outside of what is
 *       replayed,
 *   <li>the data file lacks what the checkpoint says that it holds (it is another one, or older),
 *       in more than one turned bit,
 *   <li>there is no record at all, and the data file was not closed cleanly by H2.
 * </ul>
 *
 * @param guard the guard id, newly drawn if there is no record
 * @param older generation c + 1, if that is not N
 * @param newest generation N, or null if there is no record
 */
record Recovery(UUID guard, @Nullable Chain older, @Nullable Chain newest) {

  /** Where the generation's records lie. */
  static int fileOf(long generation) {
    return (int) (generation % 2);
  }

  /** Whether the data file lacks nothing. */
  boolean isSettled() {
    return newest == null || newest.checkpoint().generation() == newest.generation();
  }

  /**
   * What the journals call for, if the data file holds the {@link #witness}.
   *
   * @param name of the data file
   * @param data the data file
   * @param files the journal files by the parity of the generations they hold, null where missing
   * @throws GuardRefusedException if the files don't fit together
   */
  static Recovery plan(String name, FileChannel data, @Nullable JournalFile[] files)
      throws IOException {
    @Nullable Chain[] chains = new Chain[2];
    for (int i = 0; i < 2; i++) {
      JournalFile file = files[i];
      chains[i] = file == null ? null : file.chain();
    }
    Chain even = chains[0];
    Chain odd = chains[1];
    if (even == null && odd == null) {
      requireWholeWithoutJournal(name, data);
      return new Recovery(UUID.randomUUID(), null, null);
    }
    if (files[0] == null || files[1] == null) {
      throw new GuardRefusedException(name, "one of its two journal files is missing");
    }
    if (even != null && odd != null && !even.guard().equals(odd.guard())) {
      throw new GuardRefusedException(name, "its two journal files belong to different databases");
    }
    for (int i = 0; i < 2; i++) {
      JournalFile file = files[i];
      Chain chain = chains[i];
      chains[i] = file == null || chain == null ? chain : file.upToCheckpoint(chain);
    }
    Recovery plan = plan(name, chains[0], chains[1]);
    requireNoneLeftOut(name, plan, files);
    return plan;
  }

  private static Recovery plan(String name, @Nullable Chain even, @Nullable Chain odd)
      throws GuardRefusedException {
    Chain newest = odd;
    Chain other = even;
    if (newest == null || (even != null && even.generation() > newest.generation())) {
      newest = even;
      other = odd;
    }
    if (newest == null) {
      throw new IllegalStateException("no chain");
    }
    long missing = newest.generation() - newest.checkpoint().generation();
    if (missing <= 1) {
      return new Recovery(newest.guard(), null, newest);
    }
    if (missing > 2
        || other == null
        || other.generation() != newest.generation() - 1
        || other.lastSequence() + 1 != newest.firstSequence()) {
      throw new GuardRefusedException(
          name, "journal generation " + (newest.generation() - 1) + " is missing or incomplete");
    }
    return new Recovery(newest.guard(), other, newest);
  }

  private static void requireNoneLeftOut(String name, Recovery plan, @Nullable JournalFile[] files)
      throws IOException {
    Chain newest = plan.newest();
    if (newest == null) {
      return;
    }
    for (int i = 0; i < 2; i++) {
      JournalFile file = files[i];
      if (file == null) {
        continue;
      }
      Chain replayed = null;
      for (Chain chain : new @Nullable Chain[] {plan.older(), newest}) {
        if (chain != null && fileOf(chain.generation()) == i) {
          replayed = chain;
        }
      }
      long from = replayed == null ? 0 : replayed.end();
      for (JournalRecord stray : file.strayRecords(plan.guard(), from)) {
        if (stray.generation() > newest.checkpoint().generation()) {
          throw new GuardRefusedException(
              name,
              "journal record "
                  + stray.sequence()
                  + " is cut off from its generation by a damaged one");
        }
      }
    }
  }

  /**
   * What the data file has to hold before it is replayed on; {@link Witness#NONE} where nothing can
   * be told.
   */
  Witness witness(@Nullable JournalFile[] files) throws IOException {
    if (newest == null || isSettled()) {
      return Witness.NONE;
    }
    Witness witness = newest.checkpoint().witness();
    boolean[] touched = new boolean[1];
    forEachToReplay(
        files,
        record -> {
          for (Operation operation : record.operations()) {
            touched[0] |= operation.touches(witness);
          }
        });
    return touched[0] ? Witness.NONE : witness;
  }

  /** Every record to replay, in order. */
  void forEachToReplay(@Nullable JournalFile[] files, JournalFile.RecordReader reader)
      throws IOException {
    if (isSettled()) {
      return;
    }
    for (Chain chain : new @Nullable Chain[] {older, newest}) {
      if (chain != null) {
        JournalFile file = files[fileOf(chain.generation())];
        if (file != null) {
          file.forEach(chain, reader);
        }
      }
    }
  }

  /** The checkpoint to go on from when everything has been replayed and forced. */
  Checkpoint settledCheckpoint(FileChannel data) throws IOException {
    return new Checkpoint(newest == null ? 0 : newest.generation(), Witness.ofEnd(data));
  }

  /**
   * H2 leaves a mark in its file header when it has closed a file. An encrypted file hides it and
   * is believed.
   */
  private static void requireWholeWithoutJournal(String name, FileChannel data) throws IOException {
    if (data.size() == 0) {
      return;
    }
    ByteBuffer bytes = ByteBuffer.allocate(8192);
    Channels.readUpTo(data, bytes, 0);
    String header = new String(bytes.array(), StandardCharsets.ISO_8859_1);
    if (!header.contains("clean:1") && !header.startsWith("H2encrypt")) {
      throw new GuardRefusedException(
          name, "it was not closed cleanly and its journal files are missing or empty");
    }
  }
}
