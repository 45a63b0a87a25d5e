package com.softadastra.guard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** What H2 did to a data file. */
sealed interface Operation {

  /** Bytes put at a position, which may lie beyond the end of the file. */
  record Write(long position, ByteBuffer bytes) implements Operation {}

  /** The file cut to a size; nothing if it isn't longer. */
  record Truncation(long size) implements Operation {}

  /** Does it to the data file and returns how many bytes were written. */
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
    };
  }

  default boolean touches(Witness witness) {
    return switch (this) {
      case Write(var position, var bytes) ->
          witness.touchedBy(position, position + bytes.remaining());
      case Truncation(var size) -> witness.touchedBy(size, Long.MAX_VALUE);
    };
  }
}
