package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Positional reads and writes that don't stop half way. */
final class Channels {

  private Channels() {}

  /** Fills the buffer from a position; stops early only at the end of the file. */
  static void readUpTo(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    readUpTo(channel::read, bytes, position);
  }

  /** The same of what lies under an overlay. */
  static void readUpTo(Overlay.Underneath channel, ByteBuffer bytes, long position)
      throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int read = channel.read(bytes, at);
      if (read < 0) {
        return;
      }
      at += read;
    }
  }

  static void write(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
