package com.softadastra.edge.blob;

import java.io.IOException;

/** A blob can't be read on: its file is damaged, or the disk, or who reads it, is in the way. */
public final class BlobUnreadable extends IOException {
  private static final long serialVersionUID = 1;

  private final boolean gone;

  /**
   * @param gone whether the blob was put aside for it
   */
  BlobUnreadable(BlobId id, boolean gone, Throwable cause) {
    super("blob " + id + " can't be read", cause);
    this.gone = gone;
  }

  /** Whether the blob was put aside for it; else it stays here, and may be read another time. */
  public boolean isGone() {
    return gone;
  }
}
