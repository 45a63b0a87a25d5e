package com.softadastra.edge.blob;

import com.softadastra.contracts.Refused;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Blobs that are here, or at a peer. */
public final class BlobService {
  private static final Logger LOG = LoggerFactory.getLogger(BlobService.class);

  private final BlobStore store;
  private final BlobSource peers;

  public BlobService(BlobStore store, BlobSource peers) {
    this.store = store;
    this.peers = peers;
  }

  public BlobStore store() {
    return store;
  }

  /**
   * A blob to read, of which at least the first byte that is wanted can be: what turns out to be
   * damaged there is not here.
   *
   * @param from the first byte that is wanted
   * @throws BlobUnreadable where it can't be read now, and stays
   */
  public Optional<BlobReader> find(BlobId id, long from) throws BlobUnreadable {
    var reader = store.read(id);
    if (reader.isPresent() && from < reader.get().total()) {
      try {
        reader.get().chunkFrom(from);
      } catch (BlobUnreadable e) {
        reader.get().close();
        if (!e.isGone()) {
          throw e;
        }
        return Optional.empty();
      }
    }
    return reader;
  }

  /**
   * Fetches it from peers, which may take long.
   *
   * @return whether it is here now
   * @throws Refused {@code busy} where too many others are being fetched
   */
  public boolean fetch(BlobId id) {
    return peers.fetch(id);
  }

  /** A blob broke off while it was read; it is fetched anew, for who asks again. */
  public void brokeOff(BlobId id) {
    Thread.ofVirtual().name("blob-refetch").start(() -> refetch(id));
  }

  private void refetch(BlobId id) {
    try {
      var _ = peers.fetch(id);
    } catch (Refused e) {
      LOG.debug("blob {} is not fetched anew", id, e);
    }
  }

  /**
   * It is never evicted from now on.
   *
   * @return whether it is here, or could be fetched
   */
  public boolean pin(BlobId id) throws IOException {
    return store.pin(id) || (peers.fetch(id) && store.pin(id));
  }
}
