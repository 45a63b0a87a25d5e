package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** What is done to a data file: by H2, but for the replacement. */
sealed interface Operation {

  /** Bytes put at a position, which may lie beyond the end of the file. */
  record Write(long position, ByteBuffer bytes) implements Operation {}

  /** The file cut to a size; nothing if it isn't longer. */
  record Truncation(long size) implements Operation {}

  /**
   * The file made into what its {@link Shadow} says.
   *
   * @param length of the shadow's file
   * @param crc CRC32C of all of it
   */
  record Replacement(long length, int crc) implements Operation {}

  /**
   * Does it to the data file and returns how many bytes were written; a replacement is done as the
   * operations that its shadow is made of.
   */
  default int applyTo(FileChannel data) throws IOException {
    return switch (this) {
      case Write(var position, var bytes) -> {
        Channels.write(data, bytes.duplicate(), position);
        yield bytes.remaining();
      }
      case Truncation(var size) -> {
        data.truncate(size);
        yield 0;
      }
      case Replacement replacement -> throw new IllegalArgumentException(replacement.toString());
    };
  }

  default boolean touches(Witness witness) {
    return switch (this) {
      case Write(var position, var bytes) ->
          witness.touchedBy(position, position + bytes.remaining());
      case Truncation(var size) -> witness.touchedBy(size, Long.MAX_VALUE);
      case Replacement _ -> true;
    };
  }
}
