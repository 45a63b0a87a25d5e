package com.softadastra.edge.blob;

import com.softadastra.contracts.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.time.Instant;

/** The beginning of a blob. What is not final belongs to who has made it {@link #busy}. */
final class Partial {
  final BlobId id;

  /** Bytes that the blob will have. */
  final long total;

  /** Whether somebody adds to it; of the store, under its lock. */
  boolean busy;

  /** When somebody last did; of the store, under its lock. */
  Instant touched;

  /** What it counts for in the budget; of the store, under its lock. */
  long weight;

  /** Whether peers give it, and no client has added to it; of the store, under its lock. */
  boolean fetched;

  private volatile long offset;
  private final MessageDigest whole = Hash.newSha256();
  private MessageDigest sum;

  Partial(BlobId id, long total, boolean fetched, Instant touched) {
    this.id = id;
    this.total = total;
    this.fetched = fetched;
    this.touched = touched;
    this.sum = BlobFile.sum(id, 0);
  }

  /** Bytes that are there. */
  long offset() {
    return offset;
  }

  /** Whether it may not go for the sake of others. */
  boolean isKept() {
    return busy || !fetched;
  }

  boolean isWhole() {
    return offset == total;
  }

  String file() {
    return id + (fetched ? BlobStore.GIVEN : BlobStore.PARTIAL);
  }

  /**
   * Finds what of it a process before this one left: whole chunks that are as they were written.
   */
  void restore(FileChannel file) throws IOException {
    // never all of them: who goes on with it has something to send
    int chunks = Math.min(BlobFile.wholeChunks(file.size()), BlobFile.chunks(total) - 1);
    long there = 0;
    for (int chunk = 0; chunk < chunks; chunk++) {
      byte[] bytes;
      try {
        bytes = BlobFile.chunk(file, id, total, chunk);
      } catch (BlobFile.Damaged _) {
        break;
      }
      whole.update(bytes);
      there += bytes.length;
    }
    sum = BlobFile.sum(id, (int) (there / BlobFile.CHUNK_BYTES));
    file.truncate(BlobFile.position(there));
    offset = there;
  }

  /** Adds to it, each chunk's sum as soon as the chunk is there. */
  void append(FileChannel file, byte[] bytes, int length) throws IOException {
    long next = offset;
    if (length > total - next) {
      throw new IllegalArgumentException(length + " bytes at " + next + " of " + total);
    }
    for (int at = 0; at < length; ) {
      int room = (int) (BlobFile.CHUNK_BYTES - next % BlobFile.CHUNK_BYTES);
      int count = Math.min(room, length - at);
      long position = BlobFile.position(next);
      write(file, ByteBuffer.wrap(bytes, at, count), position);
      whole.update(bytes, at, count);
      sum.update(bytes, at, count);
      at += count;
      next += count;
      if (next % BlobFile.CHUNK_BYTES == 0 || next == total) {
        write(file, ByteBuffer.wrap(sum.digest()), position + count);
        sum = BlobFile.sum(id, (int) (next / BlobFile.CHUNK_BYTES));
      }
      offset = next;
    }
  }

  static void write(FileChannel file, ByteBuffer bytes, long position) throws IOException {
    long next = position;
    while (bytes.hasRemaining()) {
      next += file.write(bytes, next);
    }
  }

  /** Whether the whole is what its name says. Called once, at its end. */
  boolean isAsNamed() {
    return Hash.of(whole.digest()).equals(id.hash());
  }
}
