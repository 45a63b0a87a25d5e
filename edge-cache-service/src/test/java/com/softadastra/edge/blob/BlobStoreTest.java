package com.softadastra.edge.blob;

import static com.softadastra.edge.blob.Blobs.CHUNK;
import static com.softadastra.edge.blob.Blobs.ROOMY;
import static com.softadastra.edge.blob.Blobs.add;
import static com.softadastra.edge.blob.Blobs.bytes;
import static com.softadastra.edge.blob.Blobs.limits;
import static com.softadastra.edge.blob.Blobs.put;
import static com.softadastra.edge.blob.Blobs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.blob.BlobStore.Progress;
import com.softadastra.edge.store.StoreUnusable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobStoreTest {
  @TempDir Path directory;
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private BlobStore store;

  @BeforeEach
  void open() {
    open(ROOMY);
  }

  private void open(BlobLimits limits) {
    InstantSource clock = () -> now;
    store = BlobStore.open(directory, limits, clock);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void reopen(BlobLimits limits) {
    store.close();
    open(limits);
  }

  private static void assertRefused(ProblemCode code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            Refused.class, it -> assertThat(it.problem().code()).isEqualTo(code));
  }

  private List<String> files() throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(it -> it.getFileName().toString()).filter(it -> !it.equals("lock")).toList();
    }
  }

  private long bytesOnDisk() throws IOException {
    try (var files = Files.list(directory)) {
      return files.mapToLong(it -> it.toFile().length()).sum();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 77})
  void keepsWhatWasPutOverARestart(int length) throws IOException {
    var bytes = bytes(length, length);
    var id = put(store, bytes);
    assertThat(read(store, id)).contains(bytes);
    assertThat(files()).containsExactly(id + ".blob");
    assertThat(store.write(id, length, 0)).isEmpty();

    reopen(ROOMY);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void nothingStaysOfWhatHasAnotherName() throws IOException {
    var bytes = bytes(2 * CHUNK, 1);
    var other = BlobId.of(new byte[] {1});
    try (var writer = store.write(other, bytes.length, 0).orElseThrow()) {
      writer.append(bytes, bytes.length);
      assertRefused(ProblemCode.BLOB_MISMATCH, writer::commit);
    }
    assertThat(store.has(other)).isFalse();
    assertThat(store.progress(other)).isEmpty();
    assertThat(files()).isEmpty();
    assertThat(store.totals().bytes()).isZero();
  }

  @Test
  void goesOnWhereItWasLeft() throws IOException {
    var bytes = bytes(3 * CHUNK + 5, 2);
    var id = BlobId.of(bytes);
    int steps = 0;
    while (!store.has(id)) {
      add(store, id, bytes, 100_003);
      steps++;
    }
    assertThat(steps).isEqualTo(8);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void anotherProcessGoesOnAfterTheLastWholeChunk() throws IOException {
    var bytes = bytes(3 * CHUNK, 3);
    var id = BlobId.of(bytes);
    add(store, id, bytes, 2 * CHUNK + 100);
    assertThat(store.progress(id)).contains(new Progress(2 * CHUNK + 100, bytes.length));

    reopen(ROOMY);
    assertThat(store.progress(id)).contains(new Progress(2 * CHUNK, bytes.length));
    assertThat(store.has(id)).isFalse();
    assertThat(store.read(id)).isEmpty();
    add(store, id, bytes, bytes.length);
    assertThat(read(store, id)).contains(bytes);
  }

  /** All that was there was never committed: the last chunk is asked for again. */
  @Test
  void whatWasNeverCommittedIsNeverWhole() throws IOException {
    var bytes = bytes(2 * CHUNK, 4);
    var id = BlobId.of(bytes);
    try (var writer = store.write(id, bytes.length, 0).orElseThrow()) {
      writer.append(bytes, bytes.length);
    }
    reopen(ROOMY);
    assertThat(store.progress(id)).contains(new Progress(CHUNK, bytes.length));
    add(store, id, bytes, bytes.length);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void aDamagedBeginningIsTakenUpToTheDamage() throws IOException {
    var bytes = bytes(4 * CHUNK, 5);
    var id = BlobId.of(bytes);
    add(store, id, bytes, 3 * CHUNK + 1);
    store.close();
    flip(id + ".part", 16 + CHUNK + 32 + 9);
    open(ROOMY);
    assertThat(store.progress(id)).contains(new Progress(CHUNK, bytes.length));
    add(store, id, bytes, bytes.length);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void oneAddsAtATime() throws IOException {
    var bytes = bytes(CHUNK, 6);
    var id = BlobId.of(bytes);
    try (var _ = store.write(id, bytes.length, 0).orElseThrow()) {
      assertRefused(ProblemCode.BLOB_BUSY, () -> store.write(id, bytes.length, 0));
    }
    put(store, bytes);
  }

  @Test
  void whoGoesOnElsewhereIsTold() throws IOException {
    var bytes = bytes(CHUNK, 7);
    var id = BlobId.of(bytes);
    assertRefused(ProblemCode.BLOB_OFFSET, () -> store.write(id, bytes.length, 10));
    add(store, id, bytes, 100);
    assertRefused(ProblemCode.BLOB_OFFSET, () -> store.write(id, bytes.length, 99));
    assertRefused(ProblemCode.BLOB_OFFSET, () -> store.write(id, bytes.length + 1, 100));
    assertThat(store.progress(id)).contains(new Progress(100, bytes.length));
    // from the beginning it may always begin
    put(store, bytes);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void whatNobodyGoesOnWithLapses() throws IOException {
    var bytes = bytes(CHUNK, 8);
    var id = BlobId.of(bytes);
    add(store, id, bytes, 100);
    now = now.plusSeconds(3600);
    assertThat(store.progress(id)).isPresent();
    now = now.plusSeconds(1);
    assertThat(store.progress(id)).isEmpty();
    assertThat(files()).isEmpty();
    assertThat(store.totals().bytes()).isZero();
  }

  @Test
  void aDamagedChunkIsNeverReadAndTheBlobIsPutAside() throws IOException {
    var bytes = bytes(3 * CHUNK, 9);
    var id = put(store, bytes);
    reopen(new BlobLimits(64L << 20, 0, 32 << 20, ROOMY.idle(), 0));
    flip(id + ".blob", 16 + CHUNK + 32 + CHUNK / 2);
    try (var reader = store.read(id).orElseThrow()) {
      assertThat(reader.chunkFrom(CHUNK - 1)).containsExactly(bytes[CHUNK - 1]);
      assertThatThrownBy(() -> reader.chunkFrom(CHUNK)).isInstanceOf(BlobUnreadable.class);
    }
    assertThat(store.read(id)).isEmpty();
    assertThat(files()).containsExactly(id + ".damaged");
    assertThat(store.totals().damaged()).isEqualTo(1);

    put(store, bytes);
    assertThat(read(store, id)).contains(bytes);
    assertThat(files()).containsExactly(id + ".blob");
  }

  /** Each bit of a small blob's file, one after the other. */
  @Test
  void noFlippedBitIsServed() throws IOException {
    var bytes = bytes(40, 10);
    var id = put(store, bytes);
    store.close();
    byte[] file = Files.readAllBytes(directory.resolve(id + ".blob"));
    for (int bit = 0; bit < file.length * 8; bit++) {
      byte[] damaged = file.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(directory.resolve(id + ".blob"), damaged);
      open(ROOMY);
      assertThatThrownBy(() -> read(store, id).orElseThrow()).as("bit %d", bit).isNotNull();
      assertThat(store.has(id)).isFalse();
      store.close();
    }
    open(ROOMY);
  }

  @Test
  void aFileOfAnotherLengthOrNameIsNotLoaded() throws IOException {
    var bytes = bytes(2 * CHUNK, 11);
    var id = put(store, bytes);
    var other = BlobId.of(new byte[0]);
    byte[] file = Files.readAllBytes(directory.resolve(id + ".blob"));
    store.close();
    // cut off where a chunk ends, and in another's place
    Files.write(directory.resolve(id + ".blob"), Arrays.copyOf(file, 16 + CHUNK + 32));
    Files.write(directory.resolve(other + ".blob"), file);
    Files.writeString(directory.resolve("note"), "of somebody else");
    open(ROOMY);
    assertThat(store.has(id)).isFalse();
    assertThat(store.has(other)).isFalse();
    assertThat(files()).containsExactly("note");
  }

  private void flip(String name, long position) throws IOException {
    try (var file = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
      file.seek(position);
      int b = file.read();
      file.seek(position);
      file.write(b ^ 1);
    }
  }

  // ---- room

  @Test
  void refusesWhatIsTooLarge() {
    assertRefused(
        ProblemCode.DOCUMENT_TOO_LARGE,
        () -> store.write(BlobId.of(new byte[0]), ROOMY.largestBytes() + 1, 0));
  }

  @Test
  void whatWasNeverAskedForGoesFirst() throws IOException {
    reopen(limits(6L * CHUNK));
    var ids = new ArrayList<BlobId>();
    for (int i = 0; i < 5; i++) {
      ids.add(put(store, bytes(CHUNK, 100 + i)));
      read(store, ids.getFirst());
    }
    for (int i = 5; i < 40; i++) {
      ids.add(put(store, bytes(CHUNK, 100 + i)));
      assertThat(store.has(ids.getLast())).isTrue();
    }
    // a walk through many doesn't drive out what is read
    assertThat(store.has(ids.getFirst())).isTrue();
    assertThat(store.has(ids.get(1))).isFalse();
  }

  @Test
  void whatIsPinnedStaysAndFillsTheRoom() throws IOException {
    reopen(limits(4L * CHUNK));
    var first = put(store, bytes(CHUNK, 1));
    var second = put(store, bytes(CHUNK, 2));
    assertThat(store.pin(first)).isTrue();
    assertThat(store.pin(second)).isTrue();
    assertThat(store.pin(BlobId.of(new byte[0]))).isFalse();
    assertRefused(ProblemCode.STORAGE_FULL, () -> put(store, bytes(2 * CHUNK, 3)));
    put(store, bytes(CHUNK, 4));
    reopen(limits(4L * CHUNK));
    for (int i = 0; i < 10; i++) {
      put(store, bytes(CHUNK, 10 + i));
      assertThat(store.has(first)).isTrue();
      assertThat(store.has(second)).isTrue();
    }
    store.unpin(first);
    store.unpin(second);
    reopen(limits(4L * CHUNK));
    put(store, bytes(2 * CHUNK, 3));
    put(store, bytes(CHUNK, 30));
    assertThat(store.has(first)).isFalse();
    assertThat(store.has(second)).isFalse();
  }

  private HookedDirectory reopenHooked(BlobLimits limits) {
    store.close();
    var hooked = new HookedDirectory(directory);
    store = BlobStore.open(hooked, limits, () -> now);
    return hooked;
  }

  private static <T> T elsewhere(Callable<T> call) {
    var done = new CompletableFuture<T>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            done.complete(call.call());
          } catch (Exception e) {
            done.completeExceptionally(e);
          }
        });
    return done.orTimeout(20, TimeUnit.SECONDS).join();
  }

  /** What is being pinned doesn't go. */
  @Test
  void nobodyWaitsForAPinThatIsForced() throws IOException {
    var hooked = reopenHooked(limits(4L * CHUNK));
    var first = put(store, bytes(CHUNK, 1));
    var forces = new AtomicInteger();
    hooked.onForce =
        () -> {
          hooked.onForce = () -> {};
          forces.incrementAndGet();
          assertThat(elsewhere(() -> store.has(first))).isTrue();
          for (int i = 0; i < 4; i++) {
            byte[] bytes = bytes(CHUNK, 10 + i);
            assertThat(elsewhere(() -> put(store, bytes))).isNotEqualTo(first);
          }
        };
    store.pin(first);
    assertThat(store.has(first)).isTrue();
    hooked.onForce =
        () -> {
          hooked.onForce = () -> {};
          forces.incrementAndGet();
          assertThat(elsewhere(() -> store.has(first))).isTrue();
        };
    store.unpin(first);
    assertThat(forces).hasValue(2);
  }

  @Test
  void aPinThatCannotBeForcedIsNone() throws IOException {
    var hooked = reopenHooked(limits(4L * CHUNK));
    var first = put(store, bytes(CHUNK, 1));
    hooked.onForce =
        () -> {
          throw new IOException("Input/output error");
        };
    assertThatThrownBy(() -> store.pin(first)).isInstanceOf(IOException.class);
    hooked.onForce = () -> {};
    assertThat(files()).containsExactly(first + ".blob");
    assertThat(store.totals().pinned()).isZero();
    put(store, bytes(3 * CHUNK, 2));
    assertThat(store.has(first)).isFalse();
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(3 * CHUNK));
  }

  @Test
  void anUnfinishedBlobCountsWithItsWholeLength() throws IOException {
    reopen(limits(4L * CHUNK));
    var bytes = bytes(3 * CHUNK, 5);
    add(store, BlobId.of(bytes), bytes, 1);
    assertRefused(ProblemCode.STORAGE_FULL, () -> put(store, bytes(CHUNK, 6)));
    add(store, BlobId.of(bytes), bytes, bytes.length);
    put(store, bytes(CHUNK, 6));
    assertThat(store.has(BlobId.of(bytes))).isFalse();
  }

  @Test
  void aSmallerBudgetIsHeldFromTheStart() throws IOException {
    for (int i = 0; i < 8; i++) {
      put(store, bytes(CHUNK, i));
    }
    reopen(limits(3L * CHUNK));
    assertThat(store.totals().blobs()).isEqualTo(2);
    assertThat(bytesOnDisk()).isLessThanOrEqualTo(3L * CHUNK);
  }

  @Test
  void anotherProcessCanNotHaveTheDirectory() {
    assertThatThrownBy(() -> open(ROOMY))
        .isInstanceOf(StoreUnusable.class)
        .hasMessageContaining("in use");
  }

  /** As a peer gives it, which then is gone. */
  private void fetchSome(BlobId id, byte[] bytes, int most) throws IOException {
    long from = store.progress(id).map(Progress::offset).orElse(0L);
    try (var writer = store.writeFetched(id, bytes.length, from).orElse(null)) {
      if (writer != null) {
        byte[] piece =
            Arrays.copyOfRange(bytes, (int) from, (int) Math.min(bytes.length, from + most));
        writer.append(piece, piece.length);
        if (writer.isWhole()) {
          writer.commit();
        }
      }
    }
  }

  /** Whatever is done, the budget is held and what is there is right. */
  @Test
  void holdsTheBudgetUnderRandomLoad() throws IOException {
    long seed = Long.getLong("blobs.seed", System.nanoTime());
    System.out.println("BlobStoreTest: -Dblobs.seed=" + seed);
    var random = new Random(seed);
    long budget = 8L * CHUNK;
    reopen(limits(budget));
    Map<BlobId, byte[]> all = new HashMap<>();
    for (int i = 0; i < 30; i++) {
      var bytes = bytes(random.nextInt(2 * CHUNK), seed + i);
      all.put(BlobId.of(bytes), bytes);
    }
    var ids = List.copyOf(all.keySet());
    int refused = 0;
    for (int step = 0; step < 2_000; step++) {
      var id = ids.get(random.nextInt(ids.size()));
      byte[] bytes = all.get(id);
      try {
        switch (random.nextInt(11)) {
          case 0, 1, 2 -> {
            if (!store.has(id)) {
              add(store, id, bytes, 1 + random.nextInt(CHUNK));
            }
          }
          case 3, 4 -> {
            if (!store.has(id)) {
              put(store, bytes);
            }
          }
          case 5 -> store.pin(id);
          case 6, 7 -> store.unpin(id);
          case 10 -> fetchSome(id, bytes, 1 + random.nextInt(CHUNK));
          case 8 -> read(store, id).ifPresent(it -> assertThat(it).isEqualTo(bytes));
          default -> {
            if (random.nextInt(10) == 0) {
              reopen(limits(budget));
            }
            now = now.plusSeconds(random.nextInt(600));
          }
        }
      } catch (Refused refusal) {
        assertThat(refusal.problem().code()).isEqualTo(ProblemCode.STORAGE_FULL);
        refused++;
      }
      assertThat(bytesOnDisk()).as("step %d", step).isLessThanOrEqualTo(budget);
      assertThat(store.totals().bytes()).isLessThanOrEqualTo(budget);
    }
    assertThat(store.totals().evicted() + refused).isPositive();
    for (var id : ids) {
      read(store, id).ifPresent(it -> assertThat(it).isEqualTo(all.get(id)));
    }
  }
}
