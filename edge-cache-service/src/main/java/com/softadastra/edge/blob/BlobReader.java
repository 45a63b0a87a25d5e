package com.softadastra.edge.blob;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * Reads a blob, verified chunk by chunk. Of one thread. It goes on when the blob is evicted
 * meanwhile.
 */
public final class BlobReader implements Closeable {
  private final BlobStore store;
  private final BlobId id;
  private final BlobStore.Stored stored;
  private final long total;
  private final FileChannel file;

  /**
   * @param stored whose file it is
   */
  BlobReader(BlobStore store, BlobId id, BlobStore.Stored stored, FileChannel file) {
    this.store = store;
    this.id = id;
    this.stored = stored;
    this.total = stored.total();
    this.file = file;
  }

  /** Bytes of the blob. */
  public long total() {
    return total;
  }

  /**
   * From that offset to the end of its chunk.
   *
   * @param offset before the end of the blob
   * @throws BlobUnreadable where the chunk is damaged, and the blob no longer here; or where it
   *     can't be read now, which the blob outlives
   */
  public byte[] chunkFrom(long offset) throws BlobUnreadable {
    byte[] chunk = chunk(offset);
    int skipped = (int) (offset % BlobFile.CHUNK_BYTES);
    return skipped == 0 ? chunk : Arrays.copyOfRange(chunk, skipped, chunk.length);
  }

  /**
   * @param to the byte after the last
   * @throws BlobUnreadable as {@link #chunkFrom}; what was written until then is right
   */
  public void copy(OutputStream out, long from, long to) throws IOException {
    for (long offset = from; offset < to; ) {
      byte[] chunk = chunk(offset);
      int begin = (int) (offset % BlobFile.CHUNK_BYTES);
      int count = (int) Math.min(chunk.length - begin, to - offset);
      out.write(chunk, begin, count);
      offset += count;
    }
  }

  private byte[] chunk(long offset) throws BlobUnreadable {
    int number = (int) (offset / BlobFile.CHUNK_BYTES);
    try {
      return store.chunk(id, number, () -> BlobFile.chunk(file, id, total, number));
    } catch (BlobFile.Damaged e) {
      store.quarantine(id, stored, e);
      throw new BlobUnreadable(id, true, e);
    } catch (IOException e) {
      // a reader that was closed or interrupted says nothing of the file
      throw new BlobUnreadable(id, false, e);
    }
  }

  @Override
  public void close() {
    BlobStore.closeQuietly(file);
  }
}
