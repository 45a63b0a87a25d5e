package com.softadastra.edge.blob;

import static com.softadastra.edge.blob.Blobs.CHUNK;
import static com.softadastra.edge.blob.Blobs.ROOMY;
import static com.softadastra.edge.blob.Blobs.bytes;
import static com.softadastra.edge.blob.Blobs.limits;
import static com.softadastra.edge.blob.Blobs.put;
import static com.softadastra.edge.blob.Blobs.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers.BlobPeer;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.edge.blob.BlobStore.Progress;
import com.softadastra.edge.blob.PeerFetching.Patience;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.blob.BlobFrame.Ask;
import com.softadastra.engine.blob.BlobFrame.Found;
import com.softadastra.engine.blob.BlobFrame.None;
import com.softadastra.engine.blob.BlobFrame.Piece;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Blobs of peers that are honest, cut off, silent, or lie. */
@Timeout(60)
class PeerFetchingTest {
  private static final NodeId SELF = node("self");
  private static final Patience PATIENCE =
      new Patience(
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofMinutes(1),
          Duration.ZERO);

  @TempDir Path directory;
  private BlobStore store;
  private final Map<NodeId, BlobLinks> peers = new LinkedHashMap<>();
  private final List<Long> asked = new ArrayList<>();
  private final List<BlobStore> stores = new ArrayList<>();

  private static NodeId node(String name) {
    return new NodeId(Hash.sha256(name.getBytes(StandardCharsets.UTF_8)));
  }

  @BeforeEach
  void open() {
    store = open("here");
  }

  private BlobStore open(String name) {
    var opened = BlobStore.open(directory.resolve(name), ROOMY, InstantSource.system());
    stores.add(opened);
    return opened;
  }

  @AfterEach
  void close() {
    stores.forEach(BlobStore::close);
  }

  private boolean fetch(BlobId id) {
    return fetching(PATIENCE).fetch(id);
  }

  private PeerFetching fetching(Patience patience) {
    return new PeerFetching(
        store,
        () -> peers.keySet().stream().map(node -> new BlobPeer(node, List.of("a"))).toList(),
        (node, addresses, frames) -> peers.get(node).fetch(node, addresses, frames),
        patience);
  }

  /** A peer with a store of its own, which knows this node. */
  private BlobStore honest(String name) {
    var theirs = open(name);
    var serving = new BlobsForPeers(theirs, () -> List.of(new BlobPeer(SELF, List.of())));
    peers.put(
        node(name),
        (_, _, frames) ->
            serving.serve(
                SELF, frames.doOnNext(frame -> asked.add(((Ask) BlobFrame.decode(frame)).from()))));
    return theirs;
  }

  /** A peer that answers each question with these frames, and then is silent. */
  private void answering(String name, BlobFrame... frames) {
    peers.put(
        node(name),
        (_, _, _) -> Flux.fromArray(frames).map(BlobFrame::encode).concatWith(Flux.never()));
  }

  @Test
  void bringsWhatAPeerHas() throws IOException {
    var bytes = bytes(3 * CHUNK + 17, 1);
    honest("empty");
    var id = put(honest("full"), bytes);
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
    assertThat(fetch(BlobId.of(new byte[] {1}))).isFalse();
  }

  @Test
  void bringsTheEmptyBlob() throws IOException {
    var id = put(honest("full"), new byte[0]);
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(new byte[0]);
  }

  @Test
  void manyReadersShareOneFetch() throws Exception {
    var bytes = bytes(2 * CHUNK, 2);
    var id = put(honest("full"), bytes);
    var gate = new CountDownLatch(1);
    var calls = new AtomicInteger();
    var open = peers.get(node("full"));
    peers.put(
        node("full"),
        (node, addresses, frames) -> {
          calls.incrementAndGet();
          return Flux.defer(() -> {
            try {
              gate.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return open.fetch(node, addresses, frames);
          });
        });
    var blobs = new BlobService(store, fetching(PATIENCE));
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      var begun = new CountDownLatch(50);
      var answers = new ArrayList<CompletableFuture<byte[]>>();
      for (int i = 0; i < 50; i++) {
        answers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  begun.countDown();
                  assertThat(blobs.fetch(id)).isTrue();
                  try (var reader = blobs.find(id, 0).orElseThrow()) {
                    var out = new java.io.ByteArrayOutputStream();
                    reader.copy(out, 0, reader.total());
                    return out.toByteArray();
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                },
                readers));
      }
      begun.await();
      gate.countDown();
      for (var answer : answers) {
        assertThat(answer.get()).isEqualTo(bytes);
      }
    }
    assertThat(calls).hasValue(1);
  }

  /** Each connection brings one chunk, and then is cut. */
  @Test
  void goesOnAfterACutAtEachChunk() throws IOException {
    var bytes = bytes(5 * CHUNK + 3, 3);
    var id = put(honest("full"), bytes);
    var open = peers.get(node("full"));
    peers.put(
        node("full"),
        (node, addresses, frames) ->
            open.fetch(node, addresses, frames)
                .take(2)
                .concatWith(Flux.error(new PeerUnreachable("cut", null))));
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
    assertThat(asked)
        .containsExactly(0L, 1L * CHUNK, 2L * CHUNK, 3L * CHUNK, 4L * CHUNK, 5L * CHUNK);
  }

  @Test
  void anotherPeerGoesOn() throws IOException {
    var bytes = bytes(4 * CHUNK, 4);
    var id = put(honest("b"), bytes);
    var honest = peers.remove(node("b"));
    // it has it, brings a chunk, and is gone for good
    var once = new AtomicInteger();
    peers.put(
        node("a"),
        (_, _, _) ->
            once.getAndIncrement() == 0
                ? Flux.just(
                        new Found(bytes.length).encode(),
                        new Piece(java.util.Arrays.copyOf(bytes, CHUNK)).encode())
                    .doOnComplete(() -> peers.put(node("b"), honest))
                    .concatWith(Flux.error(new PeerUnreachable("gone", null)))
                : Flux.error(new PeerUnreachable("gone", null)));
    assertThat(fetch(id)).isFalse();
    assertThat(store.progress(id)).contains(new Progress(CHUNK, bytes.length));
    assertThat(fetch(id)).isTrue();
    assertThat(asked).containsExactly((long) CHUNK);
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void aPeerThatLiesAboutTheBytesIsNotBelieved() throws IOException {
    var bytes = bytes(CHUNK, 5);
    var id = BlobId.of(bytes);
    answering("liar", new Found(CHUNK), new Piece(bytes(CHUNK, 6)));
    assertThat(fetch(id)).isFalse();
    assertThat(store.has(id)).isFalse();
    assertThat(store.progress(id)).isEmpty();

    put(honest("full"), bytes);
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
  }

  @Test
  void whatALiarAndAnotherGaveTogetherIsBroughtAnew() throws IOException {
    var bytes = bytes(2 * CHUNK, 7);
    var id = BlobId.of(bytes);
    try (var writer = store.write(id, bytes.length, 0).orElseThrow()) {
      writer.append(bytes(CHUNK, 8), CHUNK);
    }
    put(honest("full"), bytes);
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
    assertThat(asked).containsExactly((long) CHUNK, 0L);
  }

  @Test
  void aPeerThatLiesAboutTheLengthIsNotBelieved() throws IOException {
    var bytes = bytes(2 * CHUNK, 9);
    var id = BlobId.of(bytes);
    answering("longer", new Found(Long.MAX_VALUE));
    answering("shorter", new Found(CHUNK), new Piece(java.util.Arrays.copyOf(bytes, CHUNK)));
    assertThat(fetch(id)).isFalse();
    put(honest("full"), bytes);
    assertThat(fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
  }

  /** It never ends by itself, and is left after the first piece that isn't as it should be. */
  @Test
  void anEndlessStreamIsLeft() throws Exception {
    var id = BlobId.of(bytes(2 * CHUNK, 10));
    var sent = new AtomicInteger();
    var cancelled = new CompletableFuture<Boolean>();
    peers.put(
        node("endless"),
        (_, _, _) ->
            Flux.just(new Found(2L * CHUNK).encode())
                .concatWith(
                    Flux.<byte[]>generate(sink -> {
                      sent.incrementAndGet();
                      sink.next(new Piece(new byte[] {1}).encode());
                    }))
                .doOnCancel(() -> cancelled.complete(true)));
    assertThat(fetch(id)).isFalse();
    assertThat(cancelled.get()).isTrue();
    assertThat(sent.get()).isLessThan(3);
  }

  @Test
  void bytesThatAreNoFrameAndFramesOutOfTurnEndIt() {
    var id = BlobId.of(new byte[] {1});
    peers.put(node("noise"), (_, _, _) -> Flux.just(new byte[] {(byte) 0xff, 1}));
    answering("early", new Piece(new byte[] {1}));
    answering("twice", new Found(1), new Found(1));
    answering("none", new None());
    peers.put(
        node("broken"),
        (_, _, _) -> {
          throw new PeerUnreachable("no address", null);
        });
    peers.put(node("over"), (_, _, _) -> Flux.empty());
    assertThat(fetch(id)).isFalse();
  }

  @Test
  void aSilentPeerKeepsNobodyWaitingForLong() throws IOException {
    var bytes = bytes(10, 11);
    answering("silent");
    answering("dies", new Found(10));
    var brief =
        new Patience(
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMillis(200),
            Duration.ofMinutes(1),
            Duration.ZERO);
    assertThat(fetching(brief).fetch(BlobId.of(bytes))).isFalse();
    put(honest("full"), bytes);
    assertThat(fetching(brief).fetch(BlobId.of(bytes))).isTrue();
  }

  @Test
  void absenceIsBelievedForAMoment() throws IOException {
    var bytes = bytes(10, 12);
    var id = BlobId.of(bytes);
    var theirs = honest("full");
    var fetching =
        fetching(
            new Patience(
                PATIENCE.place(),
                PATIENCE.answer(),
                PATIENCE.piece(),
                PATIENCE.whole(),
                Duration.ofDays(1)));
    assertThat(fetching.fetch(id)).isFalse();
    put(theirs, bytes);
    assertThat(fetching.fetch(id)).isFalse();
    assertThat(asked).hasSize(1);
    assertThat(fetch(id)).isTrue();
  }

  /** Four peers' worth of silence keep the fifth from nothing but its own blob. */
  @Test
  void whoFindsNoPlaceIsToldSo() throws Exception {
    var begun = new CountDownLatch(4);
    var end = new CompletableFuture<byte[]>();
    peers.put(
        node("silent"),
        (_, _, _) -> {
          begun.countDown();
          return Mono.fromFuture(end, true).flux();
        });
    var fetching =
        fetching(
            new Patience(
                Duration.ofMillis(50),
                Duration.ofSeconds(50),
                PATIENCE.piece(),
                PATIENCE.whole(),
                Duration.ofDays(1)));
    try (var readers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 4; i++) {
        var id = BlobId.of(new byte[] {(byte) i});
        readers.execute(() -> {
          var _ = fetching.fetch(id);
        });
      }
      begun.await();
      var id = BlobId.of(new byte[] {4});
      for (int i = 0; i < 2; i++) {
        // it is not taken for absent
        assertThatThrownBy(() -> fetching.fetch(id))
            .isInstanceOfSatisfying(
                Refused.class, it -> assertThat(it.problem().code()).isEqualTo(ProblemCode.BUSY));
      }
      end.completeExceptionally(new PeerUnreachable("gone", null));
    }
  }

  /** The last piece comes when the time for all of it is over. */
  @Test
  void whatIsWholeIsCommittedHoweverLateItIs() throws IOException {
    var bytes = bytes(CHUNK, 13);
    var id = BlobId.of(bytes);
    var whole = Duration.ofMillis(500);
    peers.put(
        node("late"),
        (_, _, _) ->
            Flux.just(new Found(CHUNK).encode())
                .concatWith(Mono.delay(whole).map(_ -> new Piece(bytes).encode())));
    var patience =
        new Patience(
            PATIENCE.place(), PATIENCE.answer(), PATIENCE.piece(), whole, PATIENCE.absence());
    assertThat(fetching(patience).fetch(id)).isTrue();
    assertThat(read(store, id)).contains(bytes);
  }

  /** It says that it has what would fill all the room, and gives next to nothing of it. */
  @Test
  void aPeersWordEvictsNothing() throws IOException {
    store.close();
    stores.remove(store);
    store = BlobStore.open(directory.resolve("here"), limits(16L * CHUNK), InstantSource.system());
    stores.add(store);
    var ids = new ArrayList<BlobId>();
    for (int i = 0; i < 12; i++) {
      ids.add(put(store, bytes(CHUNK, 100 + i)));
    }
    var id = BlobId.of(new byte[] {1});
    var once = new AtomicInteger();
    peers.put(
        node("boaster"),
        (_, _, _) ->
            Flux.just(new Found(14L * CHUNK).encode(), new Piece(bytes(CHUNK, 1)).encode())
                .take(once.getAndIncrement() == 0 ? 2 : 1)
                .concatWith(Flux.error(new PeerUnreachable("gone", null))));
    assertThat(fetch(id)).isFalse();
    assertThat(ids).allMatch(store::has);
    assertThat(store.progress(id)).isPresent();
    // what is left of it goes before any blob does, and keeps no client out
    put(store, bytes(3 * CHUNK, 2));
    assertThat(store.progress(id)).isEmpty();
    assertThat(ids).allMatch(store::has);
    put(store, bytes(14 * CHUNK, 3));
    assertThat(store.totals().bytes()).isLessThanOrEqualTo(16L * CHUNK);
  }

  @Test
  void aClientThatGoesOnWithAFetchHasRoomForAllOfIt() throws IOException {
    var bytes = bytes(3 * CHUNK, 14);
    var id = BlobId.of(bytes);
    try (var writer = store.writeFetched(id, bytes.length, 0).orElseThrow()) {
      writer.append(bytes, CHUNK);
    }
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(CHUNK));
    try (var writer = store.write(id, bytes.length, CHUNK).orElseThrow()) {
      assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(bytes.length));
      byte[] rest = java.util.Arrays.copyOfRange(bytes, CHUNK, bytes.length);
      writer.append(rest, rest.length);
      writer.commit();
    }
    assertThat(read(store, id)).contains(bytes);
    assertThat(store.totals().bytes()).isEqualTo(BlobFile.weight(bytes.length));
  }

  @Test
  void strangersAreToldWhatAbsenceIsTold() throws IOException {
    var id = put(store, new byte[] {1});
    var serving = new BlobsForPeers(store, () -> List.of(new BlobPeer(SELF, List.of())));
    Map<String, List<byte[]>> answers = new HashMap<>();
    for (var who : List.of(SELF, node("stranger"))) {
      for (var what : List.of(id, BlobId.of(new byte[] {2}))) {
        answers.put(
            (who == SELF) + " " + (what == id),
            serving
                .serve(who, Flux.just(new Ask(what.hash(), 0).encode()))
                .collectList()
                .block(Duration.ofSeconds(10)));
      }
    }
    assertThat(answers.get("true true")).hasSize(2);
    for (String other : List.of("true false", "false true", "false false")) {
      assertThat(answers.get(other))
          .usingRecursiveComparison()
          .isEqualTo(answers.get("true false"));
      assertThat(answers.get(other)).hasSize(1);
    }
  }
}
