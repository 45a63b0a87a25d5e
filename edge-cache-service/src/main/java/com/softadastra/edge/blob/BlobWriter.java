package com.softadastra.edge.blob;

import com.softadastra.contracts.Refused;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;

/**
 * Adds to a blob; nobody else does meanwhile. Of one thread. What has been added stays where it is
 * closed before the end, for who goes on with it later.
 */
public final class BlobWriter implements Closeable {
  private final BlobStore store;
  private final Partial partial;
  private final FileChannel file;
  private boolean open = true;

  BlobWriter(BlobStore store, Partial partial, FileChannel file) {
    this.store = store;
    this.partial = partial;
    this.file = file;
  }

  /** Bytes that are there. */
  public long offset() {
    return partial.offset();
  }

  /** Bytes that the blob will have. */
  public long total() {
    return partial.total;
  }

  public boolean isWhole() {
    return partial.isWhole();
  }

  /**
   * @throws IllegalArgumentException where that would be more than the blob has
   * @throws IOException where the disk doesn't take it; then all of it is given up
   */
  public void append(byte[] bytes, int length) throws IOException {
    try {
      partial.append(file, bytes, length);
    } catch (IOException e) {
      discard();
      throw e;
    }
  }

  /**
   * Verifies and forces the whole. It answers from then on, whatever happens to the process.
   *
   * @throws Refused {@code blob-mismatch} where it isn't what its name says; nothing of it stays
   * @throws IOException where the disk fails; nothing of it stays then either
   */
  public void commit() throws IOException {
    open = false;
    store.commit(partial, file);
  }

  /** Nothing of it stays. */
  public void discard() {
    if (open) {
      open = false;
      store.drop(partial, file);
    }
  }

  @Override
  public void close() {
    if (open) {
      open = false;
      store.leave(partial, file);
    }
  }
}
