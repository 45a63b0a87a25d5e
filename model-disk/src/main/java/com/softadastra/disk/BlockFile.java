package com.softadastra.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The content of a file in blocks of 4 KiB. A block is never changed once written, so a copy shares
 * all of them. Not safe for threads.
 */
public final class BlockFile {

  static final int BLOCK = 4096;
  private static final byte[] ZEROS = new byte[BLOCK];

  private byte[] @Nullable [] blocks;
  private long size;

  BlockFile() {
    blocks = new byte[16][];
  }

  private BlockFile(byte[] @Nullable [] blocks, long size) {
    this.blocks = blocks;
    this.size = size;
  }

  BlockFile copy() {
    return new BlockFile(blocks.clone(), size);
  }

  long size() {
    return size;
  }

  int read(ByteBuffer target, long position) {
    if (position >= size) {
      return target.hasRemaining() ? -1 : 0;
    }
    int length = (int) Math.min(target.remaining(), size - position);
    int done = 0;
    while (done < length) {
      int offset = (int) ((position + done) % BLOCK);
      int count = Math.min(BLOCK - offset, length - done);
      target.put(block((int) ((position + done) / BLOCK)), offset, count);
      done += count;
    }
    return length;
  }

  void write(long position, byte[] bytes, int from, int length) {
    int done = 0;
    while (done < length) {
      int number = (int) ((position + done) / BLOCK);
      int offset = (int) ((position + done) % BLOCK);
      int count = Math.min(BLOCK - offset, length - done);
      byte[] changed = count == BLOCK ? new byte[BLOCK] : block(number).clone();
      System.arraycopy(bytes, from + done, changed, offset, count);
      if (number >= blocks.length) {
        blocks = Arrays.copyOf(blocks, Math.max(number + 1, blocks.length * 2));
      }
      blocks[number] = changed;
      done += count;
    }
    size = Math.max(size, position + length);
  }

  /** Turns a bit, counted from the start, into the other, if the file is that long. */
  void turn(long bit) {
    long at = bit / Byte.SIZE;
    if (at < size) {
      byte one = block((int) (at / BLOCK))[(int) (at % BLOCK)];
      write(at, new byte[] {(byte) (one ^ 1 << bit % Byte.SIZE)}, 0, 1);
    }
  }

  /** Zeros up to the size, if the file is shorter. */
  void extend(long newSize) {
    size = Math.max(size, newSize);
  }

  void truncate(long newSize) {
    if (newSize >= size) {
      return;
    }
    size = newSize;
    int number = (int) (newSize / BLOCK);
    int offset = (int) (newSize % BLOCK);
    if (offset > 0) {
      byte[] changed = block(number).clone();
      Arrays.fill(changed, offset, BLOCK, (byte) 0);
      blocks[number] = changed;
      number++;
    }
    if (number < blocks.length) {
      Arrays.fill(blocks, number, blocks.length, null);
    }
  }

  /** The bytes of a block; not to be changed. */
  byte[] block(int number) {
    byte @Nullable [] block = number < blocks.length ? blocks[number] : null;
    if (block == null) {
      return ZEROS;
    }
    return block;
  }
}
