package com.softadastra.edge.origin;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A request's body on its way to an origin. Where it breaks off, the connection ends at once:
 * otherwise the last chunk would be written, and half a body would look like a whole one.
 */
final class WholeOrNothing extends FilterInputStream {
  private final Runnable hangUp;

  WholeOrNothing(InputStream in, Runnable hangUp) {
    super(in);
    this.hangUp = hangUp;
  }

  @Override
  public int read() throws IOException {
    try {
      return super.read();
    } catch (IOException | RuntimeException e) {
      hangUp.run();
      throw e;
    }
  }

  @Override
  public int read(byte[] into, int from, int length) throws IOException {
    try {
      return super.read(into, from, length);
    } catch (IOException | RuntimeException e) {
      hangUp.run();
      throw e;
    }
  }
}
