package com.softadastra.edge.blob;

import java.io.IOException;
import java.util.Optional;

/** Blobs that are here, or at a peer. */
public final class BlobService {
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
   * damaged there is fetched anew.
   *
   * @param from the first byte that is wanted
   * @param mayFetch whether peers are asked where it isn't here
   */
  public Optional<BlobReader> find(BlobId id, long from, boolean mayFetch) {
    var here = readable(id, from);
    return here.isEmpty() && mayFetch && peers.fetch(id) ? readable(id, from) : here;
  }

  private Optional<BlobReader> readable(BlobId id, long from) {
    var reader = store.read(id);
    if (reader.isPresent() && from < reader.get().total()) {
      try {
        reader.get().chunkFrom(from);
      } catch (BlobUnreadable _) {
        reader.get().close();
        return Optional.empty();
      }
    }
    return reader;
  }

  /** A blob broke off while it was read; it is fetched anew, for who asks again. */
  public void brokeOff(BlobId id) {
    Thread.ofVirtual().name("blob-refetch").start(() -> peers.fetch(id));
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
