package com.softadastra.edge.blob;

import static com.softadastra.edge.blob.Blobs.CHUNK;
import static com.softadastra.edge.blob.Blobs.add;
import static com.softadastra.edge.blob.Blobs.bytes;
import static com.softadastra.edge.blob.Blobs.limits;
import static com.softadastra.edge.blob.Blobs.put;
import static com.softadastra.edge.blob.Blobs.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Refused;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a loss of power leaves, before and after each step of the store. */
class BlobCrashTest {
  @TempDir Path directory;
  @TempDir Path images;

  /** What was put, by its name. */
  private final Map<BlobId, byte[]> known = new HashMap<>();

  private final Set<BlobId> acknowledged = new HashSet<>();
  private final Set<BlobId> pinned = new HashSet<>();
  private int number;

  /** What was looked at: many steps leave what the one before left. */
  private final Set<Looked> looked = new HashSet<>();

  /**
   * An image and what is expected of it.
   *
   * @param contents by the file's name
   */
  private record Looked(
      Map<String, BlobId> contents,
      Set<BlobId> known,
      Set<BlobId> acknowledged,
      Set<BlobId> pinned) {}

  @Test
  void whatWasAcknowledgedIsThereAndHalfABlobIsNot() throws IOException {
    var crashing = new CrashingDirectory(directory, this::check);
    try (var store = BlobStore.open(crashing, limits(5L * CHUNK), InstantSource.system())) {
      var first = bytes(CHUNK + 10, 1);
      acknowledge(crashing, put(store, known(first)));
      store.pin(BlobId.of(first));
      pinned.add(BlobId.of(first));
      crashing.crash();

      var second = known(bytes(2 * CHUNK + 1, 2));
      add(store, BlobId.of(second), second, CHUNK + 5);
      crashing.crash();
      add(store, BlobId.of(second), second, CHUNK - 10);
      crashing.crash();
      add(store, BlobId.of(second), second, CHUNK);
      acknowledge(crashing, BlobId.of(second));

      var wrong = BlobId.of(new byte[] {1});
      try (var writer = store.write(wrong, 3, 0).orElseThrow()) {
        writer.append(new byte[3], 3);
        writer.commit();
      } catch (Refused _) {
        crashing.crash();
      }

      // the second one has to go for it
      acknowledged.remove(BlobId.of(second));
      acknowledge(crashing, put(store, known(bytes(2 * CHUNK, 3))));
      pinned.clear();
      store.unpin(BlobId.of(first));
    }
    assertThat(crashing.images()).isGreaterThan(100);
    System.out.printf(
        "BlobCrashTest: %,d images, %,d of them different%n", crashing.images(), looked.size());
  }

  private byte[] known(byte[] bytes) {
    known.put(BlobId.of(bytes), bytes);
    return bytes;
  }

  private void acknowledge(CrashingDirectory crashing, BlobId id) throws IOException {
    acknowledged.add(id);
    crashing.crash();
  }

  private void check(Map<String, byte[]> image) throws IOException {
    var contents = new HashMap<String, BlobId>();
    image.forEach((name, bytes) -> contents.put(name, BlobId.of(bytes)));
    if (!looked.add(
        new Looked(
            contents, Set.copyOf(known.keySet()), Set.copyOf(acknowledged), Set.copyOf(pinned)))) {
      return;
    }
    var path = images.resolve("image-" + number++);
    Files.createDirectories(path);
    for (var file : image.entrySet()) {
      Files.write(path.resolve(file.getKey()), file.getValue());
    }
    try (var store = BlobStore.open(path, limits(64L * CHUNK), InstantSource.system())) {
      for (var blob : known.entrySet()) {
        var there = read(store, blob.getKey());
        there.ifPresent(bytes -> assertThat(bytes).isEqualTo(blob.getValue()));
        if (acknowledged.contains(blob.getKey())) {
          assertThat(there).as("acknowledged, of %s", image.keySet()).isPresent();
        }
        if (there.isEmpty()) {
          // who sends it again comes to an end
          add(store, blob.getKey(), blob.getValue(), blob.getValue().length);
          assertThat(read(store, blob.getKey())).contains(blob.getValue());
        }
      }
      assertThat(image.keySet()).containsAll(pinned.stream().map(id -> id + ".pin").toList());
    }
    for (var file : List.of(path.toFile().listFiles())) {
      Files.delete(file.toPath());
    }
  }
}
