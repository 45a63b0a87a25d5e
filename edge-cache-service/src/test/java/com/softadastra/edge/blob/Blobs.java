package com.softadastra.edge.blob;

import com.softadastra.edge.blob.BlobStore.Progress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/** Blobs for tests, and how they come into a store. */
public final class Blobs {
  static final int CHUNK = BlobFile.CHUNK_BYTES;
  static final BlobLimits ROOMY = limits(64L << 20);

  private Blobs() {}

  static BlobLimits limits(long diskBytes) {
    return new BlobLimits(diskBytes, 1 << 20, 32 << 20, Duration.ofHours(1), 0);
  }

  /** The same bytes for the same seed. */
  public static byte[] bytes(int length, long seed) {
    var bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static BlobId put(BlobStore store, byte[] bytes) throws IOException {
    var id = BlobId.of(bytes);
    try (var writer = store.write(id, bytes.length, 0).orElseThrow()) {
      writer.append(bytes, bytes.length);
      writer.commit();
    }
    return id;
  }

  /** Adds the bytes from where what is there ends, at most so many. */
  static void add(BlobStore store, BlobId id, byte[] bytes, int most) throws IOException {
    long from = store.progress(id).map(Progress::offset).orElse(0L);
    try (var writer = store.write(id, bytes.length, from).orElseThrow()) {
      int to = (int) Math.min(bytes.length, from + most);
      byte[] piece = Arrays.copyOfRange(bytes, (int) from, to);
      writer.append(piece, piece.length);
      if (writer.isWhole()) {
        writer.commit();
      }
    }
  }

  /** All of it; empty where it isn't there. */
  static Optional<byte[]> read(BlobStore store, BlobId id) throws IOException {
    var found = store.read(id);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (var reader = found.get()) {
      var out = new ByteArrayOutputStream();
      reader.copy(out, 0, reader.total());
      return Optional.of(out.toByteArray());
    }
  }
}
