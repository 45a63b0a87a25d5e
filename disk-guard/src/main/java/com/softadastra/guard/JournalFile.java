package com.softadastra.guard;

import com.softadastra.guard.JournalRecord.Checkpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Reads one of the two journal files. */
final class JournalFile {

  private final String name;
  private final FileChannel channel;

  JournalFile(String name, FileChannel channel) {
    this.name = name;
    this.channel = channel;
  }

  /**
   * The records of one generation, from the start of the file on.
   *
   * @param checkpoint of the last record, which knows most
   * @param end offset behind the last record
   */
  record Chain(
      UUID guard,
      long generation,
      long firstSequence,
      long lastSequence,
      Checkpoint checkpoint,
      long end) {

    boolean continues(JournalRecord record) {
      return record.guard().equals(guard)
          && record.generation() == generation
          && record.sequence() == lastSequence + 1;
    }

    Chain with(JournalRecord record) {
      return new Chain(
          guard,
          generation,
          firstSequence,
          record.sequence(),
          record.checkpoint(),
          end + record.length());
    }
  }

  /** The chain of this file, or null if its first record isn't valid. */
  @Nullable Chain chain() throws IOException {
    JournalRecord record = recordAt(0);
    if (record == null) {
      return null;
    }
    Chain chain =
        new Chain(
            record.guard(),
            record.generation(),
            record.sequence(),
            record.sequence(),
            record.checkpoint(),
            record.length());
    while (true) {
      record = recordAt(chain.end());
      if (record == null || !chain.continues(record)) {
        return chain;
      }
      chain = chain.with(record);
    }
  }

  /**
   * A chain of this file, on to the last record that says that the chain's own generation is
   * checkpointed, if one lies behind its end: what is missing before that record, the data file
   * has.
   */
  Chain upToCheckpoint(Chain chain) throws IOException {
    Chain found = chain;
    long at = chain.end();
    while (at < channel.size()) {
      JournalRecord record = recordAt(at);
      boolean own =
          record != null
              && record.guard().equals(chain.guard())
              && record.generation() == chain.generation();
      if (record == null || !own) {
        at += JournalRecord.ALIGNMENT;
        continue;
      }
      at += record.length();
      if (record.checkpoint().generation() == chain.generation()) {
        found =
            new Chain(
                chain.guard(),
                chain.generation(),
                chain.firstSequence(),
                record.sequence(),
                record.checkpoint(),
                at);
      }
    }
    return found;
  }

  /** Every record of a chain of this file, in order; one at a time is in memory. */
  void forEach(Chain chain, RecordReader reader) throws IOException {
    long at = 0;
    while (at < chain.end()) {
      JournalRecord record = recordAt(at);
      if (record == null) {
        throw new IOException(name + ": a record can't be read again at offset " + at);
      }
      reader.read(record);
      at += record.length();
    }
  }

  /** The valid records of a guard from an offset on, whatever lies between them; without bodies. */
  List<JournalRecord> strayRecords(UUID guard, long from) throws IOException {
    List<JournalRecord> found = new ArrayList<>();
    long at = from;
    while (at < channel.size()) {
      JournalRecord record = recordAt(at);
      if (record != null && record.guard().equals(guard)) {
        found.add(
            new JournalRecord(
                guard,
                record.generation(),
                record.sequence(),
                record.checkpoint(),
                List.of(),
                record.length()));
        at += record.length();
      } else {
        at += JournalRecord.ALIGNMENT;
      }
    }
    return found;
  }

  private @Nullable JournalRecord recordAt(long offset) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(JournalRecord.HEADER);
    Channels.readUpTo(channel, header, offset);
    long length = JournalRecord.claimedLength(header.flip());
    if (length < 0 || offset + length > channel.size()) {
      return null;
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    Channels.readUpTo(channel, bytes, offset);
    try {
      return JournalRecord.read(bytes.flip());
    } catch (UnsupportedOperationException e) {
      throw new GuardRefusedException(name, "unknown " + e.getMessage());
    }
  }

  /** Takes one record. */
  @FunctionalInterface
  interface RecordReader {
    void read(JournalRecord record) throws IOException;
  }
}
