package com.softadastra.edge.blob;

import static com.softadastra.edge.blob.Blobs.CHUNK;
import static com.softadastra.edge.blob.Blobs.add;
import static com.softadastra.edge.blob.Blobs.bytes;
import static com.softadastra.edge.blob.Blobs.limits;
import static com.softadastra.edge.blob.Blobs.read;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Refused;
import com.softadastra.disk.DiskFault;
import com.softadastra.edge.store.StoreUnusable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A short life of the blobs on a disk of which one call fails, for every call of it. */
class BlobDiskErrorsIT {
  /** Looked at after the error, and again each time that something was acknowledged since. */
  private static final int IMAGES = 6;

  @TempDir Path directory;

  private final Set<DiskFault.Kind> failed = EnumSet.noneOf(DiskFault.Kind.class);

  @Test
  void whatWasAcknowledgedIsThereAndWhatFailedCanBeDoneAgain() throws IOException {
    int number = 0;
    Life life;
    do {
      life = new Life(++number);
      life.live();
    } while (life.failed != null);

    assertThat(failed).containsExactlyInAnyOrder(DiskFault.Kind.values());
    System.out.println("BlobDiskErrorsIT: " + (number - 1) + " calls failed");
  }

  /** The life in which call number n fails. */
  private final class Life implements DiskFault {
    private final int number;
    private final Path path;
    private final Map<BlobId, byte[]> known = new HashMap<>();
    private final Set<BlobId> acknowledged = new HashSet<>();

    private int calls;
    private int images;
    private int folders;
    private @Nullable String failed;
    private CrashingDirectory crashing;
    private BlobStore store;

    Life(int number) throws IOException {
      this.number = number;
      this.path = Files.createDirectory(directory.resolve("life-" + number));
    }

    @Override
    public void before(Kind kind, String file) throws IOException {
      if (++calls == number) {
        failed = kind + " of " + file;
        BlobDiskErrorsIT.this.failed.add(kind);
        throw new IOException("planted: " + failed);
      }
    }

    private interface Step {
      void run() throws IOException;
    }

    /** Who is told of a failure tries once more. */
    private void twice(Step step) throws IOException {
      try {
        step.run();
      } catch (IOException | Refused | StoreUnusable e) {
        if (failed == null) {
          throw e;
        }
        step.run();
      }
    }

    void live() throws IOException {
      var first = known(CHUNK + 10, 1);
      var second = known(2 * CHUNK + 1, 2);
      twice(this::open);
      put(first, Integer.MAX_VALUE);
      twice(() -> assertThat(store.pin(BlobId.of(first))).isTrue());
      put(second, CHUNK + 5);
      store.close();
      twice(this::open);
      put(second, CHUNK - 10);
      put(second, Integer.MAX_VALUE);
      twice(() -> store.unpin(BlobId.of(first)));
      store.close();

      if (failed != null) {
        look(path, BlobStore.open(path, limits(64L * CHUNK), InstantSource.system()));
      }
    }

    private void open() throws IOException {
      crashing = new CrashingDirectory(path, this::check, this);
      store = BlobStore.open(crashing, limits(64L * CHUNK), InstantSource.system());
    }

    private byte[] known(int length, long seed) {
      var bytes = bytes(length, seed);
      known.put(BlobId.of(bytes), bytes);
      return bytes;
    }

    private void put(byte[] bytes, int most) throws IOException {
      var id = BlobId.of(bytes);
      twice(() -> {
        if (!store.has(id)) {
          add(store, id, bytes, most);
        }
      });
      if (store.has(id)) {
        acknowledged.add(id);
        images = 0;
        crashing.crash();
      }
      for (var each : acknowledged) {
        twice(() -> assertThat(read(store, each)).as("%s after %s", each, failed).isPresent());
      }
    }

    private void check(Map<String, byte[]> image) throws IOException {
      if (failed == null || images++ >= IMAGES) {
        return;
      }
      var folder = Files.createDirectory(directory.resolve("image-" + number + "-" + ++folders));
      for (var file : image.entrySet()) {
        Files.write(folder.resolve(file.getKey()), file.getValue());
      }
      look(folder, BlobStore.open(folder, limits(64L * CHUNK), InstantSource.system()));
    }

    private void look(Path folder, BlobStore opened) throws IOException {
      try (opened) {
        for (var blob : known.entrySet()) {
          var there = read(opened, blob.getKey());
          there.ifPresent(bytes -> assertThat(bytes).isEqualTo(blob.getValue()));
          if (acknowledged.contains(blob.getKey())) {
            assertThat(there).as("acknowledged, after call %d, %s", number, failed).isPresent();
          }
        }
      }
      for (var file : List.of(folder.toFile().listFiles())) {
        Files.delete(file.toPath());
      }
    }
  }
}
