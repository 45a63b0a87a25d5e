package com.softadastra.edge.blob;

import com.softadastra.contracts.Refused;

/** Where blobs come from that aren't here. */
public interface BlobSource {
  /**
   * Brings a blob into the store, and waits for it.
   *
   * @return whether it is there now, whole and verified
   * @throws Refused {@code busy} where too many others are being fetched
   */
  boolean fetch(BlobId id);
}
