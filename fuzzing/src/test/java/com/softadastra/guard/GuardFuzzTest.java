package com.softadastra.guard;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.guard.BlockSums.DamagedBlock;
import com.softadastra.guard.JournalFile.Chain;
import com.softadastra.guard.JournalRecord.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Records and journals whose checksums are right more often than not: a wrong one ends the reading
 * at once.
 */
class GuardFuzzTest {
  private static final UUID GUARD = new UUID(1, 2);
  private static final int BLOCK = JournalRecord.ALIGNMENT;

  @TempDir Path folder;

  /** A data file: what H2 would have as two headers, and three blocks. */
  private static final byte[] DATA = drawn(5 * BlockSums.BLOCK);

  /** Its journals are done with. */
  private static final Recovery SETTLED =
      new Recovery(
          GUARD, null, new Chain(GUARD, 3, 77, 77, new Checkpoint(3, Witness.NONE), 2 * BLOCK));

  /** What a shadow that isn't the one that is spoken of comes to. */
  private static final class NoShadow extends Exception {
    private static final long serialVersionUID = 1;
  }

  /** What a journal record is refused with. */
  private static final class NoRecord extends Exception {
    private static final long serialVersionUID = 1;
  }

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("journal-record", Form.BYTES, List.of(unpadded()), GuardFuzzTest::record)
            .refusingWith(NoRecord.class, UnsupportedOperationException.class)
            .generating(mutator -> summed(mutator.mutate(unpadded())))
            .checking(GuardFuzzTest::isWritten),
        Target.of("journals", Form.BYTES, List.of(journals()), this::recovered)
            .refusingWith(GuardRefusedException.class)
            .generating(GuardFuzzTest::damaged)
            .upTo(128 << 10)
            .allocating(1 << 20, 32),
        Target.of("block-sums", Form.BYTES, sums(), this::compared)
            .refusingWith(DamagedBlock.class)
            .generating(GuardFuzzTest::pageOfSums)
            .upTo(128 << 10)
            .allocating(1 << 20, 16)
            .checking((read, _) -> Bytes.same(DATA, read)),
        Target.of("shadow", Form.BYTES, shadows(), this::replaced)
            .refusingWith(NoShadow.class)
            .upTo(128 << 10)
            .allocating(1 << 20, 16)
            .checking(GuardFuzzTest::isTold));
  }

  private static ByteBuffer sealed(long generation, long sequence, long checkpointed) {
    var pending = new PendingRecord(4096);
    pending.write(8192, ByteBuffer.wrap(Bytes.utf8("chunk " + sequence)));
    pending.truncate(12288);
    pending.write(0, ByteBuffer.wrap(new byte[16]));
    pending.replace(new Operation.Replacement(4128, 9));
    return pending.seal(
        GUARD, generation, sequence, new Checkpoint(checkpointed, new Witness(8192, 4, 7)));
  }

  private static byte[] unpadded() {
    var record = sealed(3, 77, 2);
    byte[] bytes = new byte[(int) JournalRecord.claimedLength(record)];
    record.get(0, bytes);
    return bytes;
  }

  /** The same bytes with the length and checksum that they should have. */
  private static byte[] summed(byte[] record) {
    if (record.length < JournalRecord.HEADER) {
      return record;
    }
    var bytes = ByteBuffer.wrap(record.clone());
    bytes.putInt(0, JournalRecord.MAGIC).putInt(68, record.length - JournalRecord.HEADER);
    bytes.putInt(72, JournalRecord.checksum(bytes));
    return bytes.array();
  }

  private static JournalRecord record(byte[] input) throws NoRecord {
    var record = JournalRecord.read(ByteBuffer.wrap(input));
    if (record == null) {
      throw new NoRecord();
    }
    return record;
  }

  private static void isWritten(JournalRecord record, byte[] input) {
    var pending = new PendingRecord(4096);
    for (var operation : record.operations()) {
      switch (operation) {
        case Operation.Write(var position, var bytes) -> {
          hold(position >= 0, "a write before the file");
          pending.write(position, bytes.duplicate());
        }
        case Operation.Truncation(var size) -> {
          hold(size >= 0, "a size below nothing");
          pending.truncate(size);
        }
        case Operation.Replacement replacement -> {
          hold(replacement.length() >= 0, "a shadow shorter than nothing");
          pending.replace(replacement);
        }
      }
    }
    var again =
        pending.seal(record.guard(), record.generation(), record.sequence(), record.checkpoint());
    byte[] encoded = new byte[input.length];
    again.get(0, encoded);
    Bytes.same(input, encoded);
  }

  /** The two journal files in one: half and half. */
  private static byte[] journals() {
    var files = ByteBuffer.allocate(8 * BLOCK);
    put(files, 0, sealed(4, 79, 2));
    put(files, BLOCK, sealed(4, 80, 3));
    put(files, 2 * BLOCK, sealed(2, 75, 1));
    put(files, 4 * BLOCK, sealed(3, 77, 2));
    put(files, 5 * BLOCK, sealed(3, 78, 2));
    put(files, 6 * BLOCK, sealed(1, 73, 0));
    return files.array();
  }

  private static void put(ByteBuffer files, int at, ByteBuffer record) {
    files.duplicate().position(at).put(record.duplicate());
  }

  /** Damage to one record, which then has the right checksum again. */
  private static byte[] damaged(Mutator mutator) {
    byte[] files = journals();
    for (int i = mutator.random.nextInt(3); i >= 0; i--) {
      int at = mutator.random.nextInt(files.length / BLOCK) * BLOCK;
      byte[] record = Arrays.copyOfRange(files, at, at + BLOCK);
      int length = (int) Math.max(JournalRecord.HEADER, ByteBuffer.wrap(record).getInt(68) + 76L);
      byte[] part = mutator.bytes(Arrays.copyOf(record, Math.min(length, BLOCK)));
      part = summed(Arrays.copyOf(part, Math.min(part.length, BLOCK)));
      System.arraycopy(part, 0, files, at, part.length);
    }
    return files;
  }

  /** Plans, and replays into an empty file, as a start does. */
  private Recovery recovered(byte[] input) throws IOException {
    int half = input.length / 2;
    try (var data = open("data", new byte[0]);
        var even = open("even", Arrays.copyOf(input, half));
        var odd = open("odd", Arrays.copyOfRange(input, half, input.length))) {
      var files = new JournalFile[] {new JournalFile("even", even), new JournalFile("odd", odd)};
      var plan = Recovery.plan("data", data, files);
      if (!plan.witness(files).holdsIn(data)) {
        throw new GuardRefusedException("data", "it is another file");
      }
      plan.forEachToReplay(
          files,
          record -> {
            for (var operation : record.operations()) {
              switch (operation) {
                // far positions would only make the file sparse and slow to delete
                case Operation.Write(var position, _) when position >= 1 << 30 -> {}
                // there is no shadow here
                case Operation.Replacement _ -> {}
                case Operation.Write _, Operation.Truncation _ -> operation.applyTo(data);
              }
            }
          });
      plan.settledCheckpoint(data);
      return plan;
    }
  }

  private static byte[] drawn(int length) {
    var bytes = new byte[length];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  private static List<byte[]> sums() {
    var path = FilePath.get("memFS:sums");
    try (var file = path.open("rw")) {
      var data = FilePath.get("memFS:data").open("rw");
      var sums = new BlockSums("data", file, false, SETTLED, data);
      sums.wrote(new Operation.Write(0, ByteBuffer.wrap(DATA)));
      sums.store(2);
      byte[] once = bytes(file);
      sums.store(3);
      sums.wrote(new Operation.Write(BlockSums.BLOCK * 600L, ByteBuffer.wrap(DATA)));
      sums.store(3);
      return List.of(once, bytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      path.delete();
      FilePath.get("memFS:data").delete();
    }
  }

  private static byte[] bytes(FileChannel file) throws IOException {
    var bytes = ByteBuffer.allocate((int) file.size());
    Channels.readUpTo(file, bytes, 0);
    return bytes.array();
  }

  /** A page of them is damaged and has the right checksum all the same. */
  private static byte[] pageOfSums(Mutator mutator) {
    byte[] file = mutator.seed().clone();
    int at = mutator.random.nextInt(Math.max(1, file.length / BlockSums.BLOCK)) * BlockSums.BLOCK;
    byte[] page = Arrays.copyOfRange(file, at, at + BlockSums.BLOCK);
    if (mutator.random.nextBoolean()) {
      page = Arrays.copyOf(mutator.bytes(page), BlockSums.BLOCK);
    } else {
      // where the sums are of the blocks that there are
      page[32 + mutator.random.nextInt(40)] ^= (byte) (1 << mutator.random.nextInt(8));
    }
    var bytes = ByteBuffer.wrap(page).putInt(4, 0x53444254);
    if (mutator.random.nextInt(4) > 0) {
      bytes.putLong(8, GUARD.getMostSignificantBits()).putLong(16, GUARD.getLeastSignificantBits());
    }
    var crc = new CRC32C();
    crc.update(page, 4, BlockSums.BLOCK - 4);
    bytes.putInt(0, (int) crc.getValue());
    file = Arrays.copyOf(file, Math.max(file.length, at + BlockSums.BLOCK));
    System.arraycopy(page, 0, file, at, BlockSums.BLOCK);
    return file;
  }

  /** The data file as it is read, each block compared and mended where it can be. */
  private byte[] compared(byte[] input) throws IOException {
    try (var data = open("data", DATA);
        var file = open("sums", input)) {
      var sums = new BlockSums("data", file, false, SETTLED, data);
      var bytes = ByteBuffer.allocate(DATA.length);
      while (bytes.hasRemaining()) {
        try {
          sums.read(data, bytes, bytes.position());
        } catch (DamagedBlock e) {
          if (!sums.mend(data, e)) {
            throw e;
          }
        }
      }
      sums.store(4);
      return bytes.array();
    }
  }

  private static List<byte[]> shadows() {
    var path = FilePath.get("memFS:shadow");
    try (var data = FilePath.get("memFS:data").open("rw")) {
      data.write(ByteBuffer.wrap(DATA), 0);
      try (var shadow = Shadow.begin(path, data)) {
        shadow.write(ByteBuffer.wrap(DATA, 0, 3 * Shadow.BLOCK), Shadow.BLOCK);
        shadow.truncate(2 * Shadow.BLOCK + 9);
        shadow.write(ByteBuffer.wrap(DATA, 0, 50), 6 * Shadow.BLOCK);
        shadow.complete();
      }
      try (var file = path.open("r")) {
        byte[] some = bytes(file);
        try (var shadow = Shadow.begin(path, data)) {
          shadow.complete();
        }
        try (var none = path.open("r")) {
          return List.of(some, bytes(none));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      path.delete();
      FilePath.get("memFS:data").delete();
    }
  }

  /** A shadow of which a record has the right checksum: how long the data file is by it. */
  private Long replaced(byte[] input) throws IOException, NoShadow {
    open("shadow", input).close();
    var path = FilePath.get(folder.resolve("shadow").toString());
    var crc = new CRC32C();
    crc.update(input);
    var replacement = new Operation.Replacement(input.length, (int) crc.getValue());
    if (!Shadow.isThere(path, replacement)) {
      throw new NoShadow();
    }
    try (var data = open("data", DATA)) {
      Shadow.forEach(
          path,
          replacement,
          operation -> {
            switch (operation) {
              // far positions would only make the file sparse and slow to delete
              case Operation.Write(var position, _) when position >= 1 << 30 -> {}
              case Operation.Write _, Operation.Truncation _, Operation.Replacement _ ->
                  operation.applyTo(data);
            }
          });
      return data.size();
    }
  }

  /** The size that it ends with is the last number but one. */
  private static void isTold(long size, byte[] shadow) {
    long told = ByteBuffer.wrap(shadow).getLong(shadow.length - 2 * Long.BYTES);
    hold(size <= told, "the data file is longer than its shadow says");
  }

  private FileChannel open(String name, byte[] content) throws IOException {
    var channel =
        FileChannel.open(
            folder.resolve(name),
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    channel.write(ByteBuffer.wrap(content));
    return channel;
  }
}
