package com.softadastra.edge.store;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** A body on disk. Of one that is copied whole the end is held back until the checksum is right. */
final class StoredBody implements Body {
  private static final int PIECE_BYTES = 64 << 10;

  private final FileChannel in;
  private final Stored stored;
  private final Runnable damaged;

  StoredBody(Path file, Stored stored, Runnable damaged) throws IOException {
    in = FileChannel.open(file, StandardOpenOption.READ);
    this.stored = stored;
    this.damaged = damaged;
  }

  @Override
  public long length() {
    return stored.bytes();
  }

  @Override
  public void copy(OutputStream out, long from, long to) throws IOException {
    long end = Math.min(to, stored.bytes());
    boolean isWhole = from == 0 && end == stored.bytes();
    var checksum = new CRC32C();
    var piece = new byte[(int) Math.min(PIECE_BYTES, Math.max(1, end - from))];
    for (long position = from; position < end; ) {
      int length = (int) Math.min(piece.length, end - position);
      Incoming.readFully(in, piece, length, position);
      position += length;
      if (isWhole) {
        checksum.update(piece, 0, length);
        if (position == end && (int) checksum.getValue() != stored.checksum()) {
          damaged.run();
          throw new Broken("a stored body is damaged");
        }
      }
      out.write(piece, 0, length);
    }
  }

  @Override
  public void close() {
    Incoming.closeQuietly(in);
  }
}
