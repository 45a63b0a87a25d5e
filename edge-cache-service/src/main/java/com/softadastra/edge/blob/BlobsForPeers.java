package com.softadastra.edge.blob;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.engine.blob.BlobFrame;
import com.softadastra.engine.blob.BlobFrame.Ask;
import com.softadastra.engine.blob.BlobFrame.Found;
import com.softadastra.engine.blob.BlobFrame.None;
import com.softadastra.engine.blob.BlobFrame.Piece;
import com.softadastra.engine.cbor.CborReader.Malformed;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.SynchronousSink;

/**
 * Gives blobs to peers. Who is none is told what a peer is told that asks for a blob which isn't
 * here. Nothing is fetched for a peer: requests can't go in circles.
 */
public final class BlobsForPeers implements Blobs {
  private static final Duration HANDSHAKE = Duration.ofSeconds(10);
  private static final byte[] NONE = new None().encode();

  private final BlobStore store;
  private final BlobPeers peers;

  public BlobsForPeers(BlobStore store, BlobPeers peers) {
    this.store = store;
    this.peers = peers;
  }

  @Override
  public Flux<byte[]> serve(NodeId peer, Flux<byte[]> frames) {
    return frames.next().timeout(HANDSHAKE).flatMapMany(frame -> answer(peer, ask(frame)));
  }

  private static Ask ask(byte[] frame) {
    try {
      if (BlobFrame.decode(frame) instanceof Ask ask) {
        return ask;
      }
    } catch (Malformed e) {
      throw new Refused(ProblemCode.INVALID_REQUEST, String.valueOf(e.getMessage()));
    }
    throw new Refused(ProblemCode.INVALID_REQUEST, "who calls asks");
  }

  private Flux<byte[]> answer(NodeId peer, Ask ask) {
    return Flux.<byte[], Giving>generate(
        () -> new Giving(found(peer, ask), ask.from()),
        (giving, sink) -> {
          giving.next(sink);
          return giving;
        },
        Giving::close);
  }

  private Optional<BlobReader> found(NodeId peer, Ask ask) throws BlobUnreadable {
    boolean isPeer = peers.peers().stream().anyMatch(it -> it.node().equals(peer));
    var found = isPeer ? store.read(new BlobId(ask.blob())) : Optional.<BlobReader>empty();
    if (found.isPresent() && ask.from() > found.get().total()) {
      found.get().close();
      return Optional.empty();
    }
    return found;
  }

  /**
   * What one call is answered, each piece read when it is asked for. It is closed by who generates,
   * when that is over: a call that is cancelled while a piece is read must not close the file under
   * it.
   */
  private static final class Giving {
    private final @Nullable BlobReader reader;
    private long offset;
    private boolean begun;

    Giving(Optional<BlobReader> reader, long from) {
      this.reader = reader.orElse(null);
      this.offset = from;
    }

    void next(SynchronousSink<byte[]> sink) {
      if (reader == null) {
        sink.next(NONE);
        sink.complete();
        return;
      }
      try {
        sink.next(begun ? piece(reader) : new Found(reader.total()).encode());
        begun = true;
      } catch (BlobUnreadable e) {
        sink.error(new PeerUnreachable("the blob can't be read on", e));
        return;
      }
      if (offset >= reader.total()) {
        sink.complete();
      }
    }

    private byte[] piece(BlobReader from) throws BlobUnreadable {
      byte[] piece = from.chunkFrom(offset);
      offset += piece.length;
      return new Piece(piece).encode();
    }

    void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }
}
