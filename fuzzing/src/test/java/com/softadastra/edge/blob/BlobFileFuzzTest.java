package com.softadastra.edge.blob;

import static com.softadastra.fuzz.Bytes.hold;

import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Files of blobs, whole or begun, as a start finds them. */
class BlobFileFuzzTest {
  private static final byte[] BLOB = blob();
  private static final BlobId ID = BlobId.of(BLOB);
  private static final int HEADER = 16;

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("blob-file", Form.BYTES, files(), this::read)
            .refusingWith(BlobFile.Damaged.class)
            .generating(BlobFileFuzzTest::announced)
            .upTo(320 << 10)
            .allocating(1 << 20, 8)
            .checking((read, input) -> {
              hold(read.length <= input.length, "more than there is");
              hold(
                  Arrays.equals(read, 0, read.length, BLOB, 0, Math.min(read.length, BLOB.length)),
                  "other bytes than were written");
            }));
  }

  private static byte[] blob() {
    var bytes = new byte[BlobFile.CHUNK_BYTES + 5000];
    new Random(1).nextBytes(bytes);
    return bytes;
  }

  /** All chunks of a whole one; of one that is begun what a client goes on behind. */
  private byte[] read(byte[] input) throws IOException {
    try (var file = open(input)) {
      var total = BlobFile.total(file, ID);
      if (total.isEmpty()) {
        throw new BlobFile.Damaged("no header");
      }
      long length = total.getAsLong();
      boolean whole = file.size() == BlobFile.fileBytes(length);
      int chunks = BlobFile.chunks(length);
      if (!whole) {
        var partial = new Partial(ID, length, false, Instant.EPOCH);
        partial.restore(file);
        hold(file.size() <= BlobFile.position(partial.offset()), "goes on behind what isn't there");
        chunks = (int) (partial.offset() / BlobFile.CHUNK_BYTES);
      }
      var bytes = new ByteArrayOutputStream();
      for (int chunk = 0; chunk < chunks; chunk++) {
        bytes.writeBytes(BlobFile.chunk(file, ID, length, chunk));
      }
      return bytes.toByteArray();
    }
  }

  private FileChannel open(byte[] content) throws IOException {
    var path = folder.resolve("blob");
    Files.write(path, content);
    return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static List<byte[]> files() {
    byte[] whole = written(BLOB.length);
    return List.of(whole, Arrays.copyOf(whole, whole.length - 100), Arrays.copyOf(whole, HEADER));
  }

  private static byte[] written(int length) {
    try {
      var path = Files.createTempFile("blob", ".file");
      try (var file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        Partial.write(file, BlobFile.header(ID, BLOB.length), 0);
        new Partial(ID, BLOB.length, false, Instant.EPOCH).append(file, BLOB, length);
        return Files.readAllBytes(path);
      } finally {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A header that is right for any length, before damage or nothing. */
  private static byte[] announced(Mutator mutator) {
    var lengths =
        IntStream.of(0, 1, BlobFile.CHUNK_BYTES, BLOB.length, 2 * BlobFile.CHUNK_BYTES)
            .asLongStream();
    long[] known = lengths.toArray();
    long total =
        mutator.random.nextBoolean()
            ? Math.abs(mutator.interesting())
            : known[mutator.random.nextInt(known.length)];
    byte[] rest = mutator.random.nextBoolean() ? new byte[0] : mutator.bytes(mutator.seed());
    int skipped = Math.min(HEADER, rest.length);
    return ByteBuffer.allocate(HEADER + rest.length - skipped)
        .put(BlobFile.header(ID, total))
        .put(rest, skipped, rest.length - skipped)
        .array();
  }
}
