package com.softadastra.disk;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * What a disk holds at one moment; it shares all blocks with the disk it was made from.
 *
 * @param files contents by name, with a slash in front
 */
public record DiskImage(Map<String, BlockFile> files) {

  /** An image whose files can be changed without changing this one. */
  public DiskImage copy() {
    Map<String, BlockFile> copies = new HashMap<>();
    files.forEach((name, content) -> copies.put(name, content.copy()));
    return new DiskImage(copies);
  }

  /** Removes a file, as an operator would. */
  public DiskImage without(String name) {
    DiskImage copy = copy();
    copy.files.remove(name);
    return copy;
  }

  /** Takes a file from another image, as an operator would who restores only that one. */
  public DiskImage with(String name, DiskImage other) {
    DiskImage copy = copy();
    copy.files.put(name, other.file(name).copy());
    return copy;
  }

  /** Inverts the bits of one byte. */
  public DiskImage flipped(String name, long position) {
    DiskImage copy = copy();
    BlockFile file = copy.file(name);
    ByteBuffer one = ByteBuffer.allocate(1);
    file.read(one, position);
    file.write(position, new byte[] {(byte) ~one.get(0)}, 0, 1);
    return copy;
  }

  /** Turns one bit of a file, counted from its start, into the other. */
  public DiskImage flippedBit(String name, long bit) {
    DiskImage copy = copy();
    copy.file(name).turn(bit);
    return copy;
  }

  /** The same with other bytes in a file, from a position on. */
  public DiskImage written(String name, long position, byte[] bytes) {
    DiskImage copy = copy();
    copy.file(name).write(position, bytes, 0, bytes.length);
    return copy;
  }

  /** The bytes of a file. */
  public byte[] bytes(String name) {
    BlockFile file = file(name);
    ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
    if (file.size() > 0) {
      file.read(bytes, 0);
    }
    return bytes.array();
  }

  private BlockFile file(String name) {
    BlockFile file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no such file: " + name);
    }
    return file;
  }
}
