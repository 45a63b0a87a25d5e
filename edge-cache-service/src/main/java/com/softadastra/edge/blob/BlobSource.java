package com.softadastra.edge.blob;

/** Where blobs come from that aren't here. */
public interface BlobSource {
  /** Has none. */
  BlobSource NONE = _ -> false;

  /**
   * Brings a blob into the store, and waits for it.
   *
   * @return whether it is there now, whole and verified
   */
  boolean fetch(BlobId id);
}
