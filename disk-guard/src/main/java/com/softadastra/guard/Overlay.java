package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a data file looks like with the pending operations done, while it is still untouched.
 *
 * <p>Extents don't overlap: what is written last cuts or splits what it covers. Not safe for
 * threads: the owner locks.
 */
final class Overlay {

  private static final long UNCUT = Long.MAX_VALUE;

  /** Written bytes by their position. */
  private final TreeMap<Long, ByteBuffer> extents = new TreeMap<>();

  private long size;

  /** Where the file's own bytes end to be seen: the smallest size that it was cut to. */
  private long cut = UNCUT;

  /**
   * @param size of the file underneath
   */
  Overlay(long size) {
    this.size = size;
  }

  long size() {
    return size;
  }

  void write(Operation.Write write) {
    int length = write.bytes().remaining();
    if (length > 0) {
      long end = write.position() + length;
      remove(write.position(), end);
      extents.put(write.position(), write.bytes());
      size = Math.max(size, end);
    }
  }

  void truncate(long newSize) {
    if (newSize < size) {
      remove(newSize, size);
      size = newSize;
      cut = Math.min(cut, newSize);
    }
  }

  /** Forgets the pending operations, which the file underneath now holds. */
  void applied() {
    extents.clear();
    cut = UNCUT;
  }

  /** Reads the file underneath, as a channel does. */
  interface Underneath {
    int read(ByteBuffer target, long position) throws IOException;
  }

  /**
   * Reads as a channel does: at least one byte, unless the position is at or beyond the end.
   *
   * @param file the file underneath
   * @return number of bytes put into {@code target}; -1 at or beyond the end
   */
  int read(ByteBuffer target, long position, Underneath file) throws IOException {
    if (position >= size) {
      return target.hasRemaining() ? -1 : 0;
    }
    if (extents.isEmpty() && cut == UNCUT) {
      return file.read(target, position);
    }
    int length = (int) Math.min(target.remaining(), size - position);
    long end = position + length;
    long at = position;
    while (at < end) {
      Map.Entry<Long, ByteBuffer> extent = extents.floorEntry(at);
      if (extent != null && at < extent.getKey() + extent.getValue().remaining()) {
        int from = (int) (at - extent.getKey());
        int count = (int) Math.min(end - at, extent.getValue().remaining() - from);
        target.put(extent.getValue().slice(from, count));
        at += count;
      } else {
        Long next = extents.higherKey(at);
        long gapEnd = next == null ? end : Math.min(end, next);
        readUnderneath(target, at, (int) (gapEnd - at), file);
        at = gapEnd;
      }
    }
    return length;
  }

  /** Beyond its cut or its end the file underneath reads as zeros, as a hole would. */
  private void readUnderneath(ByteBuffer target, long position, int length, Underneath file)
      throws IOException {
    int limit = target.limit();
    int end = target.position() + length;
    long visible = Math.clamp(cut - position, 0, length);
    target.limit(target.position() + (int) visible);
    Channels.readUpTo(file, target, position);
    target.limit(limit);
    while (target.position() < end) {
      target.put((byte) 0);
    }
  }

  private void remove(long from, long upTo) {
    Map.Entry<Long, ByteBuffer> left = extents.lowerEntry(from);
    if (left != null) {
      long end = left.getKey() + left.getValue().remaining();
      if (end > from) {
        extents.put(left.getKey(), left.getValue().slice(0, (int) (from - left.getKey())));
      }
      if (end > upTo) {
        extents.put(upTo, tail(left, upTo));
      }
    }
    Map<Long, ByteBuffer> covered = extents.subMap(from, upTo);
    if (!covered.isEmpty()) {
      Map.Entry<Long, ByteBuffer> last = extents.lowerEntry(upTo);
      covered.clear();
      if (last != null && last.getKey() + last.getValue().remaining() > upTo) {
        extents.put(upTo, tail(last, upTo));
      }
    }
  }

  private static ByteBuffer tail(Map.Entry<Long, ByteBuffer> extent, long from) {
    int start = (int) (from - extent.getKey());
    return extent.getValue().slice(start, extent.getValue().remaining() - start);
  }
}
