package com.softadastra.edge.blob;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Adds to a blob; nobody else does meanwhile. Of one thread. What has been added stays where it is
 * closed before the end, for who goes on with it later.
 */
public final class BlobWriter implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(BlobWriter.class);

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
   * @throws Refused {@code storage-full} where the disk doesn't take it; then all of it is given up
   */
  public void append(byte[] bytes, int length) {
    try {
      store.makeRoom(partial, partial.offset() + length);
    } catch (Refused e) {
      discard();
      throw e;
    }
    try {
      partial.append(file, bytes, length);
    } catch (IOException e) {
      LOG.warn("the disk takes no more of blob {}", partial.id, e);
      discard();
      throw new Refused(ProblemCode.STORAGE_FULL, "the disk doesn't take it");
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
