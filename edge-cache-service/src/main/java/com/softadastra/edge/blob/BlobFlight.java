package com.softadastra.edge.blob;

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
import com.softadastra.engine.blob.BlobFrame.Piece;
import com.softadastra.engine.cbor.CborReader.Malformed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/**
 * Brings one blob here, from whoever has it. All peers are asked at once, the first that has it
 * gives it, and where that breaks off another, or the same, goes on. Who sends other pieces than it
 * should is not asked again. What several gave together and isn't right tells nothing of who lied:
 * then each is asked alone, from the beginning.
 */
final class BlobFlight {
  private static final Logger LOG = LoggerFactory.getLogger(BlobFlight.class);
  private static final int MOST_PEERS = 8;

  /** A peer that breaks off so often without having brought anything is left alone. */
  private static final int MOST_VAIN = 2;

  private final BlobId id;
  private final BlobStore store;
  private final BlobLinks links;
  private final Patience patience;
  private final long until;

  private enum Outcome {
    THERE,
    /** Nobody has it, or nobody gives it. */
    ABSENT,
    /** What came is something else. */
    WRONG,
    /** Nothing can be taken here. */
    STOPPED
  }

  BlobFlight(BlobId id, BlobStore store, BlobLinks links, Patience patience) {
    this.id = id;
    this.store = store;
    this.links = links;
    this.patience = patience;
    this.until = System.nanoTime() + patience.whole().toNanos();
  }

  /** Whether it is here then. */
  boolean bring(List<BlobPeer> peers) throws InterruptedException {
    var some = peers.subList(0, Math.min(MOST_PEERS, peers.size()));
    var outcome = from(some);
    for (var alone : some) {
      if (outcome == Outcome.WRONG) {
        LOG.warn("blob {} came wrong; {} is asked alone", id, alone.node());
        beginAnew();
        outcome = from(List.of(alone));
        outcome = outcome == Outcome.ABSENT ? Outcome.WRONG : outcome;
      }
    }
    if (outcome == Outcome.WRONG) {
      beginAnew();
    }
    return outcome == Outcome.THERE;
  }

  private void beginAnew() {
    var progress = store.progress(id);
    if (progress.isPresent()) {
      try (var writer = store.writeFetched(id, progress.get().total(), 0).orElse(null)) {
        if (writer != null) {
          writer.discard();
        }
      } catch (IOException | Refused e) {
        LOG.debug("what is there of blob {} stays", id, e);
      }
    }
  }

  private Outcome from(List<BlobPeer> peers) throws InterruptedException {
    var left = new ArrayList<>(peers);
    Map<BlobPeer, Integer> vain = new HashMap<>();
    while (System.nanoTime() < until) {
      long from = store.progress(id).map(Progress::offset).orElse(0L);
      try (var line = ask(left, from)) {
        if (line == null) {
          return Outcome.ABSENT;
        }
        var outcome = pull(line, from);
        if (outcome != null) {
          return outcome;
        }
        left.remove(line.peer());
      } catch (Broken broken) {
        boolean isVain =
            store.progress(id).map(Progress::offset).orElse(0L) <= from
                && vain.merge(broken.peer, 1, Integer::sum) >= MOST_VAIN;
        if (isVain) {
          left.remove(broken.peer);
        }
      }
    }
    return Outcome.ABSENT;
  }

  /** A peer that had it, and broke off. */
  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1;

    final transient BlobPeer peer;

    Broken(BlobPeer peer, Throwable cause) {
      super(cause);
      this.peer = peer;
    }
  }

  /** The first that has it; null where nobody has. Who hasn't is not left. */
  private @Nullable BlobLine ask(List<BlobPeer> left, long from) throws InterruptedException {
    BlockingQueue<BlobLine> answered = new LinkedBlockingQueue<>();
    var lines = new ArrayList<BlobLine>();
    byte[] question = new Ask(id.hash(), from).encode();
    for (var peer : left) {
      var line = new BlobLine(peer, answered);
      lines.add(line);
      Flux.defer(() -> links.fetch(peer.node(), peer.addresses(), Flux.just(question)))
          .subscribe(line);
    }
    long deadline = System.nanoTime() + patience.answer().toNanos();
    try {
      while (!left.isEmpty()) {
        var line = answered.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (line == null) {
          left.clear();
        } else if (has(line)) {
          lines.remove(line);
          return line;
        } else {
          left.remove(line.peer());
        }
      }
      return null;
    } finally {
      lines.forEach(BlobLine::close);
    }
  }

  private boolean has(BlobLine line) throws InterruptedException {
    try {
      if (line.answer() instanceof Found found) {
        line.found(found.total());
        return true;
      }
    } catch (PeerUnreachable | Malformed e) {
      LOG.debug("{} does not say whether it has blob {}", line.peer().node(), id, e);
    }
    return false;
  }

  /** Null where another peer is to be asked, for this one is of no use. */
  private @Nullable Outcome pull(BlobLine line, long from) throws InterruptedException, Broken {
    var progress = store.progress(id);
    if (from > 0 && progress.isPresent() && progress.get().total() != line.total()) {
      return Outcome.WRONG;
    }
    try (var writer = store.writeFetched(id, line.total(), from).orElse(null)) {
      if (writer == null) {
        return Outcome.THERE;
      }
      while (!writer.isWhole()) {
        long expected =
            Math.min(
                BlobFile.CHUNK_BYTES - writer.offset() % BlobFile.CHUNK_BYTES,
                writer.total() - writer.offset());
        BlobFrame frame = line.next(patience.piece());
        if (!(frame instanceof Piece(var bytes)) || bytes.length != expected) {
          LOG.warn("{} sends other pieces of blob {} than it should", line.peer().node(), id);
          return null;
        }
        writer.append(bytes, bytes.length);
        // what is whole is committed: nobody could go on with it
        if (!writer.isWhole() && System.nanoTime() > until) {
          return Outcome.ABSENT;
        }
      }
      writer.commit();
      return Outcome.THERE;
    } catch (PeerUnreachable e) {
      throw new Broken(line.peer(), e);
    } catch (Malformed e) {
      LOG.warn("{} sends no pieces of blob {}", line.peer().node(), id, e);
      return null;
    } catch (Refused refused) {
      return refused(refused.problem().code());
    } catch (IOException e) {
      LOG.warn("blob {} can't be kept", id, e);
      return Outcome.STOPPED;
    }
  }

  private static @Nullable Outcome refused(ProblemCode code) {
    return switch (code) {
      case BLOB_MISMATCH -> Outcome.WRONG;
      // by the length that this peer told, which may be a lie
      case DOCUMENT_TOO_LARGE, STORAGE_FULL -> null;
      default -> Outcome.STOPPED;
    };
  }
}
