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
import reactor.core.publisher.Flux;

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
    return Flux.using(
        () -> found(peer, ask),
        found -> found.map(reader -> pieces(reader, ask.from())).orElseGet(() -> Flux.just(NONE)),
        found -> found.ifPresent(BlobReader::close));
  }

  private Optional<BlobReader> found(NodeId peer, Ask ask) {
    boolean isPeer = peers.peers().stream().anyMatch(it -> it.node().equals(peer));
    var found = isPeer ? store.read(new BlobId(ask.blob())) : Optional.<BlobReader>empty();
    if (found.isPresent() && ask.from() > found.get().total()) {
      found.get().close();
      return Optional.empty();
    }
    return found;
  }

  /** Each is read when it is asked for. */
  private static Flux<byte[]> pieces(BlobReader reader, long from) {
    var pieces =
        Flux.<byte[], Long>generate(
            () -> from,
            (offset, sink) -> {
              if (offset >= reader.total()) {
                sink.complete();
                return offset;
              }
              try {
                byte[] piece = reader.chunkFrom(offset);
                sink.next(new Piece(piece).encode());
                return offset + piece.length;
              } catch (BlobUnreadable e) {
                sink.error(new PeerUnreachable("the blob can't be read on", e));
                return offset;
              }
            });
    return Flux.just(new Found(reader.total()).encode()).concatWith(pieces);
  }
}
