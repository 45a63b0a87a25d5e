package com.softadastra.edge.blob.web;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import java.util.concurrent.Semaphore;

/** Places of those who read and write blobs; each holds a chunk in memory. */
final class Transfers {
  private static final int MOST = 256;

  private final Semaphore places = new Semaphore(MOST);

  /**
   * Takes a place until {@link #leave}.
   *
   * @throws Refused {@code busy} where none is free
   */
  void enter() {
    if (!places.tryAcquire()) {
      throw new Refused(ProblemCode.BUSY, MOST + " blobs are being read and written");
    }
  }

  void leave() {
    places.release();
  }
}
