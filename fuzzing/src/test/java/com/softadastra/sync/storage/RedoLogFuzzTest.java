package com.softadastra.sync.storage;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Logs of commits as a start finds them; of most the checksums are right. */
class RedoLogFuzzTest {
  private static final UUID ID = new UUID(1, 2);
  private static final int BLOCK = 4096;
  private static final int CHECKPOINTED = 2;

  @TempDir Path folder;

  private record Change(long commit, RowChange change, List<Object> values) {}

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("redo-log", Form.BYTES, logs(), this::changes)
            .refusingWith(StorageException.class)
            .generating(RedoLogFuzzTest::damaged)
            .upTo(128 << 10)
            // a null is one byte there, and a change of ten of them is eleven
            .allocating(256 << 10, 24)
            .checking(RedoLogFuzzTest::goesOn));
  }

  private List<Change> changes(byte[] input) throws IOException, SQLException {
    var path = folder.resolve("redo");
    Files.write(path, input);
    var found = new ArrayList<Change>();
    try (var log = RedoLog.open(FilePath.get(path.toString()), ID)) {
      log.forEachAfter(
          CHECKPOINTED,
          (commit, changes) -> {
            try {
              RowChanges.again(
                  changes,
                  (change, values) -> found.add(new Change(commit, change, Arrays.asList(values))));
            } catch (SQLException e) {
              throw new IllegalStateException(e);
            }
          });
    }
    return found;
  }

  /** Commit by commit, and each change with as many values as it takes, which can be written. */
  private static void goesOn(List<Change> found, byte[] input) {
    long last = CHECKPOINTED;
    var again = new RowChanges();
    for (var change : found) {
      // a commit of no changes is none that is given
      hold(change.commit() > CHECKPOINTED && change.commit() >= last, "commits out of order");
      last = change.commit();
      hold(change.values().size() == change.change().parameters(), "values for another change");
      again.add(change.change(), change.values().toArray());
    }
  }

  private static List<byte[]> logs() {
    try {
      var path = Files.createTempFile("commits", ".redo");
      try (var log = RedoLog.create(FilePath.get(path.toString()), 6 * BLOCK, ID)) {
        byte[] empty = Files.readAllBytes(path);
        for (int commit = 1; commit <= 4; commit++) {
          log.append(commit, commit(commit * 1500));
        }
        byte[] first = Files.readAllBytes(path);
        log.checkpointed();
        log.append(5, commit(10));
        byte[] second = Files.readAllBytes(path);
        // what begins behind the checkpoint
        return List.of(first, empty, Arrays.copyOf(first, 2 * BLOCK), shifted(second));
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RowChanges commit(int bytes) {
    var changes = new RowChanges();
    changes.add(RowChange.INSERT_INTENT, new Object[] {7L, 1, "i".repeat(bytes), null});
    changes.add(RowChange.UPDATE_DOCUMENT, new Object[] {true, new byte[20], 9, 5L});
    changes.add(RowChange.DELETE_OUTBOX, new Object[] {1, 4L});
    return changes;
  }

  /** The log of a second pass, as the one after commit 2. */
  private static byte[] shifted(byte[] log) {
    byte[] one = Arrays.copyOf(log, BLOCK);
    ByteBuffer.wrap(one).putLong(28, CHECKPOINTED + 1);
    return summed(one);
  }

  /** Damage to a record or two, which then have the right checksums again. */
  private static byte[] damaged(Mutator mutator) {
    byte[] log = mutator.seed().clone();
    for (int i = mutator.random.nextInt(2); i >= 0 && log.length >= BLOCK; i--) {
      int at = mutator.random.nextInt(log.length / BLOCK) * BLOCK;
      byte[] record = Arrays.copyOfRange(log, at, Math.min(log.length, at + BLOCK));
      int length = Math.clamp(ByteBuffer.wrap(record).getInt(8), RedoLog.HEADER, record.length);
      byte[] changes = mutator.bytes(Arrays.copyOfRange(record, RedoLog.HEADER, length));
      var part = ByteBuffer.allocate(RedoLog.HEADER + changes.length);
      part.put(record, 0, RedoLog.HEADER).put(changes);
      if (mutator.random.nextInt(4) == 0) {
        part.putLong(28, mutator.random.nextInt(8));
      }
      part.putInt(8, part.capacity());
      byte[] whole = summed(part.array());
      log =
          Arrays.copyOf(log, Math.max(log.length, (at + whole.length + BLOCK - 1) / BLOCK * BLOCK));
      System.arraycopy(whole, 0, log, at, whole.length);
    }
    return log;
  }

  /** With the magic number, the id and the checksum that are right. */
  private static byte[] summed(byte[] record) {
    var bytes = ByteBuffer.wrap(record).putInt(0, 0x5344524C);
    bytes.putLong(12, ID.getMostSignificantBits()).putLong(20, ID.getLeastSignificantBits());
    var crc = new CRC32C();
    crc.update(record, 8, Math.clamp(bytes.getInt(8), 8, record.length) - 8);
    return bytes.putInt(4, (int) crc.getValue()).array();
  }
}
