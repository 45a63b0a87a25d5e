package com.softadastra.edge.store;

import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;

/** Where the bytes of an answer come from. Used by one thread, and closed by it. */
public interface Body extends Closeable {
  Body EMPTY =
      new Body() {
        @Override
        public long length() {
          return 0;
        }

        @Override
        public void copy(OutputStream out, long from, long to) {
          // there is nothing to copy
        }

        @Override
        public void close() {
          // there is nothing to close
        }
      };

  /** In bytes, or -1 where that is known at its end alone. */
  long length();

  /**
   * @param to the byte after the last; beyond the end it is the end
   * @throws Broken where the bytes can't be had; what was copied until then is a part of no use
   * @throws IOException where {@code out} can't be written
   */
  void copy(OutputStream out, long from, long to) throws IOException;

  @Override
  void close();

  /** The source of the bytes failed, not who they are for. */
  final class Broken extends IOException {
    private static final long serialVersionUID = 1;

    public Broken(String why, Throwable cause) {
      super(why, cause);
    }

    Broken(String why) {
      super(why);
    }
  }
}
