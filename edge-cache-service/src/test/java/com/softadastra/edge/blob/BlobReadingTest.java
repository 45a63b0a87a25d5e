package com.softadastra.edge.blob;

import static com.softadastra.edge.blob.Blobs.CHUNK;
import static com.softadastra.edge.blob.Blobs.bytes;
import static com.softadastra.edge.blob.Blobs.put;
import static com.softadastra.edge.blob.Blobs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.BlobPeers.BlobPeer;
import com.softadastra.engine.blob.BlobFrame.Ask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

/** Readers that are cut off, of files that are whole or are not. */
@Timeout(60)
class BlobReadingTest {
  private static final BlobLimits NOTHING_IN_MEMORY =
      new BlobLimits(64L << 20, 0, 32 << 20, Duration.ofHours(1), 0);

  @TempDir Path path;
  private HookedDirectory directory;
  private BlobStore store;

  @BeforeEach
  void open() {
    directory = new HookedDirectory(path);
    store = BlobStore.open(directory, NOTHING_IN_MEMORY, InstantSource.system());
  }

  @AfterEach
  void close() {
    store.close();
  }

  private void assertHere(BlobId id, byte[] bytes) throws IOException {
    assertThat(store.totals().damaged()).isZero();
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void aBlobStaysWhoseReaderIsClosedMeanwhile() throws IOException {
    var bytes = bytes(2 * CHUNK, 1);
    var id = put(store, bytes);
    try (var reader = store.read(id).orElseThrow()) {
      reader.chunkFrom(0);
      directory.onRead = reader::close;
      assertThatThrownBy(() -> reader.chunkFrom(CHUNK)).isInstanceOf(BlobUnreadable.class);
    }
    directory.onRead = () -> {};
    assertHere(id, bytes);
  }

  @Test
  void aBlobStaysWhoseReaderIsInterrupted() throws IOException {
    var bytes = bytes(2 * CHUNK, 2);
    var id = put(store, bytes);
    try (var reader = store.read(id).orElseThrow()) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> reader.chunkFrom(CHUNK)).isInstanceOf(BlobUnreadable.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertHere(id, bytes);
  }

  @Test
  void aBlobStaysThatCanNotBeOpened() throws IOException {
    var bytes = bytes(CHUNK, 3);
    var id = put(store, bytes);
    var blobs = new BlobService(store, store::has);
    directory.onOpen =
        () -> {
          throw new IOException("Too many open files");
        };
    assertThatThrownBy(() -> store.read(id)).isInstanceOf(BlobUnreadable.class);
    assertThatThrownBy(() -> blobs.find(id, 0)).isInstanceOf(BlobUnreadable.class);
    directory.onOpen = () -> {};
    assertHere(id, bytes);
  }

  @Test
  void aBlobWhoseFileIsGoneIsNoLongerHere() throws IOException {
    var id = put(store, bytes(CHUNK, 4));
    Files.delete(path.resolve(id + ".blob"));
    assertThat(store.read(id)).isEmpty();
    assertThat(store.has(id)).isFalse();
    assertThat(store.totals().bytes()).isZero();
  }

  /** Both have opened the damaged file; what came since has nothing to do with it. */
  @Test
  void aReaderOfADamagedFileLeavesTheOneThatCameSince() throws IOException {
    var bytes = bytes(2 * CHUNK, 5);
    var id = put(store, bytes);
    Files.write(path.resolve(id + ".blob"), new byte[16 + CHUNK + 100], StandardOpenOption.WRITE);
    try (var first = store.read(id).orElseThrow();
        var second = store.read(id).orElseThrow()) {
      assertThatThrownBy(() -> first.chunkFrom(0)).isInstanceOf(BlobUnreadable.class);
      assertThat(store.has(id)).isFalse();
      put(store, bytes);
      assertThatThrownBy(() -> second.chunkFrom(0)).isInstanceOf(BlobUnreadable.class);
    }
    assertThat(store.totals().damaged()).isEqualTo(1);
    assertThat(read(store, id)).contains(bytes);
  }

  /** A call that ends while a chunk is read for it closes its file afterwards. */
  @Test
  void aPeerThatCancelsClosesNothingThatIsBeingRead() throws IOException {
    var bytes = bytes(2 * CHUNK, 6);
    var id = put(store, bytes);
    var peer = new NodeId(Hash.sha256(new byte[] {1}));
    var serving = new BlobsForPeers(store, () -> List.of(new BlobPeer(peer, List.of())));
    var caller = new BaseSubscriber<byte[]>() {};
    directory.onRead = caller::cancel;
    serving.serve(peer, Flux.just(new Ask(id.hash(), 0).encode())).subscribe(caller);
    assertThat(caller.isDisposed()).isTrue();
    assertThat(directory.opened.isOpen()).isFalse();
    directory.onRead = () -> {};
    assertHere(id, bytes);
  }

  private void reopenWhereNothingCanBeOpened() {
    store.close();
    directory = new HookedDirectory(path);
    directory.onOpen =
        () -> {
          throw new IOException("Input/output error");
        };
    store = BlobStore.open(directory, NOTHING_IN_MEMORY, InstantSource.system());
  }

  @Test
  void aBlobStaysThatCanNotBeOpenedAtTheStart() throws IOException {
    var bytes = bytes(CHUNK, 8);
    var id = put(store, bytes);
    reopenWhereNothingCanBeOpened();
    assertThat(store.has(id)).isFalse();
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(CHUNK));
    // another that sends something else in its name takes nothing away
    try (var writer = store.write(id, 1, 0).orElseThrow()) {
      writer.append(new byte[1], 1);
      assertThatThrownBy(writer::commit).isInstanceOf(Refused.class);
    }
    store.close();

    open();
    assertHere(id, bytes);
  }

  @Test
  void aBlobThatCouldNotBeOpenedAtTheStartIsHereOnceItCan() throws IOException {
    var bytes = bytes(CHUNK, 10);
    var id = put(store, bytes);
    store.pin(id);
    reopenWhereNothingCanBeOpened();
    assertThat(store.read(id)).isEmpty();
    directory.onOpen = () -> {};
    assertThat(store.has(id)).isTrue();
    assertHere(id, bytes);
    assertThat(store.write(id, CHUNK, 0)).isEmpty();
    assertThat(store.totals())
        .isEqualTo(new BlobStore.Totals(1, BlobFile.weight(CHUNK), 1, 0, 0, 0));
  }

  /** The file by that name is another one by then. */
  @Test
  void whatComesAgainIsNotHereBeforeItIsForced() throws IOException {
    var bytes = bytes(CHUNK, 12);
    var id = put(store, bytes);
    reopenWhereNothingCanBeOpened();
    directory.onForce =
        () -> {
          directory.onOpen = () -> {};
          assertThat(store.has(id)).isFalse();
        };
    put(store, bytes);
    assertHere(id, bytes);
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(CHUNK));
  }

  @Test
  void whatCouldNotBeOpenedAndIsNotWholeIsRemoved() throws IOException {
    var id = put(store, bytes(CHUNK, 11));
    reopenWhereNothingCanBeOpened();
    Files.write(path.resolve(id + ".blob"), new byte[9]);
    directory.onOpen = () -> {};
    assertThat(store.read(id)).isEmpty();
    assertThat(path.resolve(id + ".blob")).doesNotExist();
    assertThat(store.totals().bytes()).isZero();
  }

  @Test
  void whatComesAgainTakesThePlaceOfWhatCouldNotBeOpened() throws IOException {
    var bytes = bytes(CHUNK, 9);
    var id = put(store, bytes);
    reopenWhereNothingCanBeOpened();
    put(store, bytes);
    directory.onOpen = () -> {};
    assertHere(id, bytes);
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(CHUNK));
  }

  @Test
  void aPeerThatCancelsBeforeTheFirstPieceLeavesNothingOpen() throws IOException {
    var id = put(store, bytes(2 * CHUNK, 7));
    var peer = new NodeId(Hash.sha256(new byte[] {1}));
    var serving = new BlobsForPeers(store, () -> List.of(new BlobPeer(peer, List.of())));
    serving.serve(peer, Flux.just(new Ask(id.hash(), 0).encode())).blockFirst();
    assertThat(directory.opened.isOpen()).isFalse();
  }
}
