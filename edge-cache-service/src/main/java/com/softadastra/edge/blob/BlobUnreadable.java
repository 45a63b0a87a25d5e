package com.softadastra.edge.blob;

import java.io.IOException;

/** A blob that was here can't be read any more. */
public final class BlobUnreadable extends IOException {
  private static final long serialVersionUID = 1;

  BlobUnreadable(BlobId id, Throwable cause) {
    super("blob " + id + " can't be read", cause);
  }
}
